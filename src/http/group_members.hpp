#pragma once
// The readers of this door that are members of consumer groups: each is spoken for with its coordinator as long as it
// is here, and leaves at once when it goes.
//
// A member with a connection lives as long as that; one without, which comes to poll, as long as it comes within the
// session timeout of its group. Shared: any thread asks. What coordinators answer is taken in on a thread of its own.
// leave_all() before the coordinators stop, stop() before they go. Locks: the table's, a member's, then a
// coordinator's.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "group_member.hpp"
#include "millrace/runtime/broker_runtime.hpp"
#include "millrace/runtime/group_runtime.hpp"
#include "millrace/runtime/guarded.hpp"
#include "millrace/runtime/work_thread.hpp"

namespace millrace::http {

/// One member, and whoever waits for it to change. Shared: any thread.
class Membership : public std::enable_shared_from_this<Membership> {
 public:
  /// Where a partition begins for which the group has committed nothing. Nothing: it cannot be said now.
  using Begin = std::function<std::optional<Offset>(PartitionIndex)>;

  Membership(runtime::BrokerRuntime& broker, runtime::GroupRuntime& groups, runtime::WorkThread& thread,
             GroupMember::About about, Begin begin)
      : broker_(broker), groups_(groups), thread_(thread), member_(std::move(about)), begin_(std::move(begin)) {}

  /// Runs the plain function f(GroupMember&) under the member's lock; it must not block or call back.
  template <class F>
  decltype(auto) with(F&& f) {
    const std::lock_guard lock(mutex_);
    return std::forward<F>(f)(member_);
  }
  /// Whoever waits now is told of changes, on any thread; who waited before is told once more, and not again. Gives his
  /// number, which is that of watches() until somebody else comes.
  std::uint64_t watch(std::function<void()> changed);
  [[nodiscard]] std::uint64_t watches();
  /// Says to the coordinator what is to be said.
  void advance();
  void leave();
  /// Somebody else is this member now.
  void give_way();

 private:
  void send(GroupMember::Step step);
  template <class Reply>
  [[nodiscard]] runtime::GroupDone<Reply> taken();
  void take(const runtime::GroupAnswer<groups::OffsetFetchReply>& answer);
  template <class Reply>
  void take(const runtime::GroupAnswer<Reply>& answer);
  void tell_change();

  runtime::BrokerRuntime& broker_;
  runtime::GroupRuntime& groups_;
  runtime::WorkThread& thread_;
  std::mutex mutex_;  ///< held while it is sent, so that nothing is sent behind what says goodbye
  GroupMember member_;
  Begin begin_;
  std::function<void()> changed_;
  std::uint64_t watches_ = 0;
};

using MembershipPtr = std::shared_ptr<Membership>;

class GroupMembers {
 public:
  GroupMembers(runtime::BrokerRuntime& broker, runtime::GroupRuntime& groups, runtime::WorkThread::OnEscape on_escape);
  /// All that are here, as the broker stops.
  void leave_all();
  void stop() { thread_.finish(); }

  /// It joins, and has to leave(). Who was this member until now is told that he is not.
  [[nodiscard]] MembershipPtr join(const GroupMember::About& about, Membership::Begin begin);
  /// The one that comes to poll under this id, or null.
  [[nodiscard]] MembershipPtr find(const std::string& group_id, const std::string& member_id);
  /// The same; if it is not here, it joins. It has come now and stays for `wait` at most, and says by seen() when it
  /// went. Null: there are as many as there may be.
  [[nodiscard]] MembershipPtr poll(const GroupMember::About& about, Membership::Begin begin, Milliseconds wait);
  void seen(Membership& member, Milliseconds wait = Milliseconds(0));
  /// How long a member of the group may be silent.
  [[nodiscard]] Milliseconds session_timeout(const std::string& group_id) const;

 private:
  struct Row {
    MembershipPtr member;
    bool is_polled = false;
  };
  struct Table {
    std::map<std::pair<std::string, std::string>, Row> rows;  ///< by group and member
    std::size_t polled = 0;
    bool is_closed = false;
    /// Gives whom the row had before.
    MembershipPtr put(const GroupMember::About& about, Row row);
    void erase(const MembershipPtr& member);
  };
  [[nodiscard]] MembershipPtr make(GroupMember::About about, Membership::Begin begin);
  void look();

  runtime::BrokerRuntime& broker_;
  runtime::GroupRuntime& groups_;
  runtime::Guarded<Table> table_;
  runtime::WorkThread thread_;  // last: it ends before what it uses
};

}  // namespace millrace::http
