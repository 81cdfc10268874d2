#pragma once
// Consumer groups at work: one groups::Coordinator for each partition of `__consumer_offsets`, behind its lock, with
// the log that it lives in and the clock that drives its timers.
//
// It appends the records of every decision before it answers, and an answer leaves only when everything that the
// decision could have seen is durable; so nobody ever learns of a commit or a generation that a crash could take back.
// If a log cannot be written its coordinator is thrown away and loaded anew, and clients look the coordinator up again.
// Shared: any thread; callbacks come on any thread. Locks: a coordinator's first, then its partition's.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "millrace/groups/coordinator.hpp"
#include "millrace/runtime/broker_runtime.hpp"
#include "millrace/runtime/callback.hpp"

namespace millrace::runtime {

/// The coordinator's answer, or why there is no coordinator now.
template <class Reply>
using GroupAnswer = tl::expected<Reply, ErrorCode>;
template <class Reply>
using GroupDone = Callback<void(GroupAnswer<Reply>)>;

class GroupRuntime {
 public:
  /// Makes the offsets topic if there is none and replays it. Timers run on `executor`. All references must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<GroupRuntime>> open(BrokerRuntime& broker, const Executor& executor,
                                                                  const groups::Config& config,
                                                                  std::int32_t partitions_if_new,
                                                                  std::shared_ptr<spdlog::logger> diagnostics);
  ~GroupRuntime();
  GroupRuntime(const GroupRuntime&) = delete;
  GroupRuntime& operator=(const GroupRuntime&) = delete;

  /// Answers everything that is parked with not_coordinator, and everything that comes later too.
  void stop();

  void join(groups::JoinRequest request, GroupDone<groups::JoinReply> done);
  void sync(groups::SyncRequest request, GroupDone<groups::SyncReply> done);
  void heartbeat(groups::HeartbeatRequest request, GroupDone<groups::HeartbeatReply> done);
  void leave(groups::LeaveRequest request, GroupDone<groups::LeaveReply> done);
  void commit(groups::CommitRequest request, GroupDone<groups::CommitReply> done);
  void consumer_heartbeat(groups::ConsumerHeartbeatRequest request, GroupDone<groups::ConsumerHeartbeatReply> done);
  void delete_group(groups::DeleteGroupRequest request, GroupDone<groups::DeleteGroupReply> done);
  void delete_offsets(groups::OffsetDeleteRequest request, GroupDone<groups::OffsetDeleteReply> done);
  void reset(groups::ResetRequest request, GroupDone<groups::ResetReply> done);
  void await(groups::AwaitRequest request, GroupDone<groups::AwaitReply> done);
  /// These ask several coordinators; groups come back in the order of the request (list: in no particular order).
  void fetch_offsets(groups::OffsetFetchRequest request, GroupDone<groups::OffsetFetchReply> done);
  void describe(groups::DescribeRequest request, GroupDone<groups::DescribeReply> done);
  void consumer_describe(groups::ConsumerDescribeRequest request, GroupDone<groups::ConsumerDescribeReply> done);
  void list(groups::ListRequest request, GroupDone<groups::ListReply> done);

  [[nodiscard]] GroupFigures figures() const;
  /// Calls `each` with everything that is committed, also what is not durable yet. No coordinator is kept from its work
  /// for longer than a page of it takes, so it is not a picture of one moment. A group and topic may come in two parts,
  /// one after the other.
  void for_each_committed(const std::function<void(groups::Coordinator::Committed)>& each) const;

  struct Impl;

 private:
  explicit GroupRuntime(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace millrace::runtime
