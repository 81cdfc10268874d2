#pragma once
// A member of a consumer group as its client sees it: it beats, takes what it is assigned, gives up what it is no
// longer assigned, and says so with its next beat.
//
//   Consumer a(s, "a"), b(s, "b");
//   a.reads({"t"}).join();
//   settle({&a, &b});
//   EXPECT_THAT(a.has(), ElementsAre("t-0", "t-1"));

#include <string>
#include <vector>

#include "groups/scenario.hpp"

namespace millrace::groups {

class Consumer {
 public:
  Consumer(Scenario& scenario, std::string id) : scenario_(scenario) {
    about.group_id = "g";
    about.member_id = std::move(id);
    about.client_id = "client";
    about.client_host = "/127.0.0.1";
    about.rebalance_timeout = 60s;
    about.requires_member_id = true;
  }
  Consumer& reads(std::vector<std::string> topics) { return about.subscribed_topics = std::move(topics), *this; }
  Consumer& matching(std::string regex) { return about.subscribed_regex = std::move(regex), *this; }
  Consumer& instance(std::string id) { return about.instance_id = std::move(id), *this; }
  Consumer& assignor(std::string name) { return about.server_assignor = std::move(name), *this; }

  ConsumerHeartbeatReply join() {
    ConsumerHeartbeatRequest request = about;
    request.member_epoch = 0;
    request.owned = Assignment{};
    owned = {};
    return take(std::move(request));
  }
  ConsumerHeartbeatReply beat() {
    ConsumerHeartbeatRequest request;
    request.group_id = about.group_id;
    request.member_id = about.member_id;
    request.instance_id = about.instance_id;
    request.client_id = about.client_id;
    request.client_host = about.client_host;
    request.member_epoch = epoch;
    request.owned = owned;
    return take(std::move(request));
  }
  /// With everything about it, as after a change of its subscription.
  ConsumerHeartbeatReply tell() {
    ConsumerHeartbeatRequest request = about;
    request.member_epoch = epoch;
    request.owned = owned;
    return take(std::move(request));
  }
  ConsumerHeartbeatReply leave(std::int32_t by = -1) {
    ConsumerHeartbeatRequest request;
    request.group_id = about.group_id;
    request.member_id = about.member_id;
    request.instance_id = about.instance_id;
    request.member_epoch = by;
    owned = {};
    return scenario_.beat(std::move(request));
  }
  /// As "topic-partition".
  [[nodiscard]] std::vector<std::string> has() const {
    std::vector<std::string> out;
    for (const auto& [topic, partitions] : owned)
      for (const PartitionIndex partition : partitions) out.push_back(name_of(topic) + "-" + std::to_string(partition));
    std::sort(out.begin(), out.end());
    return out;
  }

  ConsumerHeartbeatRequest about;
  std::int32_t epoch = 0;
  Assignment owned;

 private:
  ConsumerHeartbeatReply take(ConsumerHeartbeatRequest request) {
    const ConsumerHeartbeatReply reply = scenario_.beat(std::move(request));
    if (reply.error != ErrorCode::none) return reply;
    epoch = reply.member_epoch;
    if (reply.assignment) owned = *reply.assignment;
    return reply;
  }
  [[nodiscard]] std::string name_of(const Uuid& topic) const {
    const auto found = scenario_.topic_named(topic);
    return found.empty() ? topic.to_string() : found;
  }

  Scenario& scenario_;
};

/// They beat in turn until nobody's epoch or partitions change any more.
inline void settle(std::vector<Consumer*> consumers) {
  for (int round = 0; round < 100; ++round) {
    bool changed = false;
    for (Consumer* each : consumers) {
      const auto epoch = each->epoch;
      const auto owned = each->owned;
      ASSERT_EQ(each->beat().error, ErrorCode::none);
      changed = changed || epoch != each->epoch || owned != each->owned;
    }
    if (!changed) return;
  }
  ADD_FAILURE() << "the group does not come to rest";
}

}  // namespace millrace::groups
