#pragma once
// Binary mode over HTTP: ce- headers and a body ⇄ an event (HTTP Protocol Binding 1.0.2; rows HTTP-5 to HTTP-14).
// The other two modes are json.hpp's; mode_of() tells them apart. Pure.
//
// Real clients are not the text: of seven generations of SDKs five send attribute values unencoded. Lenient reading
// takes them as they are meant, and counts what it forgave; strict reading refuses them.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/cloudevents/event.hpp"
#include "millrace/cloudevents/fault.hpp"
#include "millrace/cloudevents/rules.hpp"

namespace millrace::cloudevents {

/// What was forgiven, by name, so that it can be counted.
struct Leniencies {
  std::uint64_t raw_percent = 0;         ///< a % without two hex digits, kept
  std::uint64_t raw_space_or_quote = 0;  ///< in a value that is no quoted-string, kept
  std::uint64_t raw_utf8 = 0;            ///< bytes above 0x7E that are UTF-8
  std::uint64_t raw_latin1 = 0;          ///< … that are not, taken as ISO-8859-1
  std::uint64_t ce_datacontenttype = 0;  ///< the header that must not be sent, equal to Content-Type or in its place
  std::uint64_t relative_dataschema = 0;

  Leniencies& operator+=(const Leniencies& other);
  bool operator==(const Leniencies&) const = default;
};

/// HTTP-8: the percent-encoding of a canonical string.
[[nodiscard]] std::string encode_header_value(std::string_view text);

/// HTTP-9, HTTP-10: quotes off, one round of percent-decoding, UTF-8, CORE-12. Adds to `forgiven` if it is given.
[[nodiscard]] tl::expected<std::string, Breach> decode_header_value(std::string_view value,
                                                                    Strictness strictness = Strictness::lenient,
                                                                    Leniencies* forgiven = nullptr);

struct HeaderField {
  std::string_view name;
  std::string_view value;
};

/// An event in binary mode. `headers` are all of the message or only the ce- ones; others are passed over. An empty
/// body is no data. `content_type` is not judged for its mode: that is mode_of()'s. A ce- header that comes twice is
/// refused (CORE-9); without any required one it is Problem::not_a_cloudevent (HTTP-14). Faults name headers in lower
/// case.
[[nodiscard]] Judged<Event> from_http(std::optional<std::string_view> content_type,
                                      std::span<const HeaderField> headers, std::string_view body,
                                      Strictness strictness = Strictness::lenient, Leniencies* forgiven = nullptr);

/// The ce- headers of the event in its order, lower-case names, values encoded. Content-Type is event.content_type(),
/// and is not encoded; the body is the data.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> http_headers_of(const Event& event);

}  // namespace millrace::cloudevents
