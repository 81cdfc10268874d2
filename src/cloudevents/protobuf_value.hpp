#pragma once
// The value of one attribute as protobuf has it, read from the wire: one of seven types. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "known.hpp"
#include "millrace/cloudevents/event.hpp"
#include "millrace/cloudevents/rules.hpp"
#include "moment.hpp"
#include "protobuf_fields.hpp"

namespace millrace::cloudevents {

/// As far as it was read; the last of several counts. Borrows the bytes.
struct Value {
  fields::Kind kind = fields::Kind::none;
  std::string_view text{};  ///< of strings, bytes, URIs
  std::int32_t number = 0;  ///< of integers and booleans
  Moment moment{};
};

/// A message, or a piece of one. Throws what the library throws where the bytes are none.
void merge(Value& value, std::string_view message);

/// Nothing: no text can say it.
[[nodiscard]] std::optional<std::string> canonical(const Value& value);

/// Of an extension.
[[nodiscard]] ValueType type_of(fields::Kind kind);

/// PB-5: what is wrong with the type of an attribute that CloudEvents names.
[[nodiscard]] std::optional<Breach> judge_type(Known known, const Value& value, Strictness strictness);

}  // namespace millrace::cloudevents
