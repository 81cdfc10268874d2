#include "millrace/core/retry_after.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp from_1994 = 784'111'777'000;    ///< date -d '1994-11-06 08:49:37 UTC' +%s
constexpr Timestamp from_1999 = 946'684'799'000;    ///< 1999-12-31 23:59:59
constexpr Timestamp from_2026 = 1'777'636'800'000;  ///< 2026-05-01 12:00:00

TEST(HttpDate, IsReadInTheThreeFormsOfTheRfc) {
  for (const char* const text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    EXPECT_EQ(parse_http_date(text, from_2026), from_1994) << text;
  }
  EXPECT_EQ(parse_http_date("Fri, 31 Dec 1999 23:59:59 GMT", from_2026), from_1999);
  EXPECT_EQ(parse_http_date("Fri Dec 31 23:59:59 1999", from_2026), from_1999);
  EXPECT_EQ(parse_http_date("Fri, 31 Dec 1999 23:59:60 GMT", from_2026), from_1999 + 1'000) << "a leap second";
}

TEST(HttpDate, AYearOfTwoDigitsIsNotMoreThanFiftyYearsAhead) {
  EXPECT_EQ(parse_http_date("Friday, 01-May-76 12:00:00 GMT", from_2026), 3'355'560'000'000) << "50 years: 2076";
  EXPECT_EQ(parse_http_date("Saturday, 01-May-76 12:00:01 GMT", from_2026), 199'800'001'000) << "a second more: 1976";
  EXPECT_EQ(parse_http_date("Sunday, 01-Jan-00 00:00:00 GMT", 4'070'908'800'000), 4'102'444'800'000)
      << "from 2099, it is 2100";
}

TEST(HttpDate, IsNoOtherText) {
  for (const char* const text :
       {"", "Sun", "sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 gmt", "Sun, 06 Nov 1994 08:49:37",
        "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 06-Nov-94 08:49:37 GMT", "Sunday, 06 Nov 1994 08:49:37 GMT", "Sun Nov 6 08:49:37 1994",
        "Sun Nov  6 08:49:37 1994 GMT", "Sun, 06 Foo 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"}) {
    EXPECT_EQ(parse_http_date(text, from_2026), std::nullopt) << text;
  }
}

TEST(RetryAfter, IsSecondsOrADate) {
  EXPECT_EQ(read_retry_after("120", from_2026), 120s);
  EXPECT_EQ(read_retry_after("0", from_2026), 0s);
  EXPECT_EQ(read_retry_after("007", from_2026), 7s);
  EXPECT_EQ(read_retry_after("Fri, 31 Dec 1999 23:59:59 GMT", from_1999 - 90'500), 90'500ms);
  EXPECT_EQ(read_retry_after("Friday, 31-Dec-99 23:59:59 GMT", from_1999 - 1'000), 1s);
  EXPECT_EQ(read_retry_after("Fri Dec 31 23:59:59 1999", from_1999 - 1'000), 1s);
}

TEST(RetryAfter, IsNeverNegativeAndNeverMoreThanADay) {
  EXPECT_EQ(read_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", from_2026), 0s);
  EXPECT_EQ(read_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", from_2026), 24h);
  EXPECT_EQ(read_retry_after("86401", from_2026), 24h);
  EXPECT_EQ(read_retry_after("99999999999999999999999999", from_2026), 24h);
  for (const Timestamp wrong : {no_timestamp, INT64_MIN, INT64_MAX}) {
    EXPECT_EQ(read_retry_after("5", wrong), 5s);
    EXPECT_LE(read_retry_after("Fri, 31 Dec 1999 23:59:59 GMT", wrong), 24h);
  }
}

TEST(RetryAfter, IsNothingElse) {
  for (const char* const field : {"", " ", "-1", "+1", "1.5", "1 ", "1e3", "soon", "120, 60"}) {
    EXPECT_EQ(read_retry_after(field, from_2026), std::nullopt) << field;
  }
}

}  // namespace
}  // namespace millrace
