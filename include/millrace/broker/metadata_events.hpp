#pragma once
// Administrative changes as CloudEvents in Kafka's binary mode: what `__millrace_metadata` holds
// (docs/formats/metadata_topic.md). One event is one record: attributes in headers, a JSON object as its value, the
// subject as its key, so that compaction keeps the last word on every subject and the topic doubles as the audit log.
//
// Pure. Decoding is bounded by the batch it is given; an event type of a later version is stepped over with a note, a
// known one that is broken is Errc::corrupt.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "millrace/broker/topic_config.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/random.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"

namespace millrace::broker {

struct TopicCreated {
  std::string name;
  Uuid id;
  std::int32_t partitions = 1;
  ConfigMap configs;
  Timestamp created_at = 0;
  bool is_internal = false;
  bool operator==(const TopicCreated&) const = default;
};

/// More partitions, say. The whole topic as it is from now on, so that this event alone tells it after a compaction.
struct TopicChanged {
  std::string name;
  Uuid id;
  std::int32_t partitions = 1;
  ConfigMap configs;
  Timestamp created_at = 0;
  bool is_internal = false;
  bool operator==(const TopicChanged&) const = default;
};

struct TopicDeleted {
  std::string name;
  Uuid id;
  std::int32_t partitions = 0;
  Timestamp deleted_at = 0;
  bool operator==(const TopicDeleted&) const = default;
};

/// The directories of a deleted topic are gone; its tombstone may be forgotten.
struct TopicPurged {
  std::string name;
  Uuid id;
  bool operator==(const TopicPurged&) const = default;
};

struct ProducerIdsReserved {
  ProducerId next = 0;  ///< all below may be in use
  bool operator==(const ProducerIdsReserved&) const = default;
};

/// What was set on one broker, or on all of them, by its clients: everything, as it is from now on.
struct BrokerConfigured {
  std::optional<std::int32_t> broker_id;  ///< unset: all brokers
  ConfigMap configs;                      ///< under the broker's names, "log.retention.ms"
  bool operator==(const BrokerConfigured&) const = default;
};

/// What was set on one group by its clients: everything, as it is from now on.
struct GroupConfigured {
  std::string group_id;  ///< UTF-8
  ConfigMap configs;
  bool operator==(const GroupConfigured&) const = default;
};

/// What others keep here: the catalog holds it and does not know what it says.
enum class DocumentKind : std::uint8_t {
  subscription,  ///< who wants which events, how and where
  view,          ///< a topic that is part of another
  rule,          ///< which events go where
  redrive,       ///< dead letters that are being brought back
  adoption,      ///< a topic with dead letters that others have written
  defaults,      ///< what subscriptions do whose owners say nothing
};
inline constexpr std::size_t document_kinds = 6;
/// "subscription"
[[nodiscard]] std::string_view name_of(DocumentKind kind) noexcept;

/// A document as it is from now on: an object of JSON.
struct DocumentStored {
  DocumentKind kind = DocumentKind::subscription;
  std::string id;  ///< UTF-8, not empty
  std::string json;
  bool operator==(const DocumentStored&) const = default;
};

/// Its record is a tombstone: compaction forgets it in the end.
struct DocumentRemoved {
  DocumentKind kind = DocumentKind::subscription;
  std::string id;
  bool operator==(const DocumentRemoved&) const = default;
};

enum class LettersAct : std::uint8_t { discarded, edited, rejected };

/// What somebody has done to dead letters. The catalog has nothing of it: it is for those who want to know later.
struct LettersChanged {
  LettersAct act = LettersAct::discarded;
  std::string topic;  ///< where the letters lie
  std::string json;   ///< an object: which they were
  bool operator==(const LettersChanged&) const = default;
};

using MetadataEvent = std::variant<TopicCreated, TopicChanged, TopicDeleted, TopicPurged, ProducerIdsReserved,
                                   BrokerConfigured, GroupConfigured, DocumentStored, DocumentRemoved, LettersChanged>;

/// What every event of one change says about its origin.
struct EventOrigin {
  std::string source;  ///< ce_source: a URI reference, "/clusters/<id>/brokers/<n>"
  std::string actor;   ///< ce_actor: who asked for it; left out when empty
  Timestamp time = 0;  ///< ce_time
};

/// One uncompressed record batch, ready for Partition::append or record::validate. `random` makes each ce_id.
/// Requires: !events.empty().
[[nodiscard]] Bytes encode_events(std::span<const MetadataEvent> events, const EventOrigin& origin, Random& random);

struct DecodedEvents {
  std::vector<MetadataEvent> events;
  std::vector<std::string> notes;  ///< one sentence for every record that was stepped over
};
[[nodiscard]] Result<DecodedEvents> decode_events(ByteView batch);

}  // namespace millrace::broker
