#pragma once
// Who reads which partition: the assignors that run in the broker for consumer groups (KIP-848). Pure functions of
// their input; equal inputs give equal outputs. Each partition of a topic that somebody subscribed to goes to exactly
// one of those who did.
//
//   uniform  members have the same number of partitions, give or take one where subscriptions allow it, and keep what
//            they had before as far as that goes
//   range    per topic, members in order get ranges of neighbouring partitions; topics with equally many partitions
//            are split alike, so that what belongs together by key stays together

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/groups/assignment.hpp"

namespace millrace::groups {

struct AssignorInput {
  struct Member {
    std::string id;
    std::optional<std::string> instance_id;
    std::vector<Uuid> topics;  ///< subscribed; ascending, each once, each in `partitions`
    Assignment before;         ///< its part of the last result
  };
  std::vector<Member> members;              ///< ascending by id
  std::map<Uuid, std::int32_t> partitions;  ///< how many each topic has
};

/// Of each member of the input, in its order.
using Assignments = std::vector<Assignment>;
using Assignor = Assignments (*)(const AssignorInput& input);

[[nodiscard]] Assignments assign_uniform(const AssignorInput& input);
[[nodiscard]] Assignments assign_range(const AssignorInput& input);

/// Null when there is none of that name.
[[nodiscard]] Assignor find_assignor(std::string_view name);
/// The one that a group uses whose members do not name one.
inline constexpr std::string_view default_assignor = "uniform";
/// For messages: "uniform, range".
inline constexpr std::string_view assignor_names = "uniform, range";

}  // namespace millrace::groups
