#pragma once
// A reader at this door as a member of a consumer group (KIP-848): what is said to the coordinator for it, and what of
// its topic it may read by what the coordinator answers.
//
// It is asked again and again what is to be said next, and is told every answer: (state, answer | acknowledgement, now)
// → requests. At most one request of each kind is under way. What is given up is committed before the heartbeat that
// says so, and in its order: the coordinator judges requests as they come, whenever it answers. A member that was
// fenced forgets what it had and joins again; what the coordinator refuses for good ends it. Pure; owned.

#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "member_places.hpp"
#include "millrace/groups/messages.hpp"

namespace millrace::http {

class GroupMember {
 public:
  struct About {
    std::string group_id;
    std::string member_id;
    std::string topic;
    Uuid topic_id;
    std::string client_id;
    std::string client_host;  ///< as Kafka prints it: "/127.0.0.1"
    MemberPlaces::Acks acks = MemberPlaces::Acks::automatic;
    std::int64_t stays = 0;  ///< by chance: from where on its stays are counted
  };
  /// To be sent in this order.
  struct Step {
    std::optional<groups::CommitRequest> commit;
    std::optional<groups::OffsetFetchRequest> fetch;
    std::optional<groups::ConsumerHeartbeatRequest> heartbeat;
  };
  struct Refusal {
    ErrorCode error = ErrorCode::none;
    std::string message;
  };
  /// The coordinator's answer, or why there is no coordinator now.
  template <class Reply>
  using Answer = tl::expected<Reply, ErrorCode>;

  explicit GroupMember(About about);

  [[nodiscard]] Step next(Instant now);
  /// It goes, and is over: what is done is committed, and its partitions are free at once.
  [[nodiscard]] Step leave();
  /// Somebody else is this member from now on: it is over, and says nothing more.
  void give_way() { refuse(ErrorCode::fenced_member_epoch, "somebody else is this member now"); }
  /// What is done is committed with the next step, before its second has passed.
  void hurry() { hurries_ = true; }

  void take(const Answer<groups::ConsumerHeartbeatReply>& answer, Instant now);
  void take(const Answer<groups::CommitReply>& answer, Instant now);
  /// Gives the partitions for which the group has committed nothing: somebody has to say where they begin.
  [[nodiscard]] std::vector<StayPlace> take(const Answer<groups::OffsetFetchReply>& answer, Instant now);

  /// Nobody could say where: it is asked for again.
  void ask_again(Instant now);

  /// From now on it is gone when it is not seen again within `patience`.
  void seen(Instant now, Milliseconds patience) { silent_from_ = now + patience; }
  [[nodiscard]] bool is_silent(Instant now) const { return silent_from_ && now >= *silent_from_; }

  [[nodiscard]] const About& about() const { return about_; }
  /// It is in the group, and knows where everything begins that it has.
  [[nodiscard]] bool is_settled() const { return epoch_ > 0 && places_.have_begun(); }
  [[nodiscard]] bool is_over() const { return is_over_; }
  /// Why the coordinator does not have it.
  [[nodiscard]] const std::optional<Refusal>& refusal() const { return refusal_; }
  [[nodiscard]] std::int32_t epoch() const { return epoch_; }
  /// How many commits were answered, and whether the last was granted; a member that was fenced has lost what it had to
  /// commit.
  [[nodiscard]] std::uint64_t commits() const { return commits_; }
  [[nodiscard]] ErrorCode last_commit() const { return last_commit_; }
  /// Whether what it has done there is still to be committed, or is on its way.
  [[nodiscard]] bool is_to_commit(PartitionIndex partition) const {
    return (committing_ && committing_->contains(partition)) || places_.uncommitted().contains(partition);
  }
  [[nodiscard]] MemberPlaces& places() { return places_; }
  [[nodiscard]] const MemberPlaces& places() const { return places_; }

 private:
  [[nodiscard]] groups::CommitRequest commit_of(const Offsets& offsets) const;
  [[nodiscard]] groups::OffsetFetchRequest fetch_of(const std::map<PartitionIndex, std::int64_t>& partitions) const;
  [[nodiscard]] groups::ConsumerHeartbeatRequest heartbeat(std::int32_t epoch) const;
  [[nodiscard]] bool is_heartbeat_due(Instant now) const;
  [[nodiscard]] std::string connection() const { return "http member " + about_.member_id; }
  void take_assignment(const groups::Assignment& assignment, Instant now);
  void join_again(Instant now);
  void refuse(ErrorCode error, std::string message);

  About about_;
  MemberPlaces places_;
  std::int32_t epoch_ = 0;         ///< 0: it is to join
  bool says_all_ = true;           ///< the next heartbeat says everything, and is told everything
  std::set<PartitionIndex> said_;  ///< that it has, by the last heartbeat
  bool has_heartbeat_out_ = false;
  std::map<PartitionIndex, std::int64_t> fetching_;  ///< partitions with their stays, when they were asked for
  std::optional<Offsets> committing_;
  Instant heartbeat_at_{};
  Instant fetch_at_{};
  Instant commit_at_{};
  bool hurries_ = false;
  std::optional<Instant> silent_from_;
  bool is_over_ = false;
  std::optional<Refusal> refusal_;
  std::uint64_t commits_ = 0;
  ErrorCode last_commit_ = ErrorCode::none;
};

}  // namespace millrace::http
