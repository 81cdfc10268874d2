#pragma once
// The Unix socket of the local administrator, and who is at the other end of a connection.

#include <boost/asio/local/stream_protocol.hpp>
#include <string>

#include "millrace/core/result.hpp"
#include "millrace/runtime/io.hpp"

namespace millrace::http {

/// A descriptor that listens at `path`, with mode 0600. What a broker that crashed left there is replaced; the caller
/// holds the lock of the data directory, so it cannot be another broker's. Errc::invalid: the path is too long.
[[nodiscard]] Result<int> listen_at(const std::string& path);

/// "127.0.0.1:51234", or "uid 1000". Errc::invalid when the user is neither ours nor root.
[[nodiscard]] Result<std::string> peer_of(runtime::Socket& socket);
[[nodiscard]] Result<std::string> peer_of(
    boost::asio::basic_stream_socket<boost::asio::local::stream_protocol, runtime::Executor>& socket);

}  // namespace millrace::http
