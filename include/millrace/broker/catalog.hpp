#pragma once
// Which topics there are: a pure image, made by replaying the events of the metadata log.
//
// Commands decide and change nothing: they answer with an ErrorCode and the events that would carry the change out. The
// engine makes those durable in `__millrace_metadata`, calls apply() with each, and only then answers; at start it
// replays the whole log through apply(). The same events in the same order give equal images.
// A value: copies share their topics, so that the engine publishes each new state as std::shared_ptr<const Catalog> to
// readers on any thread. Commands and apply() belong to one owner. It opens no partition and touches no file.
//
// Deleting: topic_deleted leaves a tombstone. The engine then takes the topic's directories out of the way and
// writes topic_purged; until then the name cannot be created again, so no new topic ever finds old records.

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "millrace/broker/document_map.hpp"
#include "millrace/broker/group_config.hpp"
#include "millrace/broker/metadata_events.hpp"
#include "millrace/broker/topic_config.hpp"
#include "millrace/core/error_code.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/limits.hpp"
#include "millrace/core/result.hpp"

namespace millrace::broker {

inline constexpr std::string_view metadata_topic = "__millrace_metadata";
/// What the broker says of itself: an ordinary topic that only it makes, and only it writes.
inline constexpr std::string_view notices_topic = "__millrace.events";
inline constexpr std::string_view offsets_topic = "__consumer_offsets";
inline constexpr std::int64_t producer_id_block = 1000;

/// 1-249 of [a-zA-Z0-9._-], not "." or "..". Nothing, or the sentence that says which rule is broken.
[[nodiscard]] std::optional<std::string> topic_name_fault(std::string_view name);
/// Names that clients can neither create nor delete: offsets_topic and everything that begins with "__millrace_".
[[nodiscard]] bool is_reserved_name(std::string_view name);

struct Topic {
  std::string name;
  Uuid id;
  std::int32_t partitions = 1;
  ConfigMap configs;  ///< only what was set on the topic
  Timestamp created_at = 0;
  bool is_internal = false;
  bool operator==(const Topic&) const = default;
};

struct Tombstone {
  std::string name;
  Uuid id;
  std::int32_t partitions = 0;  ///< how many directories may still lie there
  Timestamp deleted_at = 0;
  bool operator==(const Tombstone&) const = default;
};

/// What stands in the broker's own configuration.
struct CatalogRules {
  std::int32_t broker_id = 0;
  std::int32_t default_partitions = 1;  ///< num.partitions
  GroupConfigRules group_configs;
};

struct CreateTopic {
  struct Assignment {
    std::int32_t partition = 0;
    std::vector<std::int32_t> brokers;
  };
  std::string name;
  std::int32_t partitions = -1;          ///< -1: the default, or as many as `assignments` has
  std::int16_t replication_factor = -1;  ///< -1 or 1
  std::vector<Assignment> assignments;
  std::vector<std::pair<std::string, std::optional<std::string>>> configs;
  bool validate_only = false;
  /// The broker's own: reserved names are allowed, and the topic is internal, but for notices_topic.
  bool by_broker = false;
};

struct CreatePartitions {
  std::string name;
  std::int32_t count = 0;  ///< of all partitions, those included that there are
  /// The brokers of each new partition, in order; unset: the broker's choice.
  std::optional<std::vector<std::vector<std::int32_t>>> assignments;
  bool validate_only = false;
};

/// The numbers of IncrementalAlterConfigs. append and subtract are for keys whose type is a list.
enum class ConfigOperation : std::int8_t { set = 0, remove = 1, append = 2, subtract = 3 };

struct ConfigChange {
  std::string key;
  ConfigOperation operation = ConfigOperation::set;
  std::optional<std::string> value;  ///< unused by remove
};

struct AlterTopic {
  std::string name;
  std::vector<ConfigChange> changes;  ///< each key once
  bool from_nothing = false;          ///< what is not named goes back to its default
  bool validate_only = false;
};

/// The names of the changes are a broker's, "log.retention.ms".
struct AlterBroker {
  std::optional<std::int32_t> broker_id;  ///< unset: all brokers
  std::vector<ConfigChange> changes;      ///< each key once
  bool from_nothing = false;              ///< what is not named is no longer set
  bool validate_only = false;
};

struct AlterGroup {
  std::string group_id;               ///< it need not exist
  std::vector<ConfigChange> changes;  ///< each key once
  bool from_nothing = false;          ///< what is not named is no longer set
  bool validate_only = false;
};

inline constexpr std::size_t document_id_max = 249;                   ///< bytes
inline constexpr std::size_t document_bytes_max = 512 * limits::KiB;  ///< a record of the metadata log has to hold it
inline constexpr std::size_t documents_max = 100'000;                 ///< of one kind

struct ChangeDocument {
  DocumentKind kind = DocumentKind::subscription;
  std::string id;
  std::optional<std::string> json;  ///< unset: it is removed
};

inline constexpr std::size_t views_max = 1'000;

/// A topic that is part of another: what its filter lets pass, at the same offsets. It has no log of its own.
struct View {
  std::string name;
  Uuid id;
  std::string topic;  ///< its source, which may not be known yet while the metadata log is replayed
  Timestamp created_at = 0;
  std::shared_ptr<const std::string> document;  ///< what is stored of it, its filter with the rest
};

struct ChangeView {
  std::string name;
  std::string topic;                  ///< its source
  std::optional<std::string> filter;  ///< an object of JSON that says what passes; unset: the view is removed
};

/// Of a broker, a group, or documents.
struct AlterAnswer {
  ErrorCode error = ErrorCode::none;
  std::string message;
  std::vector<MetadataEvent> events;
};

struct CreateAnswer {
  ErrorCode error = ErrorCode::none;
  std::string message;
  std::optional<Topic> topic;         ///< as it is or would be created; set when there is no error
  std::vector<MetadataEvent> events;  ///< empty when refused or only validated
};

struct DeleteAnswer {
  ErrorCode error = ErrorCode::none;
  std::string message;
  std::vector<MetadataEvent> events;
};

struct ViewAnswer {
  ErrorCode error = ErrorCode::none;
  std::string message;
  std::vector<MetadataEvent> events;  ///< none when it is so already
};

struct ProducerIdBlock {
  ProducerId first = 0;
  std::int64_t count = producer_id_block;
  std::vector<MetadataEvent> events;  ///< durable before an id of the block is handed out
};

class Catalog {
 private:
  /// '.' and '_' are one letter to it, so that two names which collide in metrics are one key.
  struct NameLess {
    using is_transparent = void;
    bool operator()(std::string_view left, std::string_view right) const;
  };

 public:
  using TopicPtr = std::shared_ptr<const Topic>;
  using ViewPtr = std::shared_ptr<const View>;
  using Views = std::map<std::string, ViewPtr, NameLess>;

  /// Null when there is none.
  [[nodiscard]] TopicPtr find(std::string_view name) const;
  [[nodiscard]] TopicPtr find(const Uuid& id) const;
  /// In order of their names, where '.' and '_' are the same letter.
  [[nodiscard]] std::vector<TopicPtr> topics() const;
  [[nodiscard]] std::size_t topic_count() const { return by_name_.size(); }
  [[nodiscard]] std::int64_t partition_count() const { return partitions_; }
  [[nodiscard]] const std::vector<Tombstone>& tombstones() const { return tombstones_; }
  /// What clients have set on a broker, or on all of them, under the names of topics' keys.
  [[nodiscard]] ConfigMap broker_configs(std::optional<std::int32_t> broker_id) const;
  /// What clients have set on a group.
  [[nodiscard]] ConfigMap group_configs(std::string_view group_id) const;
  /// Groups for which something is set, in order of their names.
  [[nodiscard]] std::vector<std::string> configured_groups() const;
  [[nodiscard]] const DocumentMap& documents(DocumentKind kind) const {
    return documents_[static_cast<std::size_t>(kind)];
  }
  /// Null when there is none.
  [[nodiscard]] ViewPtr find_view(std::string_view name) const;
  /// In order of their names, as topics().
  [[nodiscard]] const Views& views() const { return views_; }
  /// Grows with every event applied.
  [[nodiscard]] std::int64_t version() const { return version_; }
  /// All producer ids below may be in use.
  [[nodiscard]] ProducerId next_producer_id() const { return next_producer_id_; }

  /// `id` is fresh chance. Answers: invalid_topic_exception, topic_already_exists, invalid_partitions,
  /// invalid_replication_factor, invalid_replica_assignment, invalid_config, invalid_request.
  [[nodiscard]] CreateAnswer create_topic(const CreateTopic& wanted, const CatalogRules& rules, const Uuid& id,
                                          Timestamp wall_now) const;
  /// Answers: unknown_topic_or_partition, invalid_topic_exception for reserved names, invalid_partitions,
  /// invalid_replica_assignment.
  [[nodiscard]] CreateAnswer create_partitions(const CreatePartitions& wanted, const CatalogRules& rules) const;
  /// All changes or none. Answers: unknown_topic_or_partition, invalid_topic_exception for reserved names,
  /// invalid_config. No event when nothing is different afterwards.
  [[nodiscard]] CreateAnswer alter_topic(const AlterTopic& wanted) const;
  /// All changes or none. Answers: invalid_request for what no client can alter and for values against the rules,
  /// invalid_config for lists that are none. No event when nothing is different afterwards.
  [[nodiscard]] AlterAnswer alter_broker(const AlterBroker& wanted) const;
  /// All changes or none. Answers: invalid_request for a name that no group can have, invalid_config, policy_violation
  /// when too many groups have configurations. No event when nothing is different afterwards.
  [[nodiscard]] AlterAnswer alter_group(const AlterGroup& wanted, const CatalogRules& rules) const;
  /// All changes or none. Answers: invalid_request for an id that none can have and for what is no object of JSON,
  /// policy_violation for one that is too large or one too many, resource_not_found when there is none to remove. Views
  /// are changed by change_view() alone.
  [[nodiscard]] AlterAnswer change_documents(const std::vector<ChangeDocument>& wanted) const;
  /// A view that is there takes the new filter and keeps its id, unless its source is another one: then it is another
  /// topic to its readers, with `id`. Answers: invalid_topic_exception, topic_already_exists, invalid_request,
  /// unknown_topic_or_partition when there is no such source, or none to remove; policy_violation.
  [[nodiscard]] ViewAnswer change_view(const ChangeView& wanted, const Uuid& id, Timestamp wall_now) const;
  /// A view, too, goes so. Answers: unknown_topic_or_partition, invalid_topic_exception for reserved names,
  /// policy_violation for a topic that has views.
  [[nodiscard]] DeleteAnswer delete_topic(std::string_view name, Timestamp wall_now) const;
  /// The directories of a deleted topic are out of the way. No event when there is no such tombstone.
  [[nodiscard]] std::vector<MetadataEvent> purge(const Uuid& id) const;
  [[nodiscard]] ProducerIdBlock reserve_producer_ids() const;

  /// Errc::corrupt for an event that no command of this image can have made; the image is then unchanged.
  [[nodiscard]] Result<void> apply(const MetadataEvent& event);

  /// Same topics, tombstones, configurations, documents and producer ids.
  [[nodiscard]] bool operator==(const Catalog& other) const;

 private:
  [[nodiscard]] std::optional<CreateAnswer> name_refusal(const CreateTopic& wanted) const;
  /// "view "orders.eu" of topic "orders"", when that is what goes by the name.
  [[nodiscard]] std::optional<std::string> named_view(std::string_view name) const;
  /// "a, b and 3 more"; empty: none.
  [[nodiscard]] std::string views_of(std::string_view topic) const;
  void take_in_view(const std::string& name, const std::shared_ptr<const std::string>& document);
  [[nodiscard]] Result<void> take_in(const TopicCreated& change);
  [[nodiscard]] Result<void> take_in(const TopicChanged& change);
  [[nodiscard]] Result<void> take_in(const TopicDeleted& change);
  [[nodiscard]] Result<void> take_in(const TopicPurged& change);
  [[nodiscard]] Result<void> take_in(const ProducerIdsReserved& change);
  [[nodiscard]] Result<void> take_in(const BrokerConfigured& change);
  [[nodiscard]] Result<void> take_in(const GroupConfigured& change);
  [[nodiscard]] Result<void> take_in(const DocumentStored& change);
  [[nodiscard]] Result<void> take_in(const DocumentRemoved& change);
  [[nodiscard]] static Result<void> take_in(const LettersChanged&) { return {}; }

  std::map<std::string, TopicPtr, NameLess> by_name_;
  std::unordered_map<Uuid, TopicPtr> by_id_;
  std::vector<Tombstone> tombstones_;                                ///< in order of deletion
  std::map<std::optional<std::int32_t>, ConfigMap> broker_configs_;  ///< under the broker's names
  std::map<std::string, ConfigMap, std::less<>> group_configs_;
  std::array<DocumentMap, document_kinds> documents_;
  Views views_;  ///< what the documents say that can be understood
  std::int64_t partitions_ = 0;
  std::int64_t version_ = 0;
  ProducerId next_producer_id_ = 0;
};

}  // namespace millrace::broker
