#pragma once
// Fetch: record batches from an offset on, of many partitions at once, waiting until there is enough. The records of
// the answer are not copied when they are ExternalRecords. aborted_transactions is null under read_uncommitted. From 13
// on topics go by id (KIP-516); 14, 15, 17 and 18 are between brokers; 16 can tell where another leader is reached
// (KIP-951).

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct FetchRequest {
  static constexpr ApiShape shape{.name = "Fetch", .key = 1, .oldest = 4, .newest = 18, .flexible_from = 12};

  struct Partition {
    std::int32_t partition = 0;
    std::int32_t current_leader_epoch = -1;  // since 9
    std::int64_t fetch_offset = 0;
    std::int32_t last_fetched_epoch = -1;  // since 12
    std::int64_t log_start_offset = -1;    // since 5
    std::int32_t partition_max_bytes = 0;
    Uuid replica_directory_id{};              // since 17, tagged
    std::int64_t high_watermark = INT64_MAX;  // since 18, tagged

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("partition", m.partition);
      if (io.version() >= 9) io.field("current_leader_epoch", m.current_leader_epoch);
      io.field("fetch_offset", m.fetch_offset);
      if (io.version() >= 12) io.field("last_fetched_epoch", m.last_fetched_epoch);
      if (io.version() >= 5) io.field("log_start_offset", m.log_start_offset);
      io.field("partition_max_bytes", m.partition_max_bytes);
      if (io.version() >= 18) {
        io.tags(tag(0, "replica_directory_id", m.replica_directory_id, !m.replica_directory_id.is_zero()),
                tag(1, "high_watermark", m.high_watermark, m.high_watermark != INT64_MAX));
      } else if (io.version() >= 17) {
        io.tags(tag(0, "replica_directory_id", m.replica_directory_id, !m.replica_directory_id.is_zero()));
      } else {
        io.tags();
      }
    }
  };

  struct Topic {
    std::string topic{};  // up to 12
    Uuid topic_id{};      // since 13
    std::vector<Partition> partitions{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      if (io.version() <= 12) io.field("topic", m.topic);
      if (io.version() >= 13) io.field("topic_id", m.topic_id);
      io.field("partitions", m.partitions);
      io.tags();
    }
  };

  struct ForgottenTopic {
    std::string topic{};  // up to 12
    Uuid topic_id{};      // since 13
    std::vector<std::int32_t> partitions{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      if (io.version() <= 12) io.field("topic", m.topic);
      if (io.version() >= 13) io.field("topic_id", m.topic_id);
      io.field("partitions", m.partitions);
      io.tags();
    }
  };

  struct ReplicaState {
    std::int32_t replica_id = -1;
    std::int64_t replica_epoch = -1;

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("replica_id", m.replica_id);
      io.field("replica_epoch", m.replica_epoch);
      io.tags();
    }
  };

  std::optional<std::string> cluster_id{};      // since 12, tagged
  std::optional<ReplicaState> replica_state{};  // since 15, tagged
  std::int32_t replica_id = -1;                 // up to 14
  std::int32_t max_wait_ms = 0;
  std::int32_t min_bytes = 0;
  std::int32_t max_bytes = INT32_MAX;
  std::int8_t isolation_level = 0;
  std::int32_t session_id = 0;      // since 7
  std::int32_t session_epoch = -1;  // since 7
  std::vector<Topic> topics{};
  std::vector<ForgottenTopic> forgotten_topics_data{};  // since 7
  std::string rack_id{};                                // since 11

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    if (io.version() <= 14) io.field("replica_id", m.replica_id);
    io.field("max_wait_ms", m.max_wait_ms);
    io.field("min_bytes", m.min_bytes);
    io.field("max_bytes", m.max_bytes);
    io.field("isolation_level", m.isolation_level);
    if (io.version() >= 7) {
      io.field("session_id", m.session_id);
      io.field("session_epoch", m.session_epoch);
    }
    io.field("topics", m.topics);
    if (io.version() >= 7) io.field("forgotten_topics_data", m.forgotten_topics_data);
    if (io.version() >= 11) io.field("rack_id", m.rack_id);
    if (io.version() >= 15) {
      io.tags(tag(0, "cluster_id", m.cluster_id, m.cluster_id.has_value()),
              tag(1, "replica_state", m.replica_state, m.replica_state.has_value()));
    } else {
      io.tags(tag(0, "cluster_id", m.cluster_id, m.cluster_id.has_value()));
    }
  }
};

struct FetchResponse {
  static constexpr ApiShape shape = FetchRequest::shape;

  struct EpochEndOffset {
    std::int32_t epoch = -1;
    std::int64_t end_offset = -1;

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("epoch", m.epoch);
      io.field("end_offset", m.end_offset);
      io.tags();
    }
  };

  struct LeaderIdAndEpoch {
    std::int32_t leader_id = -1;
    std::int32_t leader_epoch = -1;

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("leader_id", m.leader_id);
      io.field("leader_epoch", m.leader_epoch);
      io.tags();
    }
  };

  struct SnapshotId {
    std::int64_t end_offset = -1;
    std::int32_t epoch = -1;

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("end_offset", m.end_offset);
      io.field("epoch", m.epoch);
      io.tags();
    }
  };

  struct AbortedTransaction {
    std::int64_t producer_id = 0;
    std::int64_t first_offset = 0;

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("producer_id", m.producer_id);
      io.field("first_offset", m.first_offset);
      io.tags();
    }
  };

  struct Partition {
    std::int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::none;
    std::int64_t high_watermark = 0;
    std::int64_t last_stable_offset = -1;
    std::int64_t log_start_offset = -1;                // since 5
    std::optional<EpochEndOffset> diverging_epoch{};   // since 12, tagged
    std::optional<LeaderIdAndEpoch> current_leader{};  // since 12, tagged
    std::optional<SnapshotId> snapshot_id{};           // since 12, tagged
    std::optional<std::vector<AbortedTransaction>> aborted_transactions{};
    std::int32_t preferred_read_replica = -1;  // since 11
    Records records{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("partition_index", m.partition_index);
      io.field("error_code", m.error_code);
      io.field("high_watermark", m.high_watermark);
      io.field("last_stable_offset", m.last_stable_offset);
      if (io.version() >= 5) io.field("log_start_offset", m.log_start_offset);
      io.field("aborted_transactions", m.aborted_transactions);
      if (io.version() >= 11) io.field("preferred_read_replica", m.preferred_read_replica);
      io.field("records", m.records);
      io.tags(tag(0, "diverging_epoch", m.diverging_epoch, m.diverging_epoch.has_value()),
              tag(1, "current_leader", m.current_leader, m.current_leader.has_value()),
              tag(2, "snapshot_id", m.snapshot_id, m.snapshot_id.has_value()));
    }
  };

  struct Topic {
    std::string topic{};  // up to 12
    Uuid topic_id{};      // since 13
    std::vector<Partition> partitions{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      if (io.version() <= 12) io.field("topic", m.topic);
      if (io.version() >= 13) io.field("topic_id", m.topic_id);
      io.field("partitions", m.partitions);
      io.tags();
    }
  };

  struct NodeEndpoint {
    std::int32_t node_id = 0;
    std::string host{};
    std::int32_t port = 0;
    std::optional<std::string> rack{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("node_id", m.node_id);
      io.field("host", m.host);
      io.field("port", m.port);
      io.field("rack", m.rack);
      io.tags();
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;  // since 7
  std::int32_t session_id = 0;             // since 7
  std::vector<Topic> responses{};
  std::vector<NodeEndpoint> node_endpoints{};  // since 16, tagged

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("throttle_time_ms", m.throttle_time_ms);
    if (io.version() >= 7) {
      io.field("error_code", m.error_code);
      io.field("session_id", m.session_id);
    }
    io.field("responses", m.responses);
    if (io.version() >= 16) {
      io.tags(tag(0, "node_endpoints", m.node_endpoints, !m.node_endpoints.empty()));
    } else {
      io.tags();
    }
  }
};

}  // namespace millrace::protocol
