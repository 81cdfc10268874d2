#pragma once
// A consumer group of either protocol as the routes see it: who is in it and what each reads, and what it committed.

#include <vector>

#include "api.hpp"
#include "group_progress.hpp"
#include "json.hpp"

namespace millrace::http::routes {

struct GroupView {
  bool is_known = false;
  std::string state = "Dead";
  std::string type = "classic";
  std::vector<Json> members;
  AssignedPartitions assigned;                           ///< to all of them
  std::vector<groups::OffsetFetchReply::Topic> offsets;  ///< what was committed
};

/// A group that does not exist is not known and has committed nothing. Fails when there is no coordinator now.
[[nodiscard]] runtime::Task<runtime::GroupAnswer<GroupView>> view_group(const Context& context, std::string group);

[[nodiscard]] Response no_coordinator(const Request& request);

}  // namespace millrace::http::routes
