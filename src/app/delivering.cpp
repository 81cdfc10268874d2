#include "delivering.hpp"

#include "diagnostics.hpp"

namespace millrace::app {

namespace {

constexpr std::int32_t delivery_partitions = 8;  ///< of the log of deliveries, when it is made

/// The record of a redriven event, from its dead letter.
forward::FindOriginal originals_of(redrive::Letters& letters) {
  return [&letters](const delivery::Home& home, Offset event) -> std::optional<record::OwnedRecord> {
    auto original = letters.original_of(home, event);
    if (!original) return std::nullopt;
    return record::OwnedRecord{.offset = event,
                               .timestamp = original->timestamp,
                               .key = std::move(original->key),
                               .value = std::move(original->value),
                               .headers = std::move(original->headers)};
  };
}

}  // namespace

Result<std::unique_ptr<Delivering>> Delivering::start(const Under& under, const Settings&) {
  std::unique_ptr<Delivering> self(new Delivering);
  auto written = redrive::Letters::open(under.broker, diagnostics::logger("redrive"));
  if (!written) return failure_of(written);
  self->letters_ = std::move(*written);
  auto handed_out =
      runtime::DeliveryRuntime::open(under.broker, under.threads.at(0).get_executor(), delivery_partitions,
                                     diagnostics::logger("runtime"), self->letters_->listeners());
  if (!handed_out) return failure_of(handed_out);
  self->delivery_ = std::move(*handed_out);
  self->letters_->attach(*self->delivery_);
  self->forwarder_ = std::make_unique<forward::Forwarder>(under.broker, *self->delivery_, originals_of(*self->letters_),
                                                          diagnostics::logger("forward"));
  self->dispatcher_ = dispatch::Dispatcher::open(under.broker, *self->delivery_, under.groups, under.disk,
                                                 diagnostics::logger("dispatch"), self->letters_.get());
  self->dispatcher_->serve_protocol(subscriptions::Protocol::kafka, self->forwarder_->maker());
  self->dispatcher_->start();
  return self;
}

http::Backends Delivering::backends() const {
  return {.delivery = *delivery_, .dispatcher = *dispatcher_, .letters = *letters_};
}

void Delivering::stop_waiting() {
  delivery_->stop_waiting();
  dispatcher_->stop();
}

void Delivering::stop() {
  dispatcher_->stop();
  delivery_->stop();
  letters_->stop();
  forwarder_->stop();
}

}  // namespace millrace::app
