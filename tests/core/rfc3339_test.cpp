#include "millrace/core/rfc3339.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

struct Moment {
  const char* text;
  Timestamp time;
};

// What `date --date=TEXT +%s%3N` of GNU coreutils says of the same text; the first four are the RFC's own, section 5.8,
// but moved to after 1970 where it has an older one.
class Rfc3339 : public ::testing::TestWithParam<Moment> {};

INSTANTIATE_TEST_SUITE_P(Moments, Rfc3339,
                         ::testing::Values(Moment{"1985-04-12T23:20:50.52Z", 482'196'050'520},
                                           Moment{"1996-12-19T16:39:57-08:00", 851'042'397'000},
                                           Moment{"1990-12-31T23:59:60Z", 662'688'000'000},
                                           Moment{"1990-12-31T15:59:60-08:00", 662'688'000'000},
                                           Moment{"1970-01-01T00:00:00Z", 0},
                                           Moment{"1970-01-01T00:00:00+01:00", -3'600'000},
                                           Moment{"0001-01-01T00:00:00Z", -62'135'596'800'000},
                                           Moment{"2024-02-29T12:00:00.999999+00:20", 1'709'206'800'999},
                                           Moment{"2026-05-01t12:00:00.25z", 1'777'636'800'250},
                                           Moment{"2026-05-01 12:00:00Z", 1'777'636'800'000}));

TEST_P(Rfc3339, IsRead) { EXPECT_EQ(parse_rfc3339(GetParam().text), GetParam().time); }

TEST(Rfc3339, IsWrittenToTheMillisecond) {
  EXPECT_EQ(rfc3339(482'196'050'520), "1985-04-12T23:20:50.520Z");
  EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(rfc3339(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(rfc3339(1'709'206'800'009), "2024-02-29T11:40:00.009Z");
  EXPECT_EQ(rfc3339(253'402'300'799'999), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(rfc3339(253'402'300'800'000), "10000-01-01T00:00:00.000Z");
}

TEST(Rfc3339, IsNoOtherText) {
  for (const char* text :
       {"", "2026", "2026-05-01", "2026-05-01T12:00Z", "2026-05-01T12:00:00", "2026-13-01T12:00:00Z",
        "2026-02-29T12:00:00Z", "2026-05-01T24:00:00Z", "2026-05-01T12:00:00.Z", "2026-05-01T12:00:00Zx",
        "2026-05-01T12:00:00+0100", "2026-05-01T-1:00:00Z", "+026-05-01T12:00:00Z", "2026-05-01T12:00:00+1"}) {
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace millrace
