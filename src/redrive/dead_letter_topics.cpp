#include "dead_letter_topics.hpp"

#include <algorithm>
#include <future>
#include <nlohmann/json.hpp>

#include "millrace/core/limits.hpp"

namespace millrace::redrive {

namespace {

/// Beyond what its source takes: marks may come to the record twice, as headers and as attributes.
constexpr std::int64_t room_for_marks = std::int64_t{64} * limits::KiB;
constexpr std::string_view no_bound = "9223372036854775807";

broker::CreateTopic wanted_topic(const std::string& name, const runtime::HostedTopic& source) {
  const auto most = std::min(std::int64_t{source.settings.rules.batch_bytes_max} + room_for_marks,
                             static_cast<std::int64_t>(limits::request_bytes_max));
  broker::CreateTopic wanted{.name = name,
                             .partitions = static_cast<std::int32_t>(source.partitions.size()),
                             .assignments = {},
                             .configs = {}};
  // Whatever the broker's defaults say: a letter is a record as it was, of any age, and the same event may have two.
  wanted.configs = {{"cleanup.policy", "delete"},
                    {"cloudevents.dedupe.window.ms", "0"},
                    {"cloudevents.validation", "none"},
                    {"errors.deadletterqueue.group.enable", "true"},
                    {"max.message.bytes", std::to_string(most)},
                    {"message.timestamp.after.max.ms", std::string(no_bound)},
                    {"message.timestamp.before.max.ms", std::string(no_bound)},
                    {"message.timestamp.type", "CreateTime"},
                    {"millrace.durability", "fsync"},
                    {"retention.ms", "-1"}};
  return wanted;
}

Failure unfit(const runtime::HostedTopic& topic, std::string_view rule) {
  return failure(Errc::invalid, "dead-letter topic '" + topic.topic->name + "' " + std::string(rule));
}

}  // namespace

Result<std::string> dead_letter_topic_of(std::string_view group, std::string_view topic, const Target& target) {
  if (!target.dead_letter_topic.empty()) return target.dead_letter_topic;
  return deadletter::topic_for(group, topic);
}

Result<void> check_group(std::string_view group) {
  if (group != deadletter::quarantine_group) return {};
  return failure(Errc::invalid, "group: \"quarantine\" is the name for records that their topic puts aside itself");
}

Result<void> check_existing(const runtime::HostedTopic& topic) {
  if (auto checked =
          deadletter::check_target(topic.topic->name, deadletter::topic_prefix, topic.settings.takes_dead_letters);
      !checked)
    return checked;
  if (topic.settings.compaction.enabled)
    return unfit(topic, "must have cleanup.policy=delete: compaction would lose letters with the same key");
  if (topic.settings.events.dedupe_window > Milliseconds{0})
    return unfit(topic, "must have cloudevents.dedupe.window.ms=0: an event that dies twice has two letters");
  if (topic.settings.durability != broker::Durability::fsync)
    return unfit(topic, "must have millrace.durability=fsync: a letter has to be durable before its event is settled");
  return {};
}

Result<runtime::HostedTopicPtr> ensure(runtime::BrokerRuntime& broker, const std::string& name,
                                       const runtime::HostedTopic& source) {
  if (auto there = broker.topology()->find(name)) {
    if (auto checked = check_existing(*there); !checked) return failure_of(checked);
    return there;
  }
  if (auto checked = deadletter::check_target(name, deadletter::topic_prefix, true); !checked)
    return failure_of(checked);
  const auto promise = std::make_shared<std::promise<broker::CreateAnswer>>();
  broker.create_topics({wanted_topic(name, source)}, [promise](std::vector<broker::CreateAnswer> answers) {
    promise->set_value(std::move(answers.front()));
  });
  const auto answer = promise->get_future().get();
  const auto made = broker.topology()->find(name);
  if (!made) {
    return failure(Errc::io, "dead-letter topic '" + name + "' cannot be made: " + std::string(name_of(answer.error)) +
                                 " " + answer.message);
  }
  // Somebody else may have been faster, and made another one.
  if (auto checked = check_existing(*made); !checked) return failure_of(checked);
  return made;
}

std::optional<Letters::Adoption> adoption_of(const runtime::BrokerRuntime& broker, std::string_view topic) {
  const auto catalog = broker.catalog();
  const auto& adoptions = catalog->documents(broker::DocumentKind::adoption);
  const auto found = adoptions.find(topic);
  if (found == adoptions.end()) return std::nullopt;
  const auto json = nlohmann::json::parse(*found->second, nullptr, false);
  const auto text = [&json](const char* member) {
    const auto at = json.find(member);
    return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
  };
  if (!json.is_object()) return Letters::Adoption();
  return Letters::Adoption{.group = text("group"), .source_topic = text("source_topic")};
}

bool is_adopted(const runtime::BrokerRuntime& broker, std::string_view topic) {
  const auto catalog = broker.catalog();
  return catalog->documents(broker::DocumentKind::adoption).contains(topic);
}

}  // namespace millrace::redrive
