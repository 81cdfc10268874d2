// What a record's headers say as attributes: the same that cloudevents::from_record() reads.

#include "millrace/filter/attributes.hpp"

#include <gmock/gmock.h>

#include "cloudevents/events.hpp"
#include "millrace/cloudevents/kafka.hpp"

namespace millrace::filter {
namespace {

using cloudevents::RecordHeaders;
using cloudevents::StoredRecord;

std::string attribute(const RecordHeaders& headers, std::string_view name) {
  const StoredRecord record(cloudevents::headers_with(headers));
  const auto found = RecordAttributes(record.cursor()).find(name);
  return found ? std::string(found.text()) : "none";
}

TEST(RecordAttributes, AreTheHeadersInAnyLetterCaseOfTheirPrefix) {
  EXPECT_EQ(attribute({}, "type"), "com.example.sold");
  EXPECT_EQ(attribute({{"CE_subject", "s"}}, "subject"), "s");
  EXPECT_EQ(attribute({{"Ce_Subject", "s"}}, "subject"), "none") << "no attribute can have such a name";
  EXPECT_EQ(attribute({{"subject", "s"}, {"ce-subject", "s"}, {"ce_", "s"}}, "subject"), "none");
}

TEST(RecordAttributes, TheLastOfEqualHeadersCountsAndNullIsNone) {
  EXPECT_EQ(attribute({{"ce_subject", "a"}, {"ce_subject", "b"}}, "subject"), "b");
  EXPECT_EQ(attribute({{"ce_subject", "a"}, {"ce_subject", std::nullopt}}, "subject"), "a");
  EXPECT_EQ(attribute({{"ce_subject", std::nullopt}}, "subject"), "none");
}

TEST(RecordAttributes, TheContentTypeIsThatOfTheData) {
  EXPECT_EQ(attribute({{"Content-Type", "text/plain"}}, "datacontenttype"), "text/plain");
  EXPECT_EQ(attribute({{"content-type", "text/plain"}, {"ce_datacontenttype", "text/csv"}}, "datacontenttype"),
            "text/plain");
  EXPECT_EQ(attribute({{"ce_datacontenttype", "text/csv"}}, "datacontenttype"), "text/csv");
  EXPECT_EQ(attribute({}, "datacontenttype"), "none");
}

TEST(RecordAttributes, AreThoseOfTheEventHoweverManyThereAre) {
  for (const int count : {0, 1, 28, 29, 300}) {
    RecordHeaders headers = cloudevents::headers_with({{"content-type", "text/plain"}});
    for (int at = 0; at < count; ++at) headers.emplace_back("ce_x" + std::to_string(at % 200), std::to_string(at));
    const StoredRecord record(headers);
    const RecordAttributes attributes(record.cursor());
    const auto event = cloudevents::from_record(record.cursor(), record.view().value);
    ASSERT_TRUE(event);
    for (const auto& each : event->attributes) {
      const auto found = attributes.find(each.name);
      ASSERT_TRUE(found) << each.name;
      EXPECT_EQ(found.text(), each.text) << each.name;
    }
    EXPECT_FALSE(attributes.find("missing"));
  }
}

}  // namespace
}  // namespace millrace::filter
