// Moments as protobuf has them, and their texts.

#include "moment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace millrace::cloudevents {
namespace {

using ::testing::Eq;
using ::testing::Optional;

TEST(CloudEventsMoment, Pb6ItsTextIsInUtcWithAsManyDigitsAsItNeeds) {
  // The texts are those of protobuf's own JSON.
  EXPECT_THAT(text_of({0, 0}), Optional(Eq("1970-01-01T00:00:00Z")));
  EXPECT_THAT(text_of({1'704'164'645, 678'000'000}), Optional(Eq("2024-01-02T03:04:05.678Z")));
  EXPECT_THAT(text_of({1'704'164'645, 678'900'000}), Optional(Eq("2024-01-02T03:04:05.678900Z")));
  EXPECT_THAT(text_of({1'704'164'645, 1}), Optional(Eq("2024-01-02T03:04:05.000000001Z")));
  EXPECT_THAT(text_of({-1, 5}), Optional(Eq("1969-12-31T23:59:59.000000005Z")));
  EXPECT_THAT(text_of({-62'135'596'800, 0}), Optional(Eq("0001-01-01T00:00:00Z")));
  EXPECT_THAT(text_of({253'402'300'799, 999'999'999}), Optional(Eq("9999-12-31T23:59:59.999999999Z")));
}

TEST(CloudEventsMoment, Pb3OutsideOfItsYearsThereIsNone) {
  constexpr auto least = std::numeric_limits<std::int64_t>::min(), most = std::numeric_limits<std::int64_t>::max();
  for (const auto seconds : {std::int64_t{-62'135'596'801}, std::int64_t{253'402'300'800}, least, most}) {
    EXPECT_EQ(text_of({seconds, 0}), std::nullopt) << seconds;
  }
  EXPECT_EQ(text_of({0, -1}), std::nullopt);
  EXPECT_EQ(text_of({0, 1'000'000'000}), std::nullopt);
}

TEST(CloudEventsMoment, Pb6AnOffsetAndWhatIsFinerThanANanosecondAreLost) {
  EXPECT_THAT(moment_of("2024-01-02T03:04:05.678Z"), Optional(Moment{1'704'164'645, 678'000'000}));
  EXPECT_THAT(moment_of("2024-01-02t04:04:05.6780000+01:00"), Optional(Moment{1'704'164'645, 678'000'000}));
  EXPECT_THAT(moment_of("2024-01-02T03:04:05.1234567899Z"), Optional(Moment{1'704'164'645, 123'456'789}));
  EXPECT_THAT(moment_of("2024-01-01T23:04:05-04:00"), Optional(Moment{1'704'164'645, 0}));
  EXPECT_THAT(moment_of("1969-12-31T23:59:59.5Z"), Optional(Moment{-1, 500'000'000}));
  EXPECT_THAT(moment_of("1969-12-31T23:59:59.0005Z"), Optional(Moment{-1, 500'000}));
}

TEST(CloudEventsMoment, ALeapSecondIsTheNextOne) {
  EXPECT_THAT(moment_of("2016-12-31T23:59:60.25Z"), Optional(Moment{1'483'228'800, 250'000'000}));
}

TEST(CloudEventsMoment, ATextThatNoTimestampCanHoldHasNone) {
  for (const auto* text : {"0000-12-31T23:59:59Z", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
                           "2024-01-02 03:04:05Z", "yesterday", ""}) {
    EXPECT_EQ(moment_of(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace millrace::cloudevents
