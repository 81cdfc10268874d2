#pragma once
// ConsumerGroup: what a group is when its members use the consumer protocol (KIP-848): members, what each is to have
// and what each has. It keeps these consistent and makes no decision: those are Machine's (machine.hpp). Owned by its
// Group.
//
//   group epoch    grows whenever who reads or what is read changes
//   target epoch   the group epoch for which the assignor ran last
//   member epoch   the target epoch that a member has reached
//
// Members that came over from the classic protocol are members like all others (ConsumerMember::about.classic).

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/groups/consumer_records.hpp"
#include "millrace/groups/coordinator.hpp"

namespace millrace::groups {

/// Member epochs that mean something else (KIP-848).
inline constexpr std::int32_t epoch_joining = 0;
inline constexpr std::int32_t epoch_leaving = -1;
inline constexpr std::int32_t epoch_leaving_for_now = -2;  ///< a static member that will be back

struct ConsumerMember {
  std::string id;
  ConsumerMemberValue about;   ///< what it said
  CurrentAssignmentValue has;  ///< where it is on the way to its target
  bool is_told = true;         ///< false while the log has only said what it has

  [[nodiscard]] bool uses_classic_protocol() const { return about.classic.has_value(); }
  [[nodiscard]] bool left_for_now() const { return has.member_epoch == epoch_leaving_for_now; }
  [[nodiscard]] Milliseconds rebalance_timeout() const { return Milliseconds{about.rebalance_timeout_ms}; }
  /// What it costs to keep, texts, partitions and bookkeeping.
  [[nodiscard]] std::size_t bytes() const;
};

class ConsumerGroup {
 public:
  using Members = std::map<std::string, ConsumerMember, std::less<>>;
  using Names = std::set<std::string, std::less<>>;
  using Expressions = std::map<std::string, RegularExpressionValue, std::less<>>;

  /// `totals` are those of its coordinator: the group keeps them up to date, they must outlive it.
  explicit ConsumerGroup(Coordinator::Totals& totals) : totals_(totals) {}
  ConsumerGroup(const ConsumerGroup&) = delete;
  ConsumerGroup& operator=(const ConsumerGroup&) = delete;
  ~ConsumerGroup();

  [[nodiscard]] GroupState state() const;

  [[nodiscard]] const Members& members() const { return members_; }
  [[nodiscard]] const ConsumerMember* member(std::string_view member_id) const;
  [[nodiscard]] const ConsumerMember* static_member(std::string_view instance_id) const;
  /// Is there somebody, leaving aside `except`, and do all of them use the classic protocol?
  [[nodiscard]] bool only_classic_members(std::string_view except) const;
  /// Adds a member, or replaces the one of that id.
  const ConsumerMember& put(ConsumerMember member);
  void remove(std::string_view member_id);

  /// What the member is to have; empty when nothing was said.
  [[nodiscard]] const Assignment& target(std::string_view member_id) const;
  [[nodiscard]] const std::map<std::string, Assignment, std::less<>>& targets() const { return targets_; }
  void set_target(const std::string& member_id, Assignment target) { targets_[member_id] = std::move(target); }
  void forget_target(std::string_view member_id);
  /// Does some member have it, or not given it up yet?
  [[nodiscard]] bool is_held(const Uuid& topic, PartitionIndex partition) const;
  /// Is something that the member is to have still with another?
  [[nodiscard]] bool waits_for_others(const ConsumerMember& member) const;

  /// What the members' regular expressions mean.
  [[nodiscard]] const Expressions& expressions() const { return expressions_; }
  /// Is it known what the member's expression means? It is if it has none.
  [[nodiscard]] bool knows_expression(const ConsumerMember& member) const;
  /// Is it known of all members, for the topics of that version?
  [[nodiscard]] bool knows_all_expressions(std::int64_t version) const;
  void set_expression(const std::string& expression, RegularExpressionValue resolved);
  void forget_expression(std::string_view expression);
  /// Topics that the member subscribed to, by name and by regular expression.
  [[nodiscard]] Names subscribed_by(const ConsumerMember& member) const;
  [[nodiscard]] Names subscribed_topics() const;
  /// The assignor that most members ask for, if any does.
  [[nodiscard]] std::optional<std::string> preferred_assignor() const;
  /// Knows every classic member one of these protocols?
  [[nodiscard]] bool supports(const std::vector<Protocol>& protocols, std::string_view except) const;

  std::int32_t epoch = 0;
  std::int64_t metadata_hash = 0;  ///< of the subscribed topics in `epoch`
  std::int32_t target_epoch = 0;
  /// Of the topics that were looked at last, -1 while there is more to be looked at; not in the log.
  std::int64_t topics_version = -1;

 private:
  void hold(const EpochAssignment& partitions, int by);
  void charge(const ConsumerMember& member);
  void discharge(const ConsumerMember& member);

  Coordinator::Totals& totals_;
  Members members_;
  std::map<std::string, std::string, std::less<>> static_members_;  ///< instance id → member id
  std::map<std::string, Assignment, std::less<>> targets_;
  Expressions expressions_;
  std::map<Uuid, std::map<PartitionIndex, int>> held_;  ///< by how many; more than one only while a log is replayed
};

}  // namespace millrace::groups
