#pragma once
// The table of group configurations: what clients may set for one group of the consumer protocol, within which bounds,
// and which setting of the broker a group follows that has none of its own.
//
// Values travel as text and are kept in the catalog, as those of topics (topic_config.hpp). Pure values; any thread.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/broker/topic_config.hpp"
#include "millrace/core/time.hpp"

namespace millrace::broker {

/// What the broker's operator has set: the bounds, and what groups follow that set nothing.
struct GroupConfigRules {
  Milliseconds session_timeout{45'000};
  Milliseconds session_timeout_min{45'000};
  Milliseconds session_timeout_max{60'000};
  Milliseconds heartbeat_interval{5'000};
  Milliseconds heartbeat_interval_min{5'000};
  Milliseconds heartbeat_interval_max{15'000};
};

struct GroupConfigKey {
  std::string_view name;
  std::string_view broker_name;  ///< of the broker's setting that a group follows
  std::string_view documentation;
};
/// In alphabetical order.
[[nodiscard]] std::span<const GroupConfigKey> group_config_keys();
/// Group configurations of Kafka that are refused by name, in alphabetical order.
[[nodiscard]] std::span<const std::string_view> group_config_keys_not_honoured();

/// All that a group is to have set, together: none, or invalid_config and a sentence that names key, value and rule.
[[nodiscard]] ConfigVerdict check_group_configs(const ConfigMap& configs, const GroupConfigRules& rules);

/// What a group has of its own.
struct GroupTimes {
  std::optional<Milliseconds> session_timeout;
  std::optional<Milliseconds> heartbeat_interval;
};
/// Values that are against the rules, which may have been others when they were stored, are passed over.
[[nodiscard]] GroupTimes group_times(const GroupConfigRules& rules, const ConfigMap& group);

/// Every key with its value in force. `broker` are the broker's own settings: what a group follows, and since when.
[[nodiscard]] std::vector<ConfigFact> describe(const GroupConfigRules& rules, const ConfigMap& group,
                                               const std::vector<ConfigFact>& broker);

}  // namespace millrace::broker
