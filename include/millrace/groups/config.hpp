#pragma once
// What an operator may change about groups, with Kafka's names and defaults, and the bounds that keep strangers from
// growing a coordinator without end. A value; each coordinator keeps its own copy.
//
// Every bound has the answer that a client gets beyond it. Kafka's code for a full group is GROUP_MAX_SIZE_REACHED; for
// bounds of the whole coordinator, which Kafka does not have, it is POLICY_VIOLATION: clients stop and say so.

#include <cstddef>
#include <cstdint>

#include "millrace/core/limits.hpp"
#include "millrace/core/time.hpp"

namespace millrace::groups {

struct Config {
  /// JoinGroup outside of these is answered INVALID_SESSION_TIMEOUT.
  Milliseconds group_min_session_timeout{6'000};
  Milliseconds group_max_session_timeout{30 * 60'000};
  /// How long the first rebalance of a group waits for more members; 0 answers the first join at once.
  Milliseconds initial_rebalance_delay{3'000};
  /// A member that was just added cannot heartbeat while its join is parked; it gets this long instead.
  Milliseconds new_member_join_timeout{5 * 60'000};

  /// Of members of consumer groups (KIP-848): silent for longer, a member is gone.
  Milliseconds consumer_session_timeout{45'000};
  /// How often such a member is asked to speak.
  Milliseconds consumer_heartbeat_interval{5'000};
  /// New and deleted topics are matched with regular expressions this often at most.
  Milliseconds regex_refresh_interval{10'000};
  /// Bytes of one regular expression; beyond it INVALID_REGULAR_EXPRESSION.
  std::size_t regex_bytes_max = 1'000;

  /// Members of one group; beyond it GROUP_MAX_SIZE_REACHED.
  std::size_t group_max_size = limits::members_per_group_max;
  /// Groups of this coordinator; a join or commit that would make one more is answered POLICY_VIOLATION.
  std::size_t groups_max = limits::groups_max;
  /// Ids handed out by the first round of a join and not used yet; beyond it the oldest is forgotten.
  std::size_t pending_members_max = 10'000;
  /// Protocols and their metadata of one member; beyond it POLICY_VIOLATION.
  std::size_t member_metadata_bytes_max = limits::member_metadata_bytes_max;
  /// Names in one member's protocol list; beyond it INCONSISTENT_GROUP_PROTOCOL.
  std::size_t protocols_per_member_max = 64;
  /// Memory of all members of this coordinator; beyond it POLICY_VIOLATION.
  std::size_t members_bytes_max = 64 * limits::MiB;
  /// A group is one record in the log. An assignment that would not fit is answered UNKNOWN_SERVER_ERROR, as by Kafka.
  std::size_t group_record_bytes_max = 1'000'000;

  /// Metadata of one committed offset; beyond it OFFSET_METADATA_TOO_LARGE. At most 32767, the length field of a
  /// record.
  std::size_t offset_metadata_bytes_max = limits::offset_metadata_bytes_max;
  /// Memory of all committed offsets of this coordinator; beyond it INVALID_COMMIT_OFFSET_SIZE.
  std::size_t offsets_bytes_max = 256 * limits::MiB;
  /// offsets.retention.minutes: after the group became empty, or after the last commit; docs/groups.md says when which.
  Milliseconds offsets_retention{7 * 24 * 3'600'000LL};
  /// Who waits for a commit, of this coordinator; beyond it POLICY_VIOLATION.
  std::size_t awaits_max = 10'000;
  /// How often expired offsets and deserted groups are looked for.
  Milliseconds offsets_retention_check_interval{10 * 60'000};

  /// Work of one tick: timers fired, committed offsets looked at, tombstones written. What is left is due at once.
  std::size_t timers_per_tick = 1'000;
  std::size_t offsets_per_tick = 10'000;
  std::size_t tombstones_per_tick = 1'000;
};

}  // namespace millrace::groups
