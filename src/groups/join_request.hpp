#pragma once
// What a JoinGroup request says, as a coordinator keeps it. Pure; defined in join.cpp.

#include <string>
#include <vector>

#include "millrace/groups/messages.hpp"

namespace millrace::groups {

/// At most `bytes` of it, cut between two characters of UTF-8.
[[nodiscard]] std::string clipped(const std::string& text, std::size_t bytes);
/// The first of each name counts.
[[nodiscard]] std::vector<Protocol> distinct(const std::vector<Protocol>& protocols);
[[nodiscard]] Milliseconds rebalance_timeout_of(const JoinRequest& request);

}  // namespace millrace::groups
