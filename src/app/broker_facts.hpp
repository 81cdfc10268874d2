#pragma once
// The operator's settings as DescribeConfigs tells them of the broker: under Kafka's names where Kafka has them, under
// ours where not. All are read-only: they change in the file and on SIGHUP. What topics follow is not among them, that
// is topic_defaults_of(). Pure.

#include <vector>

#include "millrace/broker/topic_config.hpp"
#include "settings.hpp"

namespace millrace::app {

/// In the order of keys(). What differs from the default counts as set in the file.
[[nodiscard]] std::vector<broker::ConfigFact> broker_facts_of(const Settings& settings);

/// All keys of the file, for those who ask about them.
[[nodiscard]] broker::FileKeysPtr file_keys();

}  // namespace millrace::app
