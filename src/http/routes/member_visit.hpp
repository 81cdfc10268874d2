#pragma once
// One visit of a member that comes to poll: what it acknowledges is committed, and what it has not acknowledged is read
// again. Only the newest visit counts: one that comes while another waits ends that. On one network thread.

#include "member_cursor.hpp"
#include "member_reading.hpp"

namespace millrace::http::routes {

/// The group cannot be asked now; `error` is the coordinator's, if it has said so.
[[nodiscard]] Problem group_unavailable(std::string detail, ErrorCode error);

class MemberVisit {
 public:
  /// `executor` is that of the thread.
  MemberVisit(const Context& context, MembershipPtr member, const runtime::Executor& executor);

  /// What is acknowledged, by partition, and whether the group took it: not what others have by now.
  using Taken = std::vector<std::pair<MemberCursor::Part, bool>>;

  /// Until the member is in its group and knows where it is. Gives why it is not.
  [[nodiscard]] runtime::Task<std::optional<Problem>> settle();
  /// Commits. `taken` holds each part.
  [[nodiscard]] runtime::Task<std::optional<Problem>> acknowledge(const MemberCursor& cursor, Taken& taken);
  /// Reads as `wish` says; no events: there were none in time.
  [[nodiscard]] runtime::Task<MemberReading> read(ReadWish wish);

 private:
  struct Woken {
    explicit Woken(const runtime::Executor& executor) : timer(executor) {}
    runtime::Timer timer;
    ReadInterrupt interrupt;
  };

  [[nodiscard]] std::optional<Problem> problem();
  /// Until something is different, or until then.
  [[nodiscard]] runtime::Task<> until_changed(Instant latest);
  [[nodiscard]] bool take(const MemberCursor::Part& part);
  [[nodiscard]] std::vector<MemberEvent> told(std::vector<MemberEvent> events);

  const Context& context_;
  MembershipPtr member_;
  std::shared_ptr<Woken> woken_;
  std::uint64_t number_ = 0;
};

}  // namespace millrace::http::routes
