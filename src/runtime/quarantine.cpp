// The dead-letter topics of topics that put records aside. They are made when the configuration comes into force, so
// that no producer has to wait for them; whoever deletes one makes the next batch with such records wait for a new one.

#include <spdlog/logger.h>

#include "broker_impl.hpp"

namespace millrace::runtime {

using broker::CreateAnswer;

namespace {

CreateAnswer refused(const broker::Topic& topic, const Error& why) {
  return {ErrorCode::invalid_config,
          "topic configuration cloudevents.on.invalid of \"" + topic.name + "\" is \"quarantine\", but " + why.message,
          std::nullopt,
          {}};
}

}  // namespace

std::optional<CreateAnswer> BrokerRuntime::Impl::prepare_quarantine(const broker::Topic& topic, bool only_judged) {
  if (!quarantine_ || topic.is_internal) return std::nullopt;
  const auto rules = settings_of(topic).rules;
  if (!rules.puts_aside || rules.rule == nullptr) return std::nullopt;
  const auto name = quarantine_->topic_for(topic.name);
  if (!name) return refused(topic, name.error());
  if (const auto there = catalog_.find(*name)) {
    if (auto fit = quarantine_->check(*name, settings_of(*there).takes_dead_letters); !fit)
      return refused(topic, fit.error());
    return std::nullopt;
  }
  if (only_judged) return std::nullopt;
  broker::CreateTopic wanted{.name = *name, .partitions = topic.partitions, .assignments = {}, .configs = {}};
  for (const auto& [key, value] : quarantine_->configs()) wanted.configs.emplace_back(key, value);
  auto made = create_topic(wanted);
  if (made.error == ErrorCode::none) return std::nullopt;
  made.message = "dead-letter topic " + *name + " cannot be made: " + made.message;
  return made;
}

void BrokerRuntime::Impl::prepare_quarantines() {
  quarantine_is_missed_ = false;
  if (!quarantine_) return;
  for (const auto& topic : std::vector(catalog_.topics())) {
    if (const auto failed = prepare_quarantine(*topic, false)) {
      diagnostics_->error("records are refused instead of put aside topic={} why=\"{}\"", topic->name, failed->message);
    }
  }
}

HostedTopicPtr BrokerRuntime::Impl::quarantine_of(const Topology& topology, const HostedTopic& topic, ErrorCode& why) {
  const auto name = quarantine_ ? quarantine_->topic_for(topic.topic->name)
                                : Result<std::string>(failure(Errc::unsupported, "nobody writes letters"));
  why = ErrorCode::invalid_record;
  if (!name) return nullptr;
  auto found = topology.find(*name);
  if (!found) {
    why = ErrorCode::leader_not_available;
    if (!quarantine_is_missed_.exchange(true)) administrator_->post([this] { prepare_quarantines(); });
    return nullptr;
  }
  return quarantine_->check(*name, found->settings.takes_dead_letters) ? found : nullptr;
}

}  // namespace millrace::runtime
