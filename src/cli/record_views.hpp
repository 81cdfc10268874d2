#pragma once
// Records as `millrace consume` prints them: for people, and as a line of JSON for programs. Pure.

#include <string>

#include "client.hpp"
#include "paint.hpp"
#include "record.hpp"

namespace millrace::cli {

/// A CloudEvent as a block of its attributes and data, any other record as one line: when, where, key, value; "-" where
/// there is none. Control characters are shown escaped.
[[nodiscard]] std::string people_text(const Record& record, const Paint& paint);

/// {"topic", "partition", "offset", "timestamp", "key", "headers": [{"name", "value"}], "value"}; what is not UTF-8
/// is key_base64, value_base64. `produce --format json` takes it.
[[nodiscard]] Json json_of(const Record& record);

}  // namespace millrace::cli
