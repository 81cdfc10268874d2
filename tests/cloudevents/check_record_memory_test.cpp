// What check_record() holds on the heap. The program links fuzz/heap_watch.cpp, which counts operator new.

#include <gtest/gtest.h>

#include "events.hpp"
#include "fuzz/heap_watch.hpp"
#include "millrace/cloudevents/kafka.hpp"

namespace millrace::cloudevents {
namespace {

std::size_t peak_of_judging(const RecordHeaders& headers, Validation validation) {
  const StoredRecord record(headers, std::string(1000, 'x'));
  const auto& view = record.view();
  const millrace::testing::HeapWatch watch;
  const auto fault = check_record(view.headers, view.header_count, view.value, validation);
  EXPECT_FALSE(fault) << fault->detail;
  return watch.peak();
}

RecordHeaders with_extensions(int count) {
  RecordHeaders headers = headers_with({{"ce_subject", std::string(100, 's')},
                                        {"ce_time", "2024-01-02T03:04:05.678Z"},
                                        {"ce_dataschema", "https://example.com/schemas/order/1"},
                                        {"content-type", "application/vnd.example.order+json; charset=utf-8"}});
  for (int at = 0; at < count; ++at) headers.emplace_back("ce_extension" + std::to_string(at), "caf\xC3\xA9");
  return headers;
}

TEST(CheckRecordMemory, GoodBinaryRecordsAreJudgedWithoutAnyAllocation) {
  for (const auto validation : {Validation::none, Validation::binary_or_structured, Validation::strict}) {
    EXPECT_EQ(peak_of_judging(required_headers, validation), 0U);
    EXPECT_EQ(peak_of_judging(with_extensions(32), validation), 0U);
  }
}

TEST(CheckRecordMemory, OnlyWhoLooksForDuplicatesAmongManyHoldsSomething) {
  EXPECT_EQ(peak_of_judging(with_extensions(1000), Validation::binary_or_structured), 0U);
  EXPECT_LT(peak_of_judging(with_extensions(1000), Validation::strict), 100'000U);
}

}  // namespace
}  // namespace millrace::cloudevents
