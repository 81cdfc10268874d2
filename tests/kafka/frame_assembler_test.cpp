#include "frame_assembler.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/seeded_random.hpp"

namespace millrace::kafka {
namespace {

using namespace std::string_literals;

constexpr std::int32_t frame_max = 1'000'000;

std::string prefix(std::int32_t length) {
  std::byte raw[4];
  store_be(raw, length);
  return {reinterpret_cast<const char*>(raw), sizeof raw};
}
std::string frame(std::string_view payload) {
  return prefix(static_cast<std::int32_t>(payload.size())) + std::string(payload);
}

/// Reads a stream as a session does: a bite, all frames that are wanted now, settle.
struct Stream {
  FrameAssembler frames{frame_max};
  Bytes scratch = Bytes(64);
  std::vector<std::string> got;
  std::string broken;
  std::size_t largest_room = 0;

  void take(std::size_t wanted) {
    while (wanted-- > 0) {
      const auto next = frames.next();
      if (!next) {
        broken = next.error().message;
        return;
      }
      if (!*next) break;
      got.emplace_back(as_text(**next));
    }
    frames.settle();
    std::ranges::fill(scratch, std::byte{'?'});  // it belongs to others now
  }
  void feed(std::string_view bytes, std::size_t wanted = SIZE_MAX) {
    while (!bytes.empty() && broken.empty()) {
      const auto room = frames.room(scratch);
      ASSERT_FALSE(room.empty());
      if (room.data() != scratch.data()) largest_room = std::max(largest_room, room.size());
      const auto bite = std::min(room.size(), bytes.size());
      std::ranges::copy(as_bytes(bytes.substr(0, bite)), room.begin());
      frames.received(bite);
      take(wanted);
      bytes.remove_prefix(bite);
    }
  }
  void go_on(std::size_t wanted = SIZE_MAX) {
    frames.resume();
    take(wanted);
  }
};

using Strings = std::vector<std::string>;

TEST(FrameAssembler, HandsOutWholeFramesWhereTheyWereReceived) {
  FrameAssembler frames(frame_max);
  Bytes scratch(64);
  const auto room = frames.room(scratch);
  EXPECT_EQ(room.data(), scratch.data());
  const auto bytes = frame("one") + frame("") + frame("three");
  std::ranges::copy(as_bytes(bytes), room.begin());
  frames.received(bytes.size());
  const auto first = frames.next();
  ASSERT_TRUE(first && *first);
  EXPECT_EQ((*first)->data(), scratch.data() + 4);
  EXPECT_EQ(as_text(**first), "one");
  EXPECT_EQ(as_text(**frames.next()), "");
  EXPECT_EQ(as_text(**frames.next()), "three");
  EXPECT_FALSE(frames.next()->has_value());
  frames.settle();
  EXPECT_FALSE(frames.is_partial());
  EXPECT_EQ(frames.room(scratch).data(), scratch.data());
}

TEST(FrameAssembler, KeepsAnIncompleteFrameUntilItIsWhole) {
  Stream stream;
  const auto bytes = frame("first") + frame("second");
  stream.feed(std::string_view(bytes).substr(0, 11));
  EXPECT_EQ(stream.got, Strings{"first"});
  EXPECT_TRUE(stream.frames.is_partial());
  EXPECT_FALSE(stream.frames.has_frame());
  stream.feed(std::string_view(bytes).substr(11));
  EXPECT_EQ(stream.got, (Strings{"first", "second"}));
  EXPECT_FALSE(stream.frames.is_partial());
}

TEST(FrameAssembler, GrowsWithWhatCameAndNotWithWhatIsPromised) {
  Stream stream;
  const std::string payload(200'000, 'x');
  const auto bytes = frame(payload);
  std::size_t fed = 0;
  for (const std::size_t step : {5u, 3u, 100u, 4'000u, 20'000u}) {
    stream.feed(std::string_view(bytes).substr(fed, step));
    fed += step;
    EXPECT_LE(stream.frames.room(stream.scratch).size(), std::max<std::size_t>(fed, 4096)) << fed;
  }
  stream.feed(std::string_view(bytes).substr(fed));
  ASSERT_EQ(stream.got.size(), 1u);
  EXPECT_EQ(stream.got.front(), payload);
}

TEST(FrameAssembler, DoesNotReceiveBeyondTheFrameThatItHolds) {
  Stream stream;
  stream.feed(prefix(10) + "12345");
  EXPECT_EQ(stream.frames.room(stream.scratch).size(), 5u);
}

TEST(FrameAssembler, RefusesANegativeLength) {
  Stream stream;
  stream.feed(frame("fine") + prefix(-1));
  EXPECT_EQ(stream.got, Strings{"fine"});
  EXPECT_EQ(stream.broken, "frame length -1 is negative");
}

TEST(FrameAssembler, RefusesALengthBeyondTheLimitBeforeTheFrameComes) {
  Stream stream;
  stream.feed(prefix(frame_max + 1));
  EXPECT_EQ(stream.broken, "frame length 1000001 is beyond request_bytes_max 1000000");
  FrameAssembler frames(frame_max);
  Bytes scratch(8);
  (void)frames.room(scratch);
  store_be(scratch.data(), frame_max + 1);
  frames.received(4);
  EXPECT_EQ(frames.next().error().code, Errc::too_large);
}

TEST(FrameAssembler, TakesAFrameOfExactlyTheLimit) {
  Stream stream;
  const std::string payload(frame_max, 'y');
  stream.feed(frame(payload));
  EXPECT_EQ(stream.broken, "");
  ASSERT_EQ(stream.got.size(), 1u);
  EXPECT_EQ(stream.got.front(), payload);
}

TEST(FrameAssembler, KeepsWholeFramesThatAreLeftForLater) {
  Stream stream;
  stream.feed(frame("a") + frame("b") + frame("c") + "\0"s, 1);
  EXPECT_EQ(stream.got, Strings{"a"});
  EXPECT_TRUE(stream.frames.has_frame());
  stream.go_on(1);
  EXPECT_EQ(stream.got, (Strings{"a", "b"}));
  EXPECT_TRUE(stream.frames.has_frame());
  stream.go_on();
  EXPECT_EQ(stream.got, (Strings{"a", "b", "c"}));
  EXPECT_FALSE(stream.frames.has_frame());
  EXPECT_TRUE(stream.frames.is_partial());
  stream.feed("\0\0\1d"s);
  EXPECT_EQ(stream.got, (Strings{"a", "b", "c", "d"}));
}

TEST(FrameAssembler, SaysThatAPrefixWhichWillBeRefusedWaits) {
  Stream stream;
  stream.feed(frame("a") + prefix(-5), 1);
  EXPECT_TRUE(stream.frames.has_frame()) << "or the refusal would wait for bytes that never come";
  stream.go_on();
  EXPECT_EQ(stream.broken, "frame length -5 is negative");
}

TEST(FrameAssembler, SettlesWithNothing) {
  FrameAssembler frames(frame_max);
  frames.settle();
  frames.resume();
  EXPECT_FALSE(frames.next()->has_value());
  frames.settle();
  EXPECT_FALSE(frames.is_partial());
  EXPECT_FALSE(frames.has_frame());
}

TEST(FrameAssembler, GivesTheSameFramesHoweverTheStreamIsCut) {
  const auto first = support::seed_from_env(1);
  for (auto seed = first; seed < first + support::seed_count_from_env(200); ++seed) {
    SCOPED_TRACE("MILLRACE_SEED=" + std::to_string(seed));
    support::SeededRandom random(seed);
    Strings sent;
    std::string bytes;
    for (auto count = random.below(20) + 1; count > 0; --count) {
      const std::size_t size = random.chance(70) ? random.below(80) : random.below(20'000);
      sent.emplace_back(size, static_cast<char>('a' + random.below(26)));
      bytes += frame(sent.back());
    }
    Stream stream;
    stream.scratch.resize(random.below(5'000) + 1);
    for (std::string_view rest = bytes; !rest.empty();) {
      const auto bite = std::min<std::size_t>(rest.size(), random.below(random.chance(50) ? 10 : 9'000) + 1);
      const auto wanted = random.chance(30) ? random.below(3) : SIZE_MAX;
      stream.feed(rest.substr(0, bite), wanted);
      // A session reads on only when it has taken every whole frame.
      if (wanted != SIZE_MAX) stream.go_on();
      rest.remove_prefix(bite);
    }
    EXPECT_EQ(stream.got, sent);
    EXPECT_FALSE(stream.frames.is_partial());
    EXPECT_LE(stream.largest_room, std::max<std::size_t>(bytes.size(), 4096));
  }
}

}  // namespace
}  // namespace millrace::kafka
