#pragma once
// Bytes of records, written down and taken apart.

#include <gtest/gtest.h>

#include <string_view>

#include "millrace/core/bytes.hpp"
#include "millrace/core/result.hpp"

namespace millrace::groups {

/// "00ff 01" → three bytes; blanks mean nothing.
inline Bytes hex(std::string_view text) {
  Bytes out;
  int half = -1;
  for (const char c : text) {
    if (c == ' ') continue;
    const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
    if (half < 0) {
      half = digit;
    } else {
      out.push_back(static_cast<std::byte>(half * 16 + digit));
      half = -1;
    }
  }
  return out;
}

template <class Decode>
void expect_every_cut_is_corrupt(const Bytes& whole, Decode decode) {
  ASSERT_TRUE(decode(whole).has_value());
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    const auto result = decode(cut);
    ASSERT_FALSE(result.has_value()) << "cut to " << length;
    EXPECT_EQ(result.error().code, Errc::corrupt) << "cut to " << length;
  }
  Bytes longer = whole;
  longer.push_back(std::byte{0});
  EXPECT_EQ(decode(longer).error().code, Errc::corrupt);
}

}  // namespace millrace::groups
