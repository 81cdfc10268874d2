#pragma once
// What a content type says of an event: in which mode and format it comes, and whether its data is JSON. Pure, no
// memory.

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::cloudevents {

inline constexpr std::string_view json_type = "application/json";
inline constexpr std::string_view protobuf_type = "application/protobuf";
inline constexpr std::string_view event_type = "application/cloudevents+json";  ///< as written into records
inline constexpr std::string_view batch_type = "application/cloudevents-batch+json";
inline constexpr std::string_view protobuf_event_type = "application/cloudevents+protobuf";
inline constexpr std::string_view protobuf_batch_type = "application/cloudevents-batch+protobuf";
/// As sent over HTTP. One client compares byte for byte.
inline constexpr std::string_view http_event_type = "application/cloudevents+json; charset=utf-8";
inline constexpr std::string_view http_batch_type = "application/cloudevents-batch+json; charset=utf-8";

/// Type and subtype in lower case, without parameters and white space around.
[[nodiscard]] std::string essence_of(std::string_view content_type);

/// JSON-7: */json or */*+json, in any letter case, with any parameters.
[[nodiscard]] bool is_json(std::string_view content_type) noexcept;
/// Data that a JSON string may hold: text/*, */xml, */*+xml.
[[nodiscard]] bool is_text(std::string_view content_type) noexcept;

enum class Mode : std::uint8_t {
  binary,       ///< the body is the data
  structured,   ///< … is one event
  batch,        ///< … are several
  unsupported,  ///< … is an event or a batch in a format that is not known here
};

/// HTTP-3, KAF-3: by the prefix, in any letter case; an empty text is binary. Kafka has no batches (KAF-1).
[[nodiscard]] Mode mode_of(std::string_view content_type) noexcept;

enum class Format : std::uint8_t { json, protobuf };

/// Of an event or a batch. Requires: mode_of() says that it is one.
[[nodiscard]] Format format_of(std::string_view content_type) noexcept;

}  // namespace millrace::cloudevents
