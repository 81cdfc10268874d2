#pragma once
// The attributes that CloudEvents itself names, told apart without comparing with all of them.

#include <cstdint>
#include <string_view>

namespace millrace::cloudevents {

/// The first four are required, in the order in which records have them.
enum class Known : std::uint8_t {
  specversion,
  id,
  source,
  type,
  datacontenttype,
  datacontentencoding,  ///< of 0.3
  dataschema,
  schemaurl,  ///< of 0.3
  subject,
  time,
  none,
};

inline constexpr std::size_t required_count = 4;
inline constexpr std::string_view required_names[required_count] = {"specversion", "id", "source", "type"};

[[nodiscard]] inline bool is_required(Known known) noexcept { return known <= Known::type; }

[[nodiscard]] inline Known known_of(std::string_view name) noexcept {
  switch (name.size()) {
    case 2: return name == "id" ? Known::id : Known::none;
    case 4: return name == "type" ? Known::type : name == "time" ? Known::time : Known::none;
    case 6: return name == "source" ? Known::source : Known::none;
    case 7: return name == "subject" ? Known::subject : Known::none;
    case 9: return name == "schemaurl" ? Known::schemaurl : Known::none;
    case 10: return name == "dataschema" ? Known::dataschema : Known::none;
    case 11: return name == "specversion" ? Known::specversion : Known::none;
    case 15: return name == "datacontenttype" ? Known::datacontenttype : Known::none;
    case 19: return name == "datacontentencoding" ? Known::datacontentencoding : Known::none;
    default: return Known::none;
  }
}

}  // namespace millrace::cloudevents
