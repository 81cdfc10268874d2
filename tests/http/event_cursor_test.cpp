// The text in which a reader of a topic is told where it is.

#include "routes/event_cursor.hpp"

#include <gmock/gmock.h>

namespace millrace::http::routes {
namespace {

using ::testing::ElementsAre;

TEST(EventCursor, ComesBackAsItWasTold) {
  const EventCursor cursor{.next = {Offset(0), Offset(35), Offset(INT64_MAX)}, .turn = 2};
  EXPECT_EQ(cursor.to_string(), "2.0-z-1y2p0ij32e8e7") << "whose turn it is, and offsets to the base of 36";
  const auto back = EventCursor::parse(cursor.to_string(), 3);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->next, cursor.next);
  EXPECT_EQ(back->turn, 2U);
}

TEST(EventCursor, KnowsPartitionsThatWereAddedSince) {
  const auto cursor = EventCursor::parse("0.5", 3);
  ASSERT_TRUE(cursor);
  EXPECT_THAT(cursor->next, ElementsAre(Offset(5), Offset(0), Offset(0)));
}

TEST(EventCursor, IsRefusedWhenItIsNone) {
  for (const auto* text : {"", ".", "0", "0.", ".0", "_.0", "0.-1", "0.1-", "0.1--2", "0.1-2-3-4", "0.!", "-1.0",
                           "0.1 ", "0.1y2p0ij32e8e8"}) {
    EXPECT_FALSE(EventCursor::parse(text, 3)) << text;
  }
  EXPECT_EQ(EventCursor::parse("17.0", 3)->turn, 43U % 3) << "of a topic that had more";
}

}  // namespace
}  // namespace millrace::http::routes
