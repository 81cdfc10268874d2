#include "millrace/forward/copy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/core/bytes.hpp"

namespace millrace::forward {
namespace {

using testing::ElementsAre;

Bytes bytes(std::string_view text) {
  const auto view = as_bytes(text);
  return {view.begin(), view.end()};
}

record::OwnedRecord record_of(Headers headers = {}) {
  record::OwnedRecord record;
  record.offset = Offset(7);
  record.headers = std::move(headers);
  return record;
}

/// "name=value", "name" for one that is null.
std::vector<std::string> lines(const Headers& headers) {
  std::vector<std::string> out;
  for (const auto& [name, value] : headers) out.push_back(value ? name + "=" + std::string(as_text(*value)) : name);
  return out;
}

Headers marks_of(const record::OwnedRecord& record, std::string_view subscription = "s1") {
  return headers_of(record, {subscription, "orders", 2});
}

TEST(Copy, SaysWhereTheRecordCameFrom) {
  const auto record = record_of({{"a", bytes("1")}, {"b", std::nullopt}, {"a", bytes("")}});
  EXPECT_THAT(lines(marks_of(record)),
              ElementsAre("a=1", "b", "a=", "__millrace.source.topic=orders", "__millrace.source.partition=2",
                          "__millrace.source.offset=7", "__millrace.source.trail=s1"));
}

TEST(Copy, ACopyOfACopySaysWhereItCameFromLastAndItsWholeTrail) {
  auto again = record_of(marks_of(record_of({{"a", bytes("1")}})));
  again.offset = Offset(9);
  EXPECT_THAT(lines(headers_of(again, {"s2", "copies", 0})),
              ElementsAre("a=1", "__millrace.source.topic=copies", "__millrace.source.partition=0",
                          "__millrace.source.offset=9", "__millrace.source.trail=s1 s2"));
}

TEST(Copy, WhatComesThroughASubscriptionAgainStopsThere) {
  const auto once = record_of(marks_of(record_of(), "s1"));
  EXPECT_EQ(passage_of(record_of(), "s1"), Passage::free);
  EXPECT_EQ(passage_of(once, "s1"), Passage::again);
  EXPECT_EQ(passage_of(once, "s"), Passage::free) << "a name is whole";
  EXPECT_EQ(passage_of(record_of(headers_of(once, {"s2", "copies", 0})), "s1"), Passage::again);
}

TEST(Copy, NothingComesThroughMoreThanSixteen) {
  auto record = record_of();
  for (int i = 0; i < 16; ++i) {
    ASSERT_EQ(passage_of(record, "other"), Passage::free) << i;
    record = record_of(marks_of(record, "s" + std::to_string(i)));
  }
  EXPECT_EQ(passage_of(record, "other"), Passage::far);
}

TEST(Copy, ATrailThatSomebodyHasMadeUpIsBounded) {
  const auto record = record_of({{std::string(trail_header), bytes(std::string(100'000, ' '))}});
  EXPECT_EQ(passage_of(record, "s"), Passage::far);
}

}  // namespace
}  // namespace millrace::forward
