#include "client.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <charconv>
#include <exception>

#include "millrace/core/limits.hpp"

namespace millrace::cli {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;

namespace {

using Stream = beast::basic_stream<asio::generic::stream_protocol>;
using Place = asio::generic::stream_protocol::endpoint;

constexpr std::size_t answer_bytes_max = 256 * limits::MiB;

std::string name_of(const Server& server) { return server.socket.empty() ? server.address.to_string() : server.socket; }

asio::awaitable<Place> place_of(const Server& server) {
  if (!server.socket.empty()) co_return Place(asio::local::stream_protocol::endpoint(server.socket));
  const auto port = std::to_string(server.address.port);
  asio::ip::tcp::resolver resolver(co_await asio::this_coro::executor);
  const auto found = co_await resolver.async_resolve(server.address.host, port, asio::use_awaitable);
  co_return Place(found.begin()->endpoint());
}

asio::awaitable<Answer> exchange(Server server, Question question) {
  Stream stream(co_await asio::this_coro::executor);
  stream.expires_after(question.patience);
  const auto place = co_await place_of(server);
  co_await stream.async_connect(place, asio::use_awaitable);
  wire::request<wire::string_body> request(wire::string_to_verb(question.method), question.target, 11);
  request.set(wire::field::host, server.socket.empty() ? name_of(server) : "localhost");
  request.set(wire::field::accept, "application/json");
  request.keep_alive(false);
  if (!question.body.is_null()) {
    request.set(wire::field::content_type, "application/json");
    request.body() = question.body.dump();
  } else if (!question.type.empty()) {
    request.set(wire::field::content_type, question.type);
    request.body() = std::move(question.text);
  } else if (question.method == "POST") {
    request.set(wire::field::content_type, "application/json");  // says that no form of a web page sends it
  }
  request.prepare_payload();
  co_await wire::async_write(stream, request, asio::use_awaitable);
  beast::flat_buffer buffer(64 * limits::KiB);
  wire::response_parser<wire::string_body> parser;
  parser.body_limit(answer_bytes_max);
  co_await wire::async_read(stream, buffer, parser, asio::use_awaitable);
  Answer answer;
  answer.status = parser.get().result_int();
  answer.text = std::move(parser.get().body());
  if (!answer.text.empty()) answer.body = Json::parse(answer.text);
  co_return answer;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

Result<Server> parse_server(const std::string& text) {
  constexpr std::string_view unix_scheme = "unix:", http_scheme = "http://";
  if (text.starts_with(unix_scheme) && text.size() > unix_scheme.size()) {
    return Server{.socket = text.substr(unix_scheme.size()), .address = {}};
  }
  auto rest = text.starts_with(http_scheme) ? text.substr(http_scheme.size()) : text;
  while (rest.ends_with('/')) rest.pop_back();
  const auto colon = rest.rfind(':');
  auto host = rest.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto digits = colon == std::string::npos ? std::string() : rest.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool is_port = error == std::errc{} && end == digits.data() + digits.size() && port > 0;
  if (host.empty() || host.find('/') != std::string::npos || !is_port) {
    return failure(Errc::invalid,
                   "server \"" + text + "\" is none of unix:/path/admin.sock, http://host:port, host:port");
  }
  return Server{.socket = {}, .address = {.host = host, .port = port}};
}

std::string path_of(const std::vector<std::string>& segments) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string path;
  for (const auto& segment : segments) {
    path += '/';
    for (const char c : segment) {
      if (is_unreserved(c)) {
        path += c;
      } else {
        const auto byte = static_cast<unsigned char>(c);
        path += '%';
        path += digits[byte / 16];
        path += digits[byte % 16];
      }
    }
  }
  return path;
}

Result<Answer> ask(const Server& server, Question question) {
  asio::io_context context(1);
  Answer answer;
  std::exception_ptr fault;
  asio::co_spawn(context, exchange(server, std::move(question)), [&](std::exception_ptr failed, Answer got) {
    fault = std::move(failed);
    answer = std::move(got);
  });
  context.run();
  try {
    if (fault) std::rethrow_exception(fault);
  } catch (const boost::system::system_error& failed) {
    return failure(Errc::io, "no broker answers at " + name_of(server) + ": " + failed.code().message());
  } catch (const std::exception& failed) {
    return failure(Errc::io, "what answers at " + name_of(server) + " is no broker: " + failed.what());
  }
  return answer;
}

}  // namespace millrace::cli
