#pragma once
// Coordinator: all groups and committed offsets of one partition of __consumer_offsets, and every decision about them.
//
// Owned: one caller at a time. It never waits, prints, or asks for the time: each call takes the request and `now` and
// gives back Effects. State changes at once; the engine keeps the replies back until the records are durable, so nobody
// sees what a crash could undo. If an append fails, the engine throws the coordinator away (unanswered tickets are
// then the engine's: NOT_COORDINATOR), makes a new one and replays the log into it. Replies to a client that is gone
// may be dropped; the coordinator learns of it by the member's session timer, as Kafka's does.
//
// Life: construct, replay() every record of the partition in order, loaded(now) once, then requests and tick(now)
// whenever next_deadline() has come. `now.steady` must not go back; `now.wall` may jump, it only dates records.
// state.hpp is the state table, config.hpp the bounds, docs/groups.md the prose.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "millrace/core/bytes.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/groups/config.hpp"
#include "millrace/groups/effects.hpp"
#include "millrace/groups/group_records.hpp"
#include "millrace/groups/messages.hpp"
#include "millrace/groups/settings.hpp"
#include "millrace/groups/topics.hpp"

namespace millrace::groups {

/// Which of `count` partitions of __consumer_offsets a group belongs to, as Kafka computes it: Java's hash of the
/// UTF-16 text, its sign dropped, modulo `count`. Requires: count > 0.
[[nodiscard]] std::int32_t partition_for(std::string_view group_id, std::int32_t count);

class Machine;

class Coordinator {
 public:
  explicit Coordinator(const Config& config);
  Coordinator(Coordinator&&) noexcept;
  Coordinator& operator=(Coordinator&&) noexcept;
  ~Coordinator();

  /// Applies one record of the log; no value is a tombstone. A record that is not understood changes nothing and is
  /// a failure: Errc::unsupported for a newer version, Errc::corrupt for garbage. The caller may go on after either.
  [[nodiscard]] Result<void> replay(ByteView key, std::optional<ByteView> value);
  /// The log has been replayed: members that were loaded have a session timeout from now on to show up.
  void loaded(Now now);

  /// What there is to subscribe to, from now on.
  void set_topics(TopicsPtr topics);
  /// What is set for single groups, from now on; a member notices when it speaks next.
  void set_settings(SettingsPtr settings);

  // Requires of everything below: loaded() was called.
  [[nodiscard]] Effects consumer_heartbeat(const ConsumerHeartbeatRequest& request, Ticket reply_to, Now now);
  [[nodiscard]] Effects consumer_describe(const ConsumerDescribeRequest& request, Ticket reply_to, Now now) const;
  [[nodiscard]] Effects join(const JoinRequest& request, Ticket reply_to, Now now);
  [[nodiscard]] Effects sync(const SyncRequest& request, Ticket reply_to, Now now);
  [[nodiscard]] Effects heartbeat(const HeartbeatRequest& request, Ticket reply_to, Now now);
  [[nodiscard]] Effects leave(const LeaveRequest& request, Ticket reply_to, Now now);
  [[nodiscard]] Effects commit(const CommitRequest& request, Ticket reply_to, Now now);
  [[nodiscard]] Effects delete_group(const DeleteGroupRequest& request, Ticket reply_to, Now now);
  [[nodiscard]] Effects delete_offsets(const OffsetDeleteRequest& request, Ticket reply_to, Now now);
  /// Also while members read: they give up these partitions and get them anew, all others stay with them.
  [[nodiscard]] Effects reset(const ResetRequest& request, Ticket reply_to, Now now);
  /// Answered by the commit or the reset that leads past the offset, at once if one has, or when it takes too long.
  [[nodiscard]] Effects await(const AwaitRequest& request, Ticket reply_to, Now now);
  [[nodiscard]] Effects fetch_offsets(const OffsetFetchRequest& request, Ticket reply_to, Now now);
  [[nodiscard]] Effects describe(const DescribeRequest& request, Ticket reply_to, Now now) const;
  [[nodiscard]] Effects list(const ListRequest& request, Ticket reply_to, Now now) const;

  /// Forgets what was committed for deleted topics. The records may be many; they need not be one batch.
  [[nodiscard]] Effects topics_deleted(std::span<const std::string> names, Now now);

  /// Fires timers that are due and sweeps expired offsets, a bounded amount each time; what is left is due at once.
  [[nodiscard]] Effects tick(Now now);
  [[nodiscard]] std::optional<Instant> next_deadline() const;

  struct Totals {
    std::size_t groups = 0;
    std::size_t members = 0;
    std::size_t pending_members = 0;  ///< ids handed out and not used yet
    std::size_t offsets = 0;
    std::size_t offsets_bytes = 0;  ///< charged against Config::offsets_bytes_max
    std::size_t members_bytes = 0;  ///< charged against Config::members_bytes_max
    // Since it was made:
    std::uint64_t classic_rebalances = 0;   ///< that began
    std::uint64_t consumer_rebalances = 0;  ///< group epochs that began
  };
  [[nodiscard]] Totals totals() const;

  /// Committed offsets of one group and topic.
  struct Committed {
    std::string group;
    std::string topic;
    std::vector<std::pair<PartitionIndex, Offset>> offsets;
  };
  struct CommittedPage {
    std::vector<Committed> rows;  ///< by group, topic and partition
    bool is_last = true;
  };
  /// What is committed behind `after`, a bounded amount each time. Requires: offsets_max > 0.
  [[nodiscard]] CommittedPage committed(const OffsetKey& after, std::size_t offsets_max) const;

 private:
  std::unique_ptr<Machine> machine_;
};

}  // namespace millrace::groups
