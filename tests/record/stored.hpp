#pragma once
// A batch as a log has stored it, for tests of what is taken out of one, and its records in words.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "crafted.hpp"

namespace millrace::record {

/// So many records k0, k1, … at offsets 100, 101, …, ten milliseconds apart, with a header, of a producer; the third
/// without value.
inline Bytes stored_batch(int count, Codec codec = Codec::none) {
  BatchBuilder builder(codec);
  const HeaderView header{"trace", as_bytes("abc")};
  for (int i = 0; i < count; ++i) {
    const auto key = "k" + std::to_string(i);
    builder.add({.timestamp = noon + 10 * i,
                 .key = as_bytes(key),
                 .value = i == 2 ? std::nullopt : std::optional(as_bytes("value")),
                 .headers = std::span(&header, 1)});
  }
  builder.set_producer(7, 3, 50);
  auto batch = builder.finish();
  stamp(batch, Offset(100), 5);
  return batch;
}

/// "101 k1 +10 value trace": offset, key, time since noon, whether there is a value, the first header's name.
inline std::vector<std::string> words_of(ByteView batch) {
  const auto records = read_records(batch);
  if (!records) return {records.error().message};
  std::vector<std::string> words;
  for (const auto& each : *records) {
    words.push_back(std::to_string(each.offset.value()) + " " + std::string(as_text(*each.key)) + " +" +
                    std::to_string(each.timestamp - noon) + " " + (each.value ? "value" : "null") + " " +
                    each.headers.at(0).first);
  }
  return words;
}

}  // namespace millrace::record
