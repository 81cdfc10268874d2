// The half of Session that answers: whole bodies, bodies that come piece by piece, and what is wrong.

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <charconv>

#include "body_source.hpp"
#include "millrace/core/limits.hpp"
#include "session.hpp"

namespace millrace::http {

namespace asio = boost::asio;
namespace wire = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr asio::use_awaitable_t<runtime::Executor> awaiting{};
constexpr std::size_t read_bytes = 4096;
constexpr auto linger_time = std::chrono::seconds(1);
/// The rest of what was too long, and what was sent behind it before our answer could be read.
constexpr std::size_t linger_bytes = 4 * limits::http_body_bytes_max;
constexpr std::string_view last_chunk = "0\r\n\r\n";

}  // namespace

/// Closing with unread bytes would make the kernel reset the connection, and the other side lose our answer.
runtime::Task<> Session::linger() {
  error_code error;
  stream_.socket().shutdown(asio::socket_base::shutdown_send, error);
  stream_.expires_after(linger_time);
  std::size_t taken = 0;
  while (!error && taken < linger_bytes) {
    buffer_.clear();
    auto token = asio::redirect_error(awaiting, error);
    taken += co_await stream_.async_read_some(buffer_.prepare(read_bytes), token);
  }
}

runtime::Task<bool> Session::refuse(Problem problem) {
  auto response = answer_of(problem, id_);
  co_return co_await send(std::move(response), 11, false, true);
}

/// True when another request may follow.
runtime::Task<bool> Session::send(Response response, unsigned version, bool keep, bool with_body) {
  const auto source = std::move(response.source);
  const auto when_unsent = std::move(response.when_unsent);
  keep = keep && !draining_ && !source;
  counts_.answer(response.status, response.problem_kind);
  requests_.add();
  wire::response<wire::string_body> out(static_cast<wire::status>(response.status), version);
  if (!response.content_type.empty()) out.set(wire::field::content_type, response.content_type);
  out.set("X-Request-Id", id_);
  out.set(wire::field::cache_control, "no-store");
  out.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : response.fields) out.set(name, value);
  out.keep_alive(keep);
  const auto length = response.body.size();
  out.body() = std::move(response.body);
  if (response.status == 204) {
    out.body().clear();
    out.erase(wire::field::content_type);
  } else if (source) {
    if (version > 10) out.chunked(true);
  } else {
    out.content_length(length);
  }
  stream_.expires_after(options_.write_timeout);
  error_code error;
  auto token = asio::redirect_error(awaiting, error);
  wire::response_serializer<wire::string_body> serializer(out);
  if (with_body && !source) {
    sent_bytes_.add(co_await wire::async_write(stream_, serializer, token));
  } else {
    serializer.split(true);
    sent_bytes_.add(co_await wire::async_write_header(stream_, serializer, token));
  }
  if (error && when_unsent) when_unsent();
  if (!error && with_body && source) co_await send_pieces(source, version > 10);
  co_return !error && keep;
}

runtime::Task<> Session::send_pieces(std::shared_ptr<BodySource> source, bool in_chunks) {
  error_code error;
  auto token = asio::redirect_error(awaiting, error);
  while (!draining_) {
    auto piece = co_await source->next();
    if (!piece) break;
    if (in_chunks) {
      std::array<char, 2 * sizeof(std::size_t)> digits{};
      const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), piece->size(), 16).ptr;
      piece->insert(0, std::string(digits.data(), end) + "\r\n");
      piece->append("\r\n");
    }
    stream_.expires_after(options_.write_timeout);
    sent_bytes_.add(co_await asio::async_write(stream_, asio::buffer(*piece), token));
    if (error) co_return;
    stream_.expires_never();
  }
  if (!in_chunks) co_return;
  stream_.expires_after(options_.write_timeout);
  sent_bytes_.add(co_await asio::async_write(stream_, asio::buffer(last_chunk.data(), last_chunk.size()), token));
}

}  // namespace millrace::http
