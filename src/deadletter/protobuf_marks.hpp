#pragma once
// Attributes of a protobuf event, taken away and added without touching a byte of its other fields. Pure.
//
// Both require: cloudevents::parse_protobuf() has accepted the bytes.

#include <span>
#include <string>
#include <string_view>

#include "marks.hpp"

namespace millrace::deadletter {

/// The bytes without the attributes that are to go.
[[nodiscard]] std::string without_protobuf_marks(std::string_view event, const IsMark& is_mark);

/// Behind the last field: the order of a message's fields means nothing.
[[nodiscard]] std::string with_protobuf_marks(std::string_view event, std::span<const Mark> marks);

}  // namespace millrace::deadletter
