#pragma once
// Data that is a protobuf message, and how an event outside of protobuf says so: its datacontenttype is
// application/protobuf and its dataschema the type URL (PB-4). The data then are the bytes of the message.

#include <optional>
#include <string_view>

#include "millrace/cloudevents/event.hpp"
#include "millrace/cloudevents/media_type.hpp"
#include "millrace/cloudevents/rules.hpp"

namespace millrace::cloudevents {

[[nodiscard]] inline std::string_view schema_name(SpecVersion version) noexcept {
  return version == SpecVersion::v0_3 ? "schemaurl" : "dataschema";
}

/// The type URL that its attributes say; nothing when they do not say that it is a message, or not which.
[[nodiscard]] inline std::optional<std::string_view> stated_message(const Event& event) {
  const auto type = event.content_type();
  if (!type || essence_of(*type) != protobuf_type) return std::nullopt;
  const Attribute* const schema = event.find(schema_name(spec_version_of(event.text("specversion"))));
  return schema == nullptr ? std::nullopt : std::optional<std::string_view>(schema->text);
}

}  // namespace millrace::cloudevents
