#pragma once
// The rules of CloudEvents 1.0.2 for one attribute, and for a whole event. Row ids are those of docs/cloudevents.md.
//
// The single rules work on views, allocate nothing, and take time linear in the text: every door asks them, and the
// Kafka door for each record. specversion 0.3 is accepted beside 1.0, and stays 0.3: its `schemaurl` is checked as a
// URI-reference; in a 1.0 event that is an extension like any other.

#include <cstdint>
#include <optional>

#include "millrace/cloudevents/event.hpp"
#include "millrace/cloudevents/fault.hpp"

namespace millrace::cloudevents {

/// Lenient forgives what real clients send though the text forbids it; each function says what that is.
enum class Strictness : std::uint8_t { lenient, strict };

enum class SpecVersion : std::uint8_t { unknown, v0_3, v1_0 };
[[nodiscard]] SpecVersion spec_version_of(std::string_view text) noexcept;  ///< CORE-6

/// CORE-7: a-z and 0-9, at least one, not "data". Neither length nor a leading digit is a reason to refuse (CORE-8).
[[nodiscard]] bool is_attribute_name(std::string_view text) noexcept;
/// CORE-12: UTF-8 without control characters, noncharacters and surrogates.
[[nodiscard]] bool is_string(std::string_view text) noexcept;
/// CORE-11: a JSON integer of 32 bits, without fraction and exponent.
[[nodiscard]] bool is_integer(std::string_view text) noexcept;
/// CORE-14: RFC 2046: "type/subtype" of RFC 2045's tokens, which RFC 6838 narrows for whoever registers a type; then
/// parameters, quoted or not.
[[nodiscard]] bool is_media_type(std::string_view text) noexcept;
/// CORE-19: RFC 3339 with a fraction of any length; a day that its month has, and a second 60 only at 23:59 UTC.
[[nodiscard]] bool is_timestamp(std::string_view text) noexcept;
/// RFC 3986, section 4.1 (CORE-3, D6): syntax only. An empty text is one; an IRI with characters above U+007F is none.
[[nodiscard]] bool is_uri_reference(std::string_view text) noexcept;
/// RFC 3986, section 3: with a scheme (CORE-17).
[[nodiscard]] bool is_uri(std::string_view text) noexcept;

struct Breach {
  std::string_view rule{};  ///< "CORE-19"
  std::string_view must{};  ///< "must be …"
};

/// The first rule that the value breaks, name and version given; an unknown version is judged as 1.0. Lenient: a
/// relative dataschema (D6).
[[nodiscard]] std::optional<Breach> check_attribute(std::string_view name, std::string_view text, SpecVersion version,
                                                    Strictness strictness = Strictness::lenient) noexcept;

/// Every rule that the event breaks, with pointers as into its JSON; empty when it is good.
[[nodiscard]] Faults validate(const Event& event, Strictness strictness = Strictness::lenient);

}  // namespace millrace::cloudevents
