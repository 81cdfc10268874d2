#pragma once
// Names of dead letters: the topic they lie in, dlq.<group>.<topic>, and the id of each letter.
//
// A group may be called anything, a topic may not: how a group is written where only a topic's characters are allowed
// is here, and no two groups are written alike. Pure, callable from anywhere. docs/dead_letters.md is the prose.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"

namespace millrace::deadletter {

/// Of every topic that the broker writes letters to, unless an operator says another (KIP-1191).
inline constexpr std::string_view topic_prefix = "dlq.";

/// The group of records that their topic puts aside when they are produced: nobody was to take them, so no consumer
/// group or subscription is meant.
inline constexpr std::string_view quarantine_group = "quarantine";

/// The group itself where it has nothing but [a-zA-Z0-9._-]; else "x--" and then a-z, A-Z, 0-9 and "-" as they are, all
/// other bytes as "_" and two digits of lower-case hex. A group that begins with "x--" is always written in the second
/// way.
[[nodiscard]] std::string written(std::string_view group);

/// The group that written() makes this text of; nothing when there is none.
[[nodiscard]] std::optional<std::string> group_written_as(std::string_view text);

/// dlq.<group>.<topic>. Errc::invalid for an empty group and for a topic that Kafka does not allow; Errc::too_large
/// beyond limits::topic_name_max: nothing is cut, because two groups would share a topic then.
[[nodiscard]] Result<std::string> topic_for(std::string_view group, std::string_view topic);

struct GroupAndTopic {
  std::string group;
  std::string topic;
  bool operator==(const GroupAndTopic&) const = default;
};

/// Whose letters a topic of that name holds. Nothing when it is none of topic_for()'s, or when it is so for several
/// pairs, as dlq.a.b.c is for "a" with "b.c" and for "a.b" with "c": then each letter tells.
[[nodiscard]] std::optional<GroupAndTopic> named_by(std::string_view dead_letter_topic);

/// Whether the broker may write letters to that topic: it begins with `prefix`, which may be empty, and its owner has
/// set errors.deadletterqueue.group.enable. Otherwise who may name the target of letters could have the broker write
/// into any topic. Errc::invalid names the topic and the rule.
[[nodiscard]] Result<void> check_target(std::string_view topic, std::string_view prefix, bool has_opted_in);

/// What names a letter, once: an event that was redriven and died again has another life.
struct LetterName {
  std::string group;
  std::string topic;
  PartitionIndex partition = 0;
  Offset offset;
  std::uint32_t life = 0;
  bool operator==(const LetterName&) const = default;
};

/// <group>~<topic>~<partition>~<offset>~<life>, the group as written() has it: fit for a URL as it stands. Requires: a
/// name that a topic can have.
[[nodiscard]] std::string id_of(const LetterName& name);

/// Nothing for a text that id_of() does not make.
[[nodiscard]] std::optional<LetterName> parse_id(std::string_view id);

}  // namespace millrace::deadletter
