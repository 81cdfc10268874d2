// The records of docs/formats/metadata_topic.md.

#include "millrace/broker/metadata_events.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "millrace/core/check.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/core/rfc3339.hpp"
#include "millrace/record/builder.hpp"

namespace millrace::broker {

namespace {

using nlohmann::json;

constexpr std::string_view topic_created = "io.millrace.topic.created.v1";
constexpr std::string_view topic_changed = "io.millrace.topic.changed.v1";
constexpr std::string_view topic_deleted = "io.millrace.topic.deleted.v1";
constexpr std::string_view topic_purged = "io.millrace.topic.purged.v1";
constexpr std::string_view broker_configured = "io.millrace.broker.configured.v1";
constexpr std::string_view group_configured = "io.millrace.group.configured.v1";
constexpr std::string_view producer_ids_reserved = "io.millrace.producer-ids.reserved.v1";

/// In the order of DocumentKind.
struct DocumentTypes {
  std::string_view name;
  std::string_view subjects;  ///< before its id
  std::string_view stored;
  std::string_view removed;
};
constexpr std::array<DocumentTypes, document_kinds> document_types{{
    {"subscription", "subscriptions/", "io.millrace.subscription.stored.v1", "io.millrace.subscription.removed.v1"},
    {"view", "views/", "io.millrace.view.stored.v1", "io.millrace.view.removed.v1"},
    {"rule", "rules/", "io.millrace.rule.stored.v1", "io.millrace.rule.removed.v1"},
    {"redrive", "redrives/", "io.millrace.redrive.stored.v1", "io.millrace.redrive.removed.v1"},
    {"adoption", "adoptions/", "io.millrace.adoption.stored.v1", "io.millrace.adoption.removed.v1"},
    {"defaults", "subscription-defaults/", "io.millrace.defaults.stored.v1", "io.millrace.defaults.removed.v1"},
}};

/// In the order of LettersAct.
constexpr std::array<std::string_view, 3> letters_types{
    "io.millrace.letters.discarded.v1", "io.millrace.letters.edited.v1", "io.millrace.letters.rejected.v1"};

const DocumentTypes& types_of(DocumentKind kind) { return document_types.at(static_cast<std::size_t>(kind)); }

/// One event on its way to a record.
struct Written {
  std::string_view type;
  std::string subject;
  std::optional<json> value;  ///< unset: a tombstone
};

json object_of(const ConfigMap& configs) {
  json object = json::object();
  for (const auto& [key, value] : configs) object[key] = value;
  return object;
}

std::string topic_subject(const std::string& name, const Uuid& id) { return "topics/" + name + "/" + id.to_string(); }

/// What a creation and a change say alike: the whole topic.
template <class Event>
Written whole_topic(std::string_view type, const Event& event) {
  return {type, topic_subject(event.name, event.id),
          json{{"name", event.name},
               {"id", event.id.to_string()},
               {"partitions", event.partitions},
               {"configs", object_of(event.configs)},
               {"created_at", event.created_at},
               {"is_internal", event.is_internal}}};
}

Written written(const TopicCreated& event) { return whole_topic(topic_created, event); }

Written written(const TopicChanged& event) { return whole_topic(topic_changed, event); }

Written written(const TopicDeleted& event) {
  return {topic_deleted, topic_subject(event.name, event.id),
          json{{"name", event.name},
               {"id", event.id.to_string()},
               {"partitions", event.partitions},
               {"deleted_at", event.deleted_at}}};
}

Written written(const TopicPurged& event) {
  return {topic_purged, topic_subject(event.name, event.id), json{{"name", event.name}, {"id", event.id.to_string()}}};
}

Written written(const ProducerIdsReserved& event) {
  return {producer_ids_reserved, "producer-ids", json{{"next", event.next}}};
}

Written written(const BrokerConfigured& event) {
  const auto whose = event.broker_id ? std::to_string(*event.broker_id) : "all";
  return {
      broker_configured, "brokers/" + whose + "/configs",
      json{{"broker_id", event.broker_id ? json(*event.broker_id) : json()}, {"configs", object_of(event.configs)}}};
}

Written written(const GroupConfigured& event) {
  return {group_configured, "groups/" + event.group_id + "/configs",
          json{{"group_id", event.group_id}, {"configs", object_of(event.configs)}}};
}

Written written(const DocumentStored& event) {
  const auto& types = types_of(event.kind);
  return {types.stored, std::string(types.subjects) + event.id,
          json{{"id", event.id}, {"document", json::parse(event.json, nullptr, false)}}};
}

Written written(const DocumentRemoved& event) {
  const auto& types = types_of(event.kind);
  return {types.removed, std::string(types.subjects) + event.id, std::nullopt};
}

Written written(const LettersChanged& event) {
  return {letters_types.at(static_cast<std::size_t>(event.act)), "letters/" + event.topic,
          json{{"topic", event.topic}, {"letters", json::parse(event.json, nullptr, false)}}};
}

/// Reads the fields of one value. A field that is missing or wrong is remembered, and every later one reads as empty.
class Fields {
 public:
  explicit Fields(const json& object) : object_(object) {}

  std::string text(const char* name) {
    const auto* value = find(name, [](const json& found) { return found.is_string(); });
    return value != nullptr ? value->get<std::string>() : std::string();
  }
  std::int64_t number(const char* name, std::int64_t min, std::int64_t max) {
    const auto* value = find(name, [&](const json& found) {
      if (!found.is_number_integer()) return false;
      if (found.is_number_unsigned() && found.get<std::uint64_t>() > INT64_MAX) return false;
      return found.get<std::int64_t>() >= min && found.get<std::int64_t>() <= max;
    });
    return value != nullptr ? value->get<std::int64_t>() : 0;
  }
  std::optional<std::int32_t> number_or_null(const char* name) {
    if (const auto found = object_.find(name); found != object_.end() && found->is_null()) return std::nullopt;
    return static_cast<std::int32_t>(number(name, 0, INT32_MAX));
  }
  bool flag(const char* name) {
    const auto* value = find(name, [](const json& found) { return found.is_boolean(); });
    return value != nullptr && value->get<bool>();
  }
  Uuid id(const char* name) {
    const auto* value = find(name, [](const json& found) {
      return found.is_string() && Uuid::parse(found.get_ref<const std::string&>()).has_value();
    });
    return value != nullptr ? *Uuid::parse(value->get_ref<const std::string&>()) : Uuid{};
  }
  ConfigMap configs(const char* name) {
    ConfigMap map;
    const auto* value = find(name, [](const json& found) {
      if (!found.is_object()) return false;
      for (const auto& entry : found) {
        if (!entry.is_string()) return false;
      }
      return true;
    });
    if (value == nullptr) return map;
    for (const auto& [key, entry] : value->items()) map.emplace(key, entry.get<std::string>());
    return map;
  }
  std::string object_text(const char* name) {
    const auto* value = find(name, [](const json& found) { return found.is_object(); });
    return value != nullptr ? value->dump() : std::string();
  }
  /// The first field that was not right, or null.
  [[nodiscard]] const char* fault() const { return fault_; }

 private:
  template <class Fits>
  const json* find(const char* name, Fits fits) {
    if (fault_ != nullptr) return nullptr;
    const auto found = object_.find(name);
    if (found == object_.end() || !fits(*found)) {
      fault_ = name;
      return nullptr;
    }
    return &*found;
  }

  const json& object_;
  const char* fault_ = nullptr;
};

template <class Event>
Event read_topic(Fields& fields) {
  Event event;
  event.name = fields.text("name");
  event.id = fields.id("id");
  event.partitions = static_cast<std::int32_t>(fields.number("partitions", 1, INT32_MAX));
  event.configs = fields.configs("configs");
  event.created_at = fields.number("created_at", 0, INT64_MAX);
  event.is_internal = fields.flag("is_internal");
  return event;
}

/// Nothing for a type that is not listed.
std::optional<MetadataEvent> read_event(std::string_view type, Fields& fields) {
  if (type == topic_created) return read_topic<TopicCreated>(fields);
  if (type == topic_changed) return read_topic<TopicChanged>(fields);
  if (type == topic_deleted) {
    TopicDeleted event;
    event.name = fields.text("name");
    event.id = fields.id("id");
    event.partitions = static_cast<std::int32_t>(fields.number("partitions", 0, INT32_MAX));
    event.deleted_at = fields.number("deleted_at", 0, INT64_MAX);
    return event;
  }
  if (type == topic_purged) return TopicPurged{fields.text("name"), fields.id("id")};
  if (type == broker_configured) return BrokerConfigured{fields.number_or_null("broker_id"), fields.configs("configs")};
  if (type == group_configured) return GroupConfigured{fields.text("group_id"), fields.configs("configs")};
  if (type == producer_ids_reserved) return ProducerIdsReserved{fields.number("next", 0, INT64_MAX)};
  for (std::size_t i = 0; i < document_types.size(); ++i) {
    if (type == document_types[i].stored)
      return DocumentStored{static_cast<DocumentKind>(i), fields.text("id"), fields.object_text("document")};
  }
  for (std::size_t i = 0; i < letters_types.size(); ++i) {
    if (type == letters_types[i])
      return LettersChanged{static_cast<LettersAct>(i), fields.text("topic"), fields.object_text("letters")};
  }
  return std::nullopt;
}

/// A tombstone has nothing but its key.
std::optional<DocumentRemoved> read_removal(std::string_view type, const record::OwnedRecord& record) {
  for (std::size_t i = 0; i < document_types.size(); ++i) {
    const auto& [name, subjects, stored, removed] = document_types[i];
    if (type != removed) continue;
    const auto key = record.key ? as_text(*record.key) : std::string_view();
    if (!key.starts_with(subjects)) return DocumentRemoved{static_cast<DocumentKind>(i), {}};
    return DocumentRemoved{static_cast<DocumentKind>(i), std::string(key.substr(subjects.size()))};
  }
  return std::nullopt;
}

std::optional<std::string_view> header_of(const record::OwnedRecord& record, std::string_view name) {
  for (const auto& [key, value] : record.headers) {
    if (key == name && value) return as_text(*value);
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(DocumentKind kind) noexcept { return document_types[static_cast<std::size_t>(kind)].name; }

Bytes encode_events(std::span<const MetadataEvent> events, const EventOrigin& origin, Random& random) {
  CHECK(!events.empty(), "a batch holds at least one record");
  const auto time = rfc3339(origin.time);
  record::BatchBuilder builder;
  for (const auto& event : events) {
    const auto [type, subject, value] = std::visit([](const auto& change) { return written(change); }, event);
    const auto high = random.next();
    const auto id = Uuid::from_random(high, random.next()).to_string();
    std::vector<record::HeaderView> headers{{"content-type", as_bytes("application/json")},
                                            {"ce_specversion", as_bytes("1.0")},
                                            {"ce_id", as_bytes(id)},
                                            {"ce_source", as_bytes(origin.source)},
                                            {"ce_type", as_bytes(type)},
                                            {"ce_time", as_bytes(time)},
                                            {"ce_subject", as_bytes(subject)}};
    if (!origin.actor.empty()) headers.push_back({"ce_actor", as_bytes(origin.actor)});
    // Names are checked before they become events; an actor's text is not in the value.
    const auto text = value ? value->dump(-1, ' ', false, json::error_handler_t::replace) : std::string();
    const auto bytes = value ? std::optional<ByteView>(as_bytes(text)) : std::nullopt;
    builder.add({origin.time, as_bytes(subject), bytes, headers});
  }
  return builder.finish();
}

Result<DecodedEvents> decode_events(ByteView batch) {
  auto records = record::read_records(batch);
  if (!records) return failure_of(std::move(records));
  DecodedEvents decoded;
  for (const auto& record : *records) {
    const auto where = "metadata record at offset " + std::to_string(record.offset.value());
    const auto type = header_of(record, "ce_type");
    if (!type) {
      decoded.notes.push_back(where + " has no ce_type and is stepped over");
      continue;
    }
    if (auto removal = read_removal(*type, record)) {
      if (removal->id.empty())
        return failure(Errc::corrupt, where + ", " + std::string(*type) + ": its key names nothing");
      decoded.events.emplace_back(std::move(*removal));
      continue;
    }
    const auto text = record.value ? as_text(*record.value) : std::string_view();
    const auto value = json::parse(text, nullptr, false);
    const auto object = value.is_object() ? value : json::object();
    Fields fields(object);
    auto event = read_event(*type, fields);
    if (!event) {
      decoded.notes.push_back(where + " has type " + escaped(*type) + ", which this version does not know");
    } else if (!value.is_object()) {
      return failure(Errc::corrupt, where + ", " + std::string(*type) + ": its value is not a JSON object");
    } else if (fields.fault() != nullptr) {
      return failure(Errc::corrupt, where + ", " + std::string(*type) + ": field " + fields.fault() +
                                        " is missing, of the wrong type or out of range");
    } else {
      decoded.events.push_back(std::move(*event));
    }
  }
  return decoded;
}

}  // namespace millrace::broker
