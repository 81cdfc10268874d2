#include "collector_client.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "millrace/core/retry_after.hpp"

namespace millrace::tracing {

namespace asio = boost::asio;
namespace wire = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr asio::use_awaitable_t<runtime::Executor> awaiting{};
/// An answer is a few bytes; a collector's page of an error is cut off there.
constexpr std::size_t answer_bytes_max = 65'536;
constexpr std::uint32_t answer_header_bytes_max = 16'384;

/// A collector may name the date at which to come back.
Timestamp wall_time() {
  return std::chrono::duration_cast<Milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

/// Empty when there is a connection; else why there is none.
runtime::Task<std::string> CollectorClient::connect() {
  error_code error;
  auto token = asio::redirect_error(awaiting, error);
  const auto literal = asio::ip::make_address(to_.at.host, error);
  if (!error) {
    const runtime::Tcp::endpoint endpoint(literal, to_.at.port);
    co_await stream_->async_connect(endpoint, token);
  } else {
    error.clear();
    const auto found = co_await resolver_.async_resolve(to_.at.host, std::to_string(to_.at.port), token);
    if (!error && !is_cancelled_) co_await stream_->async_connect(found, token);
  }
  co_return error ? error.message() : std::string();
}

runtime::Task<CollectorClient::Answer> CollectorClient::exchange(const std::string& body) {
  Answer answer;
  error_code error;
  auto token = asio::redirect_error(awaiting, error);
  wire::request<wire::span_body<const char>> request(wire::verb::post, to_.path, 11);
  request.set(wire::field::host, to_.at.to_string());
  request.set(wire::field::user_agent, agent_);
  request.set(wire::field::content_type, "application/x-protobuf");
  request.body() = boost::beast::span<const char>(body.data(), body.size());
  request.prepare_payload();
  co_await wire::async_write(*stream_, request, token);
  boost::beast::flat_buffer buffer(answer_header_bytes_max + answer_bytes_max);
  wire::response_parser<wire::string_body> parser;
  parser.header_limit(answer_header_bytes_max);
  parser.body_limit(answer_bytes_max);
  if (!error) co_await wire::async_read(*stream_, buffer, parser, token);
  const bool is_answered = parser.is_header_done();
  if (error && !is_answered) {
    answer.why = error.message();
    co_return answer;
  }
  is_kept_ = !error && parser.is_done() && parser.keep_alive();
  auto& response = parser.get();
  answer.told.status = response.result_int();
  const auto later = response[wire::field::retry_after];
  answer.told.retry_after = read_retry_after({later.data(), later.size()}, wall_time());
  answer.body = std::move(response.body());
  answer.why = "status " + std::to_string(*answer.told.status);
  co_return answer;
}

runtime::Task<CollectorClient::Answer> CollectorClient::post(const std::string& body, Milliseconds timeout) {
  const auto until = std::chrono::steady_clock::now() + timeout;
  Answer answer;
  if (is_kept_ && stream_) {
    // The other side may have closed it meanwhile, which only shows now.
    is_kept_ = false;
    stream_->expires_at(until);
    answer = co_await exchange(body);
    if (answer.told.status || is_cancelled_ || std::chrono::steady_clock::now() >= until) co_return answer;
  }
  stream_.emplace(executor_);
  stream_->expires_at(until);
  is_kept_ = false;
  answer.why = co_await connect();
  if (answer.why.empty() && !is_cancelled_) answer = co_await exchange(body);
  if (!is_kept_) stream_->close();
  co_return answer;
}

void CollectorClient::cancel() {
  is_cancelled_ = true;
  resolver_.cancel();
  if (stream_) stream_->close();
}

}  // namespace millrace::tracing
