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

/// What JSON can tell apart. All other types of CloudEvents (Binary, URI, Timestamp …) are strings in every format; and
/// headers, of HTTP and of Kafka, know nothing but strings.
enum class ValueType { string, boolean, integer };

struct Attribute {
  std::string name;
  std::string text;  ///< the canonical string, exactly as received: "true", "-5", "2024-01-02T03:04:05.678Z"
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

  [[nodiscard]] const Attribute* find(std::string_view name) const;
  /// Empty when there is no such attribute.
  [[nodiscard]] std::string_view text(std::string_view name) const;
  /// What `content-type` says of this event in binary mode, on HTTP and on Kafka: datacontenttype, or the implied one.
  [[nodiscard]] std::optional<std::string_view> content_type() const;

  bool operator==(const Event&) const = default;
};

}  // namespace millrace::cloudevents
