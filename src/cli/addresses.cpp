#include "addresses.hpp"

#include <cstdlib>
#include <filesystem>
#include <vector>

namespace millrace::cli {

std::string default_server() {
  std::vector<std::filesystem::path> sockets;
  if (const char* data = std::getenv("XDG_DATA_HOME")) {
    sockets.push_back(std::filesystem::path(data) / "millrace/admin.sock");
  } else if (const char* home = std::getenv("HOME")) {
    sockets.push_back(std::filesystem::path(home) / ".local/share/millrace/admin.sock");
  }
  sockets.emplace_back("/var/lib/millrace/admin.sock");
  std::error_code unknown;
  for (const auto& socket : sockets) {
    if (std::filesystem::exists(socket, unknown)) return "unix:" + socket.string();
  }
  return "127.0.0.1:8080";
}

Result<std::string> kafka_address(const std::string& bootstrap, const std::string& server) {
  if (!bootstrap.empty()) return bootstrap;
  const auto where = parse_server(server.empty() ? default_server() : server);
  if (!where) return failure_of(where);
  const auto answer = ask(*where, {.target = "/v1/cluster"});
  if (!answer) {
    return failure(Errc::io, answer.error().message + "\n" + server_hint +
                                 "; or name its Kafka address with --bootstrap or MILLRACE_BOOTSTRAP");
  }
  const auto told = answer->body.is_object() ? answer->body.find("kafka") : answer->body.end();
  std::string addresses;
  if (answer->body.is_object() && told != answer->body.end() && told->is_array()) {
    for (const auto& each : *told) {
      if (each.is_string()) addresses += (addresses.empty() ? "" : ",") + each.get<std::string>();
    }
  }
  if (!addresses.empty()) return addresses;
  return failure(Errc::io,
                 "the broker does not say where Kafka clients connect\nName its address with --bootstrap or "
                 "MILLRACE_BOOTSTRAP, as in --bootstrap 127.0.0.1:9092");
}

}  // namespace millrace::cli
