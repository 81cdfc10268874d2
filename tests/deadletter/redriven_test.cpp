// A record that goes to its topic again: as it was, but for the mark of its redrive.

#include "millrace/deadletter/redriven.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "letters.hpp"
#include "millrace/cloudevents/identity.hpp"
#include "millrace/cloudevents/json.hpp"
#include "millrace/cloudevents/protobuf.hpp"
#include "millrace/record/batch.hpp"

namespace millrace::deadletter {
namespace {

using cloudevents::Unmarked;
using testing::ElementsAre;

const HeaderTexts binary{
    {"ce_specversion", "1.0"}, {"ce_id", "A1"}, {"ce_source", "/shop"}, {"ce_type", "t"}, {"trace", std::nullopt}};

std::vector<std::string> all_headers(const Record& record) { return headers_from(record, 0); }

/// Whether a topic that looks for repeats would look at it.
bool has_identity(const Record& record, Unmarked unmarked = Unmarked::refused) {
  const auto headers = headers_of(record);
  record::BatchBuilder builder;
  builder.add(view_of(record, headers));
  const auto batch = builder.finish();
  record::RecordCursor records(ByteView(batch).subspan(record::header_bytes), 1);
  const auto view = records.next();
  EXPECT_TRUE(view && *view);
  return cloudevents::IdentityReader(unmarked).read(**view).has_value();
}

TEST(Redriven, ARecordThatIsNoEventHasAHeaderMore) {
  const auto original = record_of({{"a", "1"}, {"dlredrive", "before"}, {"b", std::nullopt}}, "\xFF not text");
  const auto again = as_redriven(original, "job-7");
  EXPECT_THAT(all_headers(again), ElementsAre("a: 1", "b: (null)", "dlredrive: job-7"));
  EXPECT_EQ(again.value, original.value);
  EXPECT_EQ(again.key, original.key);
  EXPECT_EQ(again.timestamp, original.timestamp);
}

TEST(Redriven, AnEventInBinaryModeHasTheAttributeAndIsNoRepeat) {
  const auto original = record_of(binary, "{}");
  ASSERT_TRUE(has_identity(original));
  const auto again = as_redriven(original, "job-7");
  EXPECT_THAT(all_headers(again), ElementsAre("ce_specversion: 1.0", "ce_id: A1", "ce_source: /shop", "ce_type: t",
                                              "trace: (null)", "ce_dlredrive: job-7", "dlredrive: job-7"));
  EXPECT_EQ(again.value, original.value);
  EXPECT_FALSE(has_identity(again));
  EXPECT_EQ(all_headers(as_redriven(again, "job-7")), all_headers(again)) << "the mark is there once";
}

TEST(Redriven, AnEventInJsonHasAMemberMoreAndNoOtherByteChanges) {
  const HeaderTexts structured{{"content-type", "application/cloudevents+json"}};
  const auto original =
      record_of(structured, R"({ "specversion":"1.0","id":"A1" ,"source":"/shop","type":"t", "data" : {"x": 1 } } )");
  const auto again = as_redriven(original, "job-7");
  EXPECT_EQ(
      value_of(again),
      R"({ "specversion":"1.0","id":"A1" ,"source":"/shop","type":"t", "data" : {"x": 1 },"dlredrive":"job-7" } )");
  EXPECT_FALSE(has_identity(again));
  const auto third = as_redriven(again, "job-8");
  EXPECT_EQ(
      value_of(third),
      R"({ "specversion":"1.0","id":"A1" ,"source":"/shop","type":"t", "data" : {"x": 1 },"dlredrive":"job-8" } )");
}

TEST(Redriven, AnEventInProtobufHasTheAttribute) {
  const auto event = cloudevents::parse_json(R"({"specversion":"1.0","id":"A1","source":"/shop","type":"t"})");
  ASSERT_TRUE(event);
  const HeaderTexts structured{{"content-type", "application/cloudevents+protobuf"}};
  const auto original = record_of(structured, cloudevents::to_protobuf(*event));
  ASSERT_TRUE(has_identity(original));
  const auto again = as_redriven(original, "job-7");
  EXPECT_FALSE(has_identity(again));
  const auto read = cloudevents::parse_protobuf(value_of(again));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->text("dlredrive"), "job-7");
  EXPECT_EQ(value_of(as_redriven(again, "job-7")), value_of(again));
}

TEST(Redriven, AnUnmarkedEventIsChangedOnlyWhereItCountsAsOne) {
  const auto original = record_of({}, R"({"specversion":"1.0","id":"A1","source":"/shop","type":"t"})");
  EXPECT_EQ(as_redriven(original, "job-7").value, original.value);
  const auto again = as_redriven(original, "job-7", Unmarked::recognised);
  EXPECT_EQ(value_of(again), R"({"specversion":"1.0","id":"A1","source":"/shop","type":"t","dlredrive":"job-7"})");
  EXPECT_TRUE(has_identity(original, Unmarked::recognised));
  EXPECT_FALSE(has_identity(again, Unmarked::recognised));
}

}  // namespace
}  // namespace millrace::deadletter
