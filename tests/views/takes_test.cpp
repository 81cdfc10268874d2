#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/record/builder.hpp"
#include "millrace/views/view.hpp"

namespace millrace::views {
namespace {

using cloudevents::Unmarked;
using Headers = std::vector<std::pair<std::string, std::string>>;

/// Whether one stored record passes.
bool passes(const std::string& document, const Headers& headers, std::optional<std::string> value,
            Unmarked unmarked = Unmarked::refused) {
  const auto takes = takes_of(document, unmarked);
  EXPECT_TRUE(takes) << takes.error().message;
  if (!takes) return false;
  std::vector<record::HeaderView> views;
  for (const auto& [name, text] : headers) views.push_back({name, as_bytes(text)});
  record::BatchBuilder builder;
  builder.add({.timestamp = 0,
               .key = std::nullopt,
               .value = value ? std::optional(as_bytes(*value)) : std::nullopt,
               .headers = views});
  const auto batch = builder.finish();
  record::RecordCursor cursor(ByteView(batch).subspan(record::header_bytes), 1);
  const auto view = cursor.next();
  EXPECT_TRUE(view && *view);
  return (*takes)(Offset(0), 0, **view);
}

const Headers eu{
    {"ce_specversion", "1.0"}, {"ce_id", "1"}, {"ce_source", "/shop"}, {"ce_type", "placed"}, {"ce_region", "eu"}};
const std::string in_eu = R"({"filter":"region = 'eu'"})";

TEST(ViewTakes, EventsInBinaryModeByTheirHeaders) {
  EXPECT_TRUE(passes(in_eu, eu, "data"));
  EXPECT_FALSE(passes(R"({"filter":"region = 'us'"})", eu, "data"));
  EXPECT_TRUE(passes(R"({"id":"x","topic":"orders","filters":[{"prefix":{"type":"pla"}}]})", eu, "data"));
  EXPECT_FALSE(passes(R"({"filters":[{"not":{"prefix":{"type":"pla"}}}]})", eu, "data"));
}

TEST(ViewTakes, EventsInStructuredMode) {
  const Headers structured{{"content-type", "application/cloudevents+json; charset=utf-8"}};
  const std::string event =
      R"({"specversion":"1.0","id":"1","source":"/shop","type":"placed","region":"eu","total":12})";
  EXPECT_TRUE(passes(in_eu, structured, event));
  EXPECT_TRUE(passes(R"({"filter":"total > 10"})", structured, event));
  EXPECT_FALSE(passes(R"({"filter":"total > 12"})", structured, event));
}

TEST(ViewTakes, NoRecordsThatAreNoEvents) {
  const std::string all = R"({"filters":[]})";
  EXPECT_TRUE(passes(all, eu, "data"));
  EXPECT_FALSE(passes(all, {}, "plain"));
  EXPECT_FALSE(passes(all, {}, std::nullopt));
  EXPECT_FALSE(passes(all, {{"ce_specversion", "1.0"}, {"ce_id", "1"}}, "half an event"));
}

TEST(ViewTakes, UnmarkedEventsWhereTheTopicKnowsThem) {
  const std::string event = R"({"specversion":"1.0","id":"1","source":"/shop","type":"placed","region":"eu"})";
  EXPECT_FALSE(passes(in_eu, {}, event));
  EXPECT_TRUE(passes(in_eu, {}, event, Unmarked::recognised));
}

TEST(ViewTakes, NothingForWhichTheFilterFails) {
  EXPECT_FALSE(passes(R"({"filter":"INT(region) = 0 OR TRUE"})", eu, "data"));
}

TEST(ViewTakes, NeedsADocumentWithAFilter) {
  EXPECT_FALSE(takes_of("{}", Unmarked::refused));
  EXPECT_FALSE(takes_of("[", Unmarked::refused));
  EXPECT_FALSE(takes_of(R"({"filter":"type ="})", Unmarked::refused));
}

}  // namespace
}  // namespace millrace::views
