#pragma once
// A CloudEvent as millrace passes it on: attributes as texts in the order in which they came, and the bytes of its
// data.
//
// The event is not ours, so nothing in it is parsed into something else: a time keeps its fraction and offset, a media
// type its letter case, JSON data its white space and the order of its members. specversion and datacontenttype are
// attributes like all others. A value; rules.hpp says what makes it a good one, docs/cloudevents.md what is kept.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::cloudevents {

/// What protobuf can tell apart of extensions. In JSON all are strings but booleans and integers; headers, of HTTP and
/// of Kafka, know nothing but strings. Attributes that CloudEvents names are strings here: their names say their types.
enum class ValueType { string, boolean, integer, binary, uri, uri_reference, timestamp };

struct Attribute {
  std::string name;
  std::string text;  ///< the canonical string, exactly as received: "true", "-5", "2024-01-02T03:04:05.678Z", Base64
  ValueType type = ValueType::string;

  bool operator==(const Attribute&) const = default;
};

struct Event {
  std::vector<Attribute> attributes{};
  /// A JSON value is its exact text. Absent is not empty, though only JSON can tell the two apart.
  std::optional<std::string> data{};
  /// The data was a JSON value without a datacontenttype. It then is application/json, and says so where it leaves JSON
  /// (CORE-16, JSON-8); inside of JSON nothing is added.
  bool json_data = false;
  /// The data is a protobuf message of this type URL, which dataschema and datacontenttype do not say: only protobuf
  /// can hold all of it (PB-4).
  std::optional<std::string> message_type{};

  [[nodiscard]] const Attribute* find(std::string_view name) const;
  /// Empty when there is no such attribute.
  [[nodiscard]] std::string_view text(std::string_view name) const;
  /// What `content-type` says of this event in binary mode, on HTTP and on Kafka: datacontenttype, or the implied one.
  [[nodiscard]] std::optional<std::string_view> content_type() const;

  bool operator==(const Event&) const = default;
};

}  // namespace millrace::cloudevents
