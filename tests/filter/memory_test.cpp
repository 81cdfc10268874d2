// What evaluation holds on the heap. The program links fuzz/heap_watch.cpp, which counts operator new.

#include <gtest/gtest.h>

#include "fuzz/heap_watch.hpp"
#include "language.hpp"

namespace millrace::filter {
namespace {

cloudevents::RecordHeaders headers() {
  return cloudevents::headers_with({{"ce_subject", std::string(100, 's')},
                                    {"ce_time", "2024-01-02T03:04:05.678Z"},
                                    {"content-type", "application/json"}});
}

constexpr const char* ordinary[] = {
    "type = 'com.example.sold' AND source LIKE '/sh%' AND EXISTS subject",
    "type IN ('a', 'b', 'com.example.sold') AND NOT (source = '/x') AND LENGTH(subject) > 50",
    "UPPER(type) = 'COM.EXAMPLE.SOLD' AND CONCAT(source, '#', id) = '/shop#A1' AND 5 = '5'",
    "subject LIKE '%s_s%' OR LEFT(type, 3) = 'com' OR SUBSTRING(subject, 2, 4) = 'x'",
    "missing = 'x'",
    "1 / 0 = 1",
    "NOBODY(knows, this)",
};

TEST(FilterMemory, OrdinaryFiltersAllocateNothing) {
  const cloudevents::StoredRecord record(headers());
  const auto event = event_of({{"subject", std::string(100, 's')}});
  for (const char* text : ordinary) {
    const auto expression = parse_cesql(text).value();
    Scratch scratch;
    const millrace::testing::HeapWatch watch;
    (void)expression.matches(EventAttributes(event), scratch);
    (void)expression.evaluate(RecordAttributes(record.cursor()), scratch);
    EXPECT_EQ(watch.peak(), 0U) << text;
  }
}

TEST(FilterMemory, FilterObjectsAllocateNothing) {
  const cloudevents::StoredRecord record(headers());
  const auto expression =
      parse_filters(R"([{"any":[{"exact":{"type":"x"}},{"prefix":{"type":"com."}},{"sql":"1 / 0 = 1"}]},)"
                    R"({"not":{"suffix":{"missing":"x"}}}])")
          .value();
  Scratch scratch;
  const millrace::testing::HeapWatch watch;
  EXPECT_TRUE(expression.matches(RecordAttributes(record.cursor()), scratch));
  EXPECT_EQ(watch.peak(), 0U);
}

TEST(FilterMemory, LongTextsThatAreMadeTakeOneBlockAndKeepIt) {
  const auto event = event_of({{"long", std::string(5'000, 'x')}});
  const auto expression = parse_cesql("UPPER(long) = LOWER(UPPER(CONCAT(long, long)))").value();
  Scratch scratch;
  {
    const millrace::testing::HeapWatch watch;
    (void)expression.matches(EventAttributes(event), scratch);
    EXPECT_EQ(watch.peak(), limits::built_bytes_max);
  }
  const millrace::testing::HeapWatch again;
  (void)expression.matches(EventAttributes(event), scratch);
  EXPECT_EQ(again.peak(), 0U);
}

TEST(FilterMemory, CopiesShareWhatWasParsed) {
  const auto expression = parse_cesql(ordinary[0]).value();
  const auto event = event_of({{"subject", "x"}});
  Scratch scratch;
  const millrace::testing::HeapWatch watch;
  const Expression copy = expression;
  EXPECT_TRUE(copy.matches(EventAttributes(event), scratch));
  EXPECT_EQ(watch.peak(), 0U);
}

/// What a parser may hold for a text of so many bytes.
TEST(FilterMemory, ParsingTakesMemoryInProportionToTheText) {
  std::string worst;
  while (worst.size() + 20 < limits::expression_bytes_max) worst += worst.empty() ? "a LIKE '" : "%_b";
  worst += "'";
  const millrace::testing::HeapWatch watch;
  EXPECT_TRUE(parse_cesql(worst));
  EXPECT_LT(watch.peak(), 100 * limits::expression_bytes_max);
}

}  // namespace
}  // namespace millrace::filter
