#include "millrace/webhook/web_hooks.hpp"

#include <spdlog/logger.h>

#include <string_view>

#include "millrace/core/bounds.hpp"
#include "pusher.hpp"
#include "shared.hpp"

namespace millrace::webhook {

namespace {

constexpr std::size_t reading_threads = 2;

Result<void> check(const Options& options) {
  auto origin = push::check_origin(options.origin);
  if (!origin) return origin;
  const Bounds bounds[] = {{"request_timeout", options.request_timeout.count(), 1, delivery::delay_ceiling.count()}};
  auto bounded = check_bounds(bounds);
  if (!bounded) return bounded;
  return push::check({.rate = {}, .in_flight_max = options.places, .breaker = options.breaker});
}

}  // namespace

WebHooks::Shared::Shared(Works works, Options given)
    : broker(works.broker),
      delivery(works.delivery),
      send(std::move(works.send)),
      lanes(std::move(works.lanes)),
      tracer(works.tracer),
      original_of(std::move(works.original_of)),
      edited_of(std::move(works.edited_of)),
      diagnostics(std::move(works.diagnostics)),
      options(std::move(given)),
      alarms(std::make_shared<Alarms>(lanes.front(), [this] { return now(); })) {
  const auto escaped = [log = diagnostics](std::string_view what) {
    log->error("events not read for a web hook why=\"{}\"", what);
  };
  for (std::size_t i = 0; i < reading_threads; ++i) {
    readers.push_back(std::make_unique<runtime::WorkThread>("web-hooks", escaped));
  }
}

WebHooks::WebHooks(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
WebHooks::~WebHooks() { stop(); }

Result<std::unique_ptr<WebHooks>> WebHooks::open(Works works, Options options) {
  auto checked = check(options);
  if (!checked) return failure_of(checked);
  return std::unique_ptr<WebHooks>(new WebHooks(std::make_shared<Shared>(std::move(works), std::move(options))));
}

Result<void> WebHooks::judge(const subscriptions::Subscription& subscription) const {
  const auto terms = terms_of(subscription, shared_->options);
  return terms ? Result<void>() : failure_of(terms);
}

std::shared_ptr<dispatch::Runner> WebHooks::make(const std::string& id, dispatch::Suspend suspend) {
  return std::make_shared<Pusher>(shared_, id, std::move(suspend));
}

void WebHooks::ring() { shared_->alarms->ring(); }

void WebHooks::stop() {
  shared_->alarms->stop();
  for (const auto& reader : shared_->readers) reader->finish();
}

}  // namespace millrace::webhook
