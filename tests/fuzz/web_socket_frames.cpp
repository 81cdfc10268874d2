// Any bytes behind the handshake of a WebSocket: whatever frames they are, masked or not, cut off or nonsense, the
// conversation ends; what is told as a message is within the limit, and what is told as text is UTF-8.

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <cstdlib>
#include <exception>

#include "../../src/http/web_socket.hpp"
#include "millrace/core/limits.hpp"
#include "millrace/core/utf8.hpp"

namespace {

namespace asio = boost::asio;
namespace wire = boost::beast::http;
using namespace millrace;
using http::WebSocket;

/// Less than a socket holds, so that whoever sends it is never kept waiting.
constexpr std::size_t bytes_max = 32 * limits::KiB;

void require(bool condition) {
  if (!condition) std::abort();
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto first = first_of(text);
    if (first.length == 0) return false;
    text.remove_prefix(first.length);
  }
  return true;
}

WebSocket::Handshake handshake() {
  WebSocket::Handshake request{wire::verb::get, "/v1/topics/t/ws", 11};
  request.set(wire::field::host, "localhost");
  request.set(wire::field::upgrade, "websocket");
  request.set(wire::field::connection, "upgrade");
  request.set(wire::field::sec_websocket_version, "13");
  request.set(wire::field::sec_websocket_key, "AAAAAAAAAAAAAAAAAAAAAA==");
  return request;
}

runtime::Task<> talk(http::Stream& stream) {
  Counter received, sent;
  WebSocket socket(stream, received, sent);
  const auto request = handshake();
  http::Response answer;
  answer.protocol = "cloudevents.json";
  require(co_await socket.accept(request, answer, "1"));
  std::size_t taken = 0;
  while (const auto message = co_await socket.read()) {
    taken += message->text.size();
    require(taken <= bytes_max);
    require(message->is_binary || is_utf8(message->text));
  }
  require(!socket.is_open());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  int ends[2];
  require(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  size = std::min(size, bytes_max);
  require(send(ends[1], data, size, 0) == static_cast<ssize_t>(size));
  require(shutdown(ends[1], SHUT_WR) == 0);
  {
    asio::io_context context(1);
    http::Stream stream(context.get_executor());
    stream.socket().assign(asio::generic::stream_protocol(AF_UNIX, 0), ends[0]);
    asio::co_spawn(context.get_executor(), talk(stream), [](std::exception_ptr escaped) { require(!escaped); });
    context.run();
  }
  close(ends[1]);
  return 0;
}
