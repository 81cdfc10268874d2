#include "exchange.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>

#include "address.hpp"
#include "head.hpp"

namespace millrace::sender {

namespace asio = boost::asio;
using boost::system::error_code;
using push::Ending;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr asio::use_awaitable_t<runtime::Executor> awaiting{};
constexpr std::size_t read_bytes = 4 * limits::KiB;
/// Of one name; a turn for each of more would leave none of them time.
constexpr std::size_t addresses_max = 8;

Outcome ended(Ending ending, std::string cause) { return {.ending = ending, .cause = std::move(cause)}; }

std::string place_text(const subscriptions::Address& address, std::uint16_t port) {
  const auto text = address.to_string();
  return (address.is_v6 ? "[" + text + "]" : text) + ":" + std::to_string(port);
}

bool is_same(std::string_view name, std::string_view lower) {
  return std::ranges::equal(name, lower, {},
                            [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
}

Outcome outcome_of(const AnswerReader& reader) {
  Outcome outcome{.ending = Ending::answered, .status = reader.status(), .fields = reader.fields()};
  for (const auto& [name, value] : outcome.fields) {
    if (outcome.retry_after.empty() && is_same(name, "retry-after")) outcome.retry_after = value;
  }
  return outcome;
}

}  // namespace

Outcome stopped() { return ended(Ending::connect_error, "the broker stops"); }

struct Exchange::Waiting {
  explicit Waiting(runtime::Executor executor) : pause(executor) {}
  runtime::Timer pause;
  std::optional<Found> found;
};

Exchange::Exchange(Means means, subscriptions::SinkUrl sink, Outgoing request, SteadyTime until)
    : means_(std::move(means)),
      sink_(std::move(sink)),
      request_(std::move(request)),
      until_(until),
      place_{.is_secure = sink_.is_secure, .host = sink_.host, .port = sink_.port} {}

void Exchange::cancel() {
  is_cancelled_ = true;
  if (waiting_) waiting_->pause.cancel();
  if (connection_) connection_->close();
}

runtime::Task<Outcome> Exchange::run() {
  auto head = head_of(sink_, request_, means_.options.version);
  if (!head) co_return ended(Ending::connect_error, std::move(head).error().message);
  head_ = std::move(*head);
  connection_ = means_.pool.take(place_);
  if (connection_) {
    connection_->expires_at(until_);
    is_kept_ = true;
    auto outcome = co_await ask();
    if (!is_stale_) co_return outcome;
    is_kept_ = false;
  }
  auto failed = co_await connect();
  if (failed) co_return std::move(*failed);
  co_return co_await ask();
}

/// The addresses of the sink that it may have, in the order in which they came.
runtime::Task<Exchange::Found> Exchange::find() {
  std::vector<subscriptions::Address> all;
  if (sink_.address) {
    all.push_back(*sink_.address);
  } else {
    waiting_ = std::make_shared<Waiting>(means_.executor);
    waiting_->pause.expires_at(until_);
    means_.lookups.find(sink_.host, [waiting = waiting_, executor = means_.executor](const Found& found) {
      asio::post(executor, [waiting, found] {
        waiting->found = found;
        waiting->pause.cancel();
      });
    });
    error_code woken;
    auto token = asio::redirect_error(awaiting, woken);
    co_await waiting_->pause.async_wait(token);
    if (!waiting_->found) co_return failure(Errc::busy, "the name " + sink_.host + " was not looked up in time");
    if (!*waiting_->found) co_return *waiting_->found;
    all = **waiting_->found;
  }
  std::vector<subscriptions::Address> allowed;
  auto refusal = failure(Errc::not_found, "the name " + sink_.host + " has no address");
  for (const auto& address : all) {
    auto judged = subscriptions::judge_address(address, means_.options.allowed);
    if (judged) {
      if (allowed.size() < addresses_max) allowed.push_back(address);
    } else if (refusal.value().code == Errc::not_found) {
      refusal = failure_of(std::move(judged));
    }
  }
  if (allowed.empty()) co_return refusal;
  co_return allowed;
}

/// When to give up the next address: those behind it shall have their turn as well.
SteadyTime Exchange::share_of(std::size_t addresses_left) const {
  const auto now = SteadyClock::now();
  return now >= until_ ? until_ : now + (until_ - now) / static_cast<std::int64_t>(addresses_left);
}

runtime::Task<std::optional<Outcome>> Exchange::connect() {
  const auto addresses = co_await find();
  if (is_cancelled_) co_return stopped();
  if (!addresses) {
    const auto ending = addresses.error().code == Errc::busy ? Ending::timeout : Ending::connect_error;
    co_return ended(ending, addresses.error().message);
  }
  auto outcome = ended(Ending::connect_error, "");
  for (std::size_t at = 0; at < addresses->size(); ++at) {
    const auto& address = (*addresses)[at];
    connection_ = std::make_unique<Connection>(means_.executor);
    connection_->expires_at(share_of(addresses->size() - at));
    const runtime::Tcp::endpoint endpoint(wire_address(address), sink_.port);
    const auto error = co_await connection_->connect(endpoint);
    if (is_cancelled_) co_return stopped();
    const auto peer = connection_->peer();
    if (!error && peer) {
      const auto judged = subscriptions::judge_address(*peer, means_.options.allowed);
      if (!judged) co_return ended(Ending::connect_error, judged.error().message);
      connection_->expires_at(until_);
      co_return co_await secure();
    }
    const bool is_late = error == boost::beast::error::timeout;
    outcome = ended(is_late ? Ending::timeout : Ending::connect_error,
                    "no connection to " + place_text(address, sink_.port) +
                        (is_late ? " in time" : ": " + (error ? error.message() : "it was lost at once")));
  }
  co_return outcome;
}

runtime::Task<std::optional<Outcome>> Exchange::secure() {
  if (!sink_.is_secure) co_return std::nullopt;
  auto refusal = co_await connection_->secure(means_.trusted, sink_);
  if (is_cancelled_) co_return stopped();
  if (!refusal) co_return std::nullopt;
  if (refusal->is_late) co_return ended(Ending::timeout, "no TLS with " + sink_.host + " in time");
  co_return ended(Ending::tls_error, "no TLS with " + sink_.host + ": " + refusal->why);
}

Outcome Exchange::unanswered(const error_code& error) const {
  if (error == boost::beast::error::timeout) return ended(Ending::timeout, "no whole answer in time");
  if (error.category() == asio::error::get_ssl_category())
    return ended(Ending::tls_error, "TLS with " + sink_.host + " has failed: " + error.message());
  return ended(Ending::connect_error, "the connection was lost before there was an answer: " + error.message());
}

runtime::Task<Outcome> Exchange::ask() {
  const auto unsent = co_await connection_->write(head_, request_.body);
  if (is_cancelled_) co_return stopped();
  if (unsent == boost::beast::error::timeout) co_return ended(Ending::timeout, "the request was not taken in time");
  // Who does not want all of a request may have said so before closing.
  AnswerReader reader(answer_header_bytes_max, means_.options.answer_bytes_max);
  std::array<char, read_bytes> bytes{};
  bool has_begun = false;
  while (!reader.is_answered()) {
    error_code error;
    const auto got = co_await connection_->read(asio::buffer(bytes), error);
    if (is_cancelled_) co_return stopped();
    if (got > 0) reader.put({bytes.data(), got});
    has_begun = has_begun || got > 0;
    if (reader.is_answered()) break;
    if (!reader.fault().empty()) co_return ended(Ending::connect_error, "what came is no answer: " + reader.fault());
    if (error) {
      is_stale_ = is_kept_ && !has_begun && error != boost::beast::error::timeout;
      co_return unanswered(unsent ? unsent : error);
    }
  }
  if (!unsent && reader.is_kept_open()) co_await read_rest(reader);
  if (!unsent && !is_cancelled_ && reader.may_go_on()) {
    connection_->expires_never();
    means_.pool.put(place_, std::move(connection_), SteadyClock::now());
  }
  connection_.reset();
  co_return outcome_of(reader);
}

/// Whatever becomes of the body, the status stands.
runtime::Task<> Exchange::read_rest(AnswerReader& reader) {
  connection_->expires_at(std::min(until_, SteadyClock::now() + means_.options.answer_time));
  std::array<char, read_bytes> bytes{};
  while (!reader.is_over()) {
    error_code error;
    const auto got = co_await connection_->read(asio::buffer(bytes), error);
    if (is_cancelled_ || got == 0 || error) co_return;
    reader.put({bytes.data(), got});
  }
}

}  // namespace millrace::sender
