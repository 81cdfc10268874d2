#pragma once
// Which topics dead letters go to, which they lie in, and how one is made. Any thread, but for ensure(), which waits.

#include <string>
#include <string_view>

#include "millrace/redrive/letters.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::redrive {

/// The topic that letters of that group and topic go to.
[[nodiscard]] Result<std::string> dead_letter_topic_of(std::string_view group, std::string_view topic,
                                                       const Target& target);

/// Errc::invalid: it is deadletter::quarantine_group, which is nobody's group.
[[nodiscard]] Result<void> check_group(std::string_view group);

/// Whether letters may be written to a topic that there is. Errc::invalid.
[[nodiscard]] Result<void> check_existing(const runtime::HostedTopic& topic);

/// The topic, made if there is none, for letters of `source`. Errc::invalid and Errc::too_large for one that may not be
/// written to, Errc::io when it cannot be made now.
[[nodiscard]] Result<runtime::HostedTopicPtr> ensure(runtime::BrokerRuntime& broker, const std::string& name,
                                                     const runtime::HostedTopic& source);

/// Nothing: it is not adopted.
[[nodiscard]] std::optional<Letters::Adoption> adoption_of(const runtime::BrokerRuntime& broker,
                                                           std::string_view topic);
[[nodiscard]] bool is_adopted(const runtime::BrokerRuntime& broker, std::string_view topic);

}  // namespace millrace::redrive
