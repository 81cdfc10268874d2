#pragma once
// Where a broker is, if nobody says so: its HTTP door, and through it where Kafka clients connect.

#include <string>

#include "client.hpp"

namespace millrace::cli {

/// The socket of a broker on this machine if there is one, else where it listens unless configured otherwise.
[[nodiscard]] std::string default_server();

/// "host:port[,host:port]": `bootstrap`, or what the broker at `server` says when that is empty. Errc::io when nobody
/// answers there, Errc::invalid when `server` is none.
[[nodiscard]] Result<std::string> kafka_address(const std::string& bootstrap, const std::string& server);

/// What to do when nobody answers at a server.
inline constexpr const char* server_hint =
    "Is it running? Name it with --server or MILLRACE_SERVER, as in --server 127.0.0.1:8080 or --server "
    "unix:/path/to/data/admin.sock";

}  // namespace millrace::cli
