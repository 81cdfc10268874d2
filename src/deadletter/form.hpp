#pragma once
// As what a record holds an event, and its value with and without marks. Pure.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "marks.hpp"

namespace millrace::deadletter {

enum class Form : std::uint8_t { none, binary, json, protobuf };

/// Form::none for a record that is no good event: nothing can be added to one that cannot be read.
[[nodiscard]] Form form_of(std::span<const record::HeaderView> headers, std::optional<ByteView> value);

/// Requires: form_of() has said so of the record.
[[nodiscard]] std::string without_marks(std::string_view value, Form form, const IsMark& is_mark);
[[nodiscard]] std::string with_marks(std::string_view value, Form form, std::span<const Mark> marks);

}  // namespace millrace::deadletter
