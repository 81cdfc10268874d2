#include "delivering.hpp"

#include <future>

#include "diagnostics.hpp"
#include "letter_spans.hpp"
#include "millrace/metrics/exposition.hpp"
#include "millrace/webhook/redrive_sinks.hpp"
#include "translate.hpp"

namespace millrace::app {

namespace {

constexpr std::int32_t delivery_partitions = 8;  ///< of the log of deliveries, when it is made
constexpr auto ending_time = std::chrono::milliseconds(2'000);

using FindRecord = std::optional<deadletter::Record> (redrive::Letters::*)(const delivery::Home&, Offset);

/// The record of a redriven event, from its dead letter.
forward::FindOriginal found_by(redrive::Letters& letters, FindRecord find) {
  return [&letters, find](const delivery::Home& home, Offset event) -> std::optional<record::OwnedRecord> {
    auto original = (letters.*find)(home, event);
    if (!original) return std::nullopt;
    return record::OwnedRecord{.offset = event,
                               .timestamp = original->timestamp,
                               .key = std::move(original->key),
                               .value = std::move(original->value),
                               .headers = std::move(original->headers)};
  };
}

}  // namespace

Result<std::unique_ptr<Delivering>> Delivering::start(const Under& under, const Settings& settings) {
  std::unique_ptr<Delivering> self(new Delivering);
  if (auto opened = self->open_letters(under); !opened) return failure_of(opened);
  if (auto opened = self->open_web_hooks(under, settings); !opened) return failure_of(opened);
  self->forwarder_ = std::make_unique<forward::Forwarder>(
      under.broker, *self->delivery_, found_by(*self->letters_, &redrive::Letters::original_of),
      diagnostics::logger("forward"), found_by(*self->letters_, &redrive::Letters::edited_of));
  self->dispatcher_ = dispatch::Dispatcher::open(under.broker, *self->delivery_, under.groups, under.disk,
                                                 diagnostics::logger("dispatch"), self->letters_.get());
  self->dispatcher_->serve_protocol(subscriptions::Protocol::kafka, self->forwarder_->maker());
  self->dispatcher_->serve_protocol(
      subscriptions::Protocol::http,
      [hooks = self->web_hooks_.get()](const std::string& id, dispatch::Suspend suspend) {
        return hooks->make(id, std::move(suspend));
      },
      [hooks = self->web_hooks_.get()](const auto& subscription) { return hooks->judge(subscription); });
  self->dispatcher_->start();
  self->jobs_->start();
  return self;
}

Result<void> Delivering::open_letters(const Under& under) {
  auto letters = redrive::Letters::open(under.broker, diagnostics::logger("redrive"));
  if (!letters) return failure_of(letters);
  letters_ = std::move(*letters);
  auto jobs = redrive::Jobs::open(under.broker, *letters_, diagnostics::logger("redrive"));
  if (!jobs) return failure_of(jobs);
  jobs_ = std::move(*jobs);
  if (auto* const tracer = under.tracer) {
    letters_->on_written([tracer](const redrive::NewLetter& written) { tell_letter(*tracer, written); });
    jobs_->on_sent([tracer](const redrive::SentLetter& sent) { tell_redrive(*tracer, sent); });
  }
  auto delivery = runtime::DeliveryRuntime::open(under.broker, under.threads.at(0).get_executor(), delivery_partitions,
                                                 diagnostics::logger("runtime"), letters_->listeners());
  if (!delivery) return failure_of(delivery);
  delivery_ = std::move(*delivery);
  letters_->attach(*delivery_);
  return {};
}

Result<void> Delivering::open_web_hooks(const Under& under, const Settings& settings) {
  auto sender = sender::Sender::open(under.threads, sender_options_of(settings), diagnostics::logger("sender"));
  if (!sender) return Failure(sender.error().within("webhook_ca_file"));
  sender_ = std::move(*sender);
  std::vector<runtime::Executor> lanes;
  for (std::size_t i = 0; i < under.threads.size(); ++i) lanes.push_back(under.threads.at(i).get_executor());
  const webhook::Send send = [to = sender_.get()](const subscriptions::SinkUrl& sink, sender::Outgoing request,
                                                  Milliseconds timeout, auto done) {
    to->send(sink, std::move(request), timeout, std::move(done));
  };
  auto hooks = webhook::WebHooks::open(
      {.broker = under.broker,
       .delivery = *delivery_,
       .send = send,
       .lanes = std::move(lanes),
       .tracer = under.tracer,
       .original_of = [letters = letters_.get()](const delivery::Home& home,
                                                 Offset event) { return letters->original_of(home, event); },
       .edited_of = [letters = letters_.get()](const delivery::Home& home,
                                               Offset event) { return letters->edited_of(home, event); },
       .diagnostics = diagnostics::logger("webhook")},
      web_hook_options_of(settings));
  if (!hooks) return failure_of(hooks);
  web_hooks_ = std::move(*hooks);
  jobs_->serve_sinks(webhook::redrive_sinks({.broker = under.broker,
                                             .send = send,
                                             .options = web_hook_options_of(settings),
                                             .allowed = sender_options_of(settings).allowed}));
  hook_tests_ = std::make_unique<webhook::HookTests>(
      webhook::HookTestWorks{.broker = under.broker, .send = send, .options = web_hook_options_of(settings)});
  return {};
}

http::Backends Delivering::backends() const {
  return {.delivery = *delivery_,
          .dispatcher = *dispatcher_,
          .sink_tests = *hook_tests_,
          .letters = *letters_,
          .jobs = *jobs_};
}

void Delivering::collect(metrics::Exposition& into) const {
  web_hooks_->collect(into);
  const auto notices = letters_->notices();
  into.add("millrace_notices_total", notices.written, {"written"});
  into.add("millrace_notices_total", notices.lost, {"lost"});
}

void Delivering::stop_waiting() {
  delivery_->stop_waiting();
  hook_tests_->stop();
  dispatcher_->stop();
}

void Delivering::stop() {
  dispatcher_->stop();
  jobs_->stop();
  // What is under way ends, so that the runners, which have been stopped, give it back.
  const auto ended = std::make_shared<std::promise<void>>();
  sender_->stop([ended] { ended->set_value(); });
  static_cast<void>(ended->get_future().wait_for(ending_time));
  web_hooks_->stop();
  delivery_->stop();
  letters_->stop();
  forwarder_->stop();
}

}  // namespace millrace::app
