#pragma once
// How every door begins to listen on TCP. Blocks while a name is looked up: for the start, not for network threads.

#include <memory>
#include <string>

#include "millrace/core/endpoint.hpp"
#include "millrace/core/result.hpp"
#include "millrace/runtime/io.hpp"

namespace millrace::runtime {

/// An acceptor of `context` that listens there. Errc::invalid: no such host; Errc::io: the port is taken, for one. The
/// message begins with `what`, as in "listener".
[[nodiscard]] Result<std::unique_ptr<Acceptor>> listen_on(asio::io_context& context, const Endpoint& at,
                                                          const std::string& what);

}  // namespace millrace::runtime
