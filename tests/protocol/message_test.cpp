// What holds for every request and response in every version.

#include <gtest/gtest.h>

#include <algorithm>

#include "every_message.hpp"
#include "fuzz/heap_watch.hpp"
#include "millrace/protocol/reader.hpp"

namespace millrace::protocol::testing {
namespace {

class EveryMessage : public ::testing::TestWithParam<Subject> {};

std::string name_of_case(const ::testing::TestParamInfo<Subject>& info) {
  return info.param.name + "_v" + std::to_string(info.param.version);
}

INSTANTIATE_TEST_SUITE_P(Served, EveryMessage, ::testing::ValuesIn(every_message()), name_of_case);

void expect_round_trip(const Subject& subject, Style style) {
  auto [bytes, text] = subject.filled(style);
  const auto sent = bytes;
  const auto decoded = subject.decoded(bytes);
  ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
  EXPECT_EQ(decoded->text, text);
  EXPECT_EQ(decoded->again, sent);
}

TEST_P(EveryMessage, ComesBackWithEveryFieldItWasSentWith) { expect_round_trip(GetParam(), Style::full); }

TEST_P(EveryMessage, ComesBackWhenEverythingInItIsEmptyOrNull) { expect_round_trip(GetParam(), Style::sparse); }

TEST_P(EveryMessage, IsRefusedWhereverItIsCutOff) {
  const auto whole = GetParam().filled(Style::full).bytes;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(GetParam().accepts(cut)) << "cut to " << size << " of " << whole.size();
  }
}

TEST_P(EveryMessage, ToleratesBytesBehindItsLastField) {
  auto [bytes, text] = GetParam().filled(Style::full);
  append_bytes(bytes, as_bytes("more"));
  const auto decoded = GetParam().decoded(bytes);
  ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
  EXPECT_EQ(decoded->text, text);
}

TEST_P(EveryMessage, IsReadAsIfATagThatNobodyKnowsWereNotThere) {
  if (!GetParam().flexible) return;
  auto [bytes, text] = GetParam().filled(Style::sparse);
  ASSERT_EQ(bytes.back(), std::byte{0}) << "a sparse message ends with an empty tag section";
  bytes.pop_back();
  append_bytes(bytes, as_bytes({"\x01\x7f\x03"
                                "abc",
                                6}));
  const auto decoded = GetParam().decoded(bytes);
  ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
  EXPECT_EQ(decoded->text, text);
}

// A large number is written over every place in turn, with enough bytes behind it that a count may look possible.
TEST_P(EveryMessage, StaysWithinItsHeapWhateverItsBytesClaim) {
  constexpr std::size_t behind = 12 * 1024;
  constexpr std::size_t for_a_sentence = 1024;
  const auto whole = GetParam().filled(Style::full).bytes;
  for (const std::string_view claim :
       {std::string_view("\x7f\xff\xff\xff", 4), std::string_view("\xff\xff\xff\xff\x0f", 5),
        std::string_view("\x00\x00\x20\x00", 4), std::string_view("\xff\x3f", 2), std::string_view("\xff\xff", 2)}) {
    for (std::size_t at = 0; at < whole.size(); ++at) {
      Bytes frame = whole;
      frame.resize(whole.size() + behind);
      std::copy_n(as_bytes(claim).begin(), claim.size(), frame.begin() + static_cast<std::ptrdiff_t>(at));
      const millrace::testing::HeapWatch watch;
      static_cast<void>(GetParam().accepts(frame));
      ASSERT_LE(watch.peak(), decoded_bytes_max(frame.size()) + for_a_sentence) << "claim at byte " << at;
    }
  }
}

}  // namespace
}  // namespace millrace::protocol::testing
