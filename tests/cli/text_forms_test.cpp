// The small languages of the command line: format strings, times, base64, sizes, where to begin.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "consume_from.hpp"
#include "durations.hpp"
#include "json_text.hpp"
#include "progress.hpp"
#include "record_format.hpp"
#include "times.hpp"

namespace millrace::cli {
namespace {

using testing::HasSubstr;

std::string formatted(std::string_view format, const Record& record) {
  const auto parsed = RecordFormat::parse(format);
  return parsed ? parsed->text(record) : parsed.error().message;
}

TEST(FormatString, PutsEachPartWhereItStands) {
  const Record record{.topic = "t",
                      .partition = 1,
                      .offset = 7,
                      .timestamp = 1500,
                      .key = "k\n",
                      .value = std::nullopt,
                      .headers = {{"a", "1"}, {"b", std::nullopt}}};
  EXPECT_EQ(formatted("%t %p %o %T %D", record), "t 1 7 1500 1970-01-01T00:00:01.500Z");
  EXPECT_EQ(formatted("<%k|%v|%h|%K|%V>", record), "<k\n||a=1,b=|2|-1>");
  EXPECT_EQ(formatted("100%%\\n\\t\\0\\\\\\x41", record), std::string("100%\n\t\0\\A", 9));
  EXPECT_EQ(formatted("", record), "");
}

TEST(FormatString, ThatIsNotUnderstoodIsRefused) {
  for (const auto* format : {"%q", "a%", "%T%x", "\\q", "\\x1", "\\xgg", "\\"}) {
    EXPECT_FALSE(RecordFormat::parse(format)) << format;
  }
  EXPECT_THAT(formatted("%o %q", {}), HasSubstr("\"%q\""));
}

TEST(Time, OfARecordIsShownWhateverItIs) {
  EXPECT_EQ(time_text(1'700'000'000'123), "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(time_text(253'402'300'799'999), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(time_text(253'402'300'800'000), "253402300800000");
  EXPECT_EQ(time_text(INT64_MAX), std::to_string(INT64_MAX));
  EXPECT_EQ(time_text(-2), "-2");
}

TEST(Size, IsInTheUnitThatFits) {
  EXPECT_EQ(size_text(0), "0 B");
  EXPECT_EQ(size_text(1023), "1023 B");
  EXPECT_EQ(size_text(1536), "1.5 KiB");
  EXPECT_EQ(size_text(std::uint64_t{3} << 40), "3.0 TiB");
  EXPECT_EQ(size_text(std::uint64_t{1} << 60), "1048576.0 TiB");
}

TEST(Progress, SaysRateAndTimeLeft) {
  const Progress half{.done = 50 << 20, .total = 100 << 20, .elapsed = std::chrono::seconds(10)};
  EXPECT_EQ(progress_text(half, 100),
            "[################................]   50%  50.0 MiB of 100.0 MiB  5.0 MiB/s  10 s left");
}

TEST(Progress, FitsIntoTheTerminal) {
  const Progress half{.done = 50 << 20, .total = 100 << 20, .elapsed = std::chrono::seconds(10)};
  for (std::size_t width = 0; width < 100; ++width) EXPECT_LE(progress_text(half, width).size(), width) << width;
  EXPECT_EQ(progress_text(half, 5), " 50%");
  EXPECT_EQ(progress_text(half, 30), " 50%  50.0 MiB of 100.0 MiB");
}

TEST(Progress, PromisesNothingBeforeItKnowsAndNothingAtTheEnd) {
  EXPECT_EQ(progress_text({.done = 0, .total = 1024, .elapsed = std::chrono::seconds(5)}, 100),
            "[................................]    0%  0 B of 1.0 KiB");
  EXPECT_EQ(progress_text({.done = 1024, .total = 1024, .elapsed = std::chrono::seconds(1)}, 100),
            "[################################]  100%  1.0 KiB of 1.0 KiB  1.0 KiB/s");
  EXPECT_EQ(
      progress_text({.done = 9, .total = 0, .elapsed = std::chrono::seconds(1)}, 80).find("100%") == std::string::npos,
      false);
}

TEST(Span, IsInTheUnitsThatMatter) {
  EXPECT_EQ(span_text(std::chrono::seconds(59)), "59 s");
  EXPECT_EQ(span_text(std::chrono::seconds(125)), "2 min 5 s");
  EXPECT_EQ(span_text(std::chrono::seconds(3720)), "1 h 2 min");
}

std::int64_t first_of(const char* text, const Extent& extent) {
  const auto from = parse_from(text);
  EXPECT_TRUE(from) << text;
  const auto offset = from ? first_offset(*from, extent) : 0;
  return offset ? *offset : -1;
}

TEST(Duration, IsANumberWithAUnit) {
  EXPECT_EQ(milliseconds_of("500ms"), 500);
  EXPECT_EQ(milliseconds_of("0s"), 0);
  EXPECT_EQ(milliseconds_of("90s"), 90'000);
  EXPECT_EQ(milliseconds_of("5m"), 300'000);
  EXPECT_EQ(milliseconds_of("12h"), 43'200'000);
  EXPECT_EQ(milliseconds_of("7d"), 604'800'000);
  for (const auto* text : {"", "5", "s", "-5s", "1.5h", "5 s", "5sec", "99999999999999999999s", "9007199254740993ms"}) {
    EXPECT_FALSE(milliseconds_of(text)) << text;
    EXPECT_NE(is_duration(text), "");
  }
}

TEST(WrittenElements, AreTheTextsOfAnArray) {
  EXPECT_THAT(written_elements(R"([1.50, "a,]", {"x": [1, 2]} ,[]])"),
              testing::ElementsAre("1.50", "\"a,]\"", R"({"x": [1, 2]})", "[]"));
  EXPECT_THAT(written_elements(" [ ] "), testing::IsEmpty());
}

TEST(From, IsAPlaceInEachPartition) {
  const Extent extent{.start = 5, .end = 20};
  EXPECT_EQ(first_of("beginning", extent), 5);
  EXPECT_EQ(first_of("earliest", extent), 5);
  EXPECT_EQ(first_of("end", extent), 20);
  EXPECT_EQ(first_of("latest", extent), 20);
  EXPECT_EQ(first_of("7", extent), 7);
  EXPECT_EQ(first_of("20", extent), 20);
  EXPECT_EQ(first_of("-3", extent), 17);
  EXPECT_EQ(first_of("-300", extent), 5);
  EXPECT_EQ(first_of("4", extent), -1);
  EXPECT_EQ(first_of("21", extent), -1);
  EXPECT_EQ(parse_from("1970-01-01T00:00:02Z")->value, 2000);
}

TEST(From, ThatIsNoPlaceIsRefused) {
  for (const auto* text : {"", "start", "1.5", "--3", "99999999999999999999", "-9223372036854775808", "2026-11-29"}) {
    EXPECT_FALSE(parse_from(text)) << text;
  }
}

}  // namespace
}  // namespace millrace::cli
