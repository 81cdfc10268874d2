#include "client.hpp"

#include <gtest/gtest.h>

namespace millrace::cli {
namespace {

std::string server_of(const std::string& text) {
  const auto server = parse_server(text);
  if (!server) return "refused";
  return server->socket.empty() ? server->address.to_string() : server->socket;
}

TEST(Server, IsASocketOrAnAddress) {
  EXPECT_EQ(server_of("unix:/run/m.sock"), "/run/m.sock");
  EXPECT_EQ(server_of("127.0.0.1:8080"), "127.0.0.1:8080");
  EXPECT_EQ(server_of("http://broker.example:80/"), "broker.example:80");
  EXPECT_EQ(server_of("[::1]:8080"), "[::1]:8080");
}

TEST(Server, ThatIsNeitherIsRefused) {
  for (const auto* text :
       {"", "unix:", "localhost", "localhost:", ":80", "https://a:80", "a:b", "a:123456", "a:65536", "a:0", "a/b:80"}) {
    EXPECT_EQ(server_of(text), "refused") << text;
  }
}

TEST(Path, IsPercentEncoded) { EXPECT_EQ(path_of({"v1", "topics", "a/b ä"}), "/v1/topics/a%2Fb%20%C3%A4"); }

}  // namespace
}  // namespace millrace::cli
