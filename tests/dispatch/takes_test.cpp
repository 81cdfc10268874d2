#include "takes.hpp"

#include <gmock/gmock.h>

#include "millrace/record/builder.hpp"
#include "millrace/record/stored.hpp"

namespace millrace::dispatch {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

const Headers placed{{"ce_specversion", "1.0"}, {"ce_id", "1"}, {"ce_source", "/shop"}, {"ce_type", "order.placed"}};

subscriptions::Subscription wanting(const std::string& members) {
  auto read = subscriptions::read(R"({"config":{"topic":"orders"})" + members + "}");
  if (!read) throw std::runtime_error(read.error().front().detail);
  return *std::move(read);
}

/// Whether a record with these headers and this value is taken, at offset 5 of partition 2.
bool takes(const std::string& members, const Headers& headers, std::string_view value = "",
           cloudevents::Unmarked unmarked = cloudevents::Unmarked::refused) {
  const auto function = takes_of(wanting(members), [unmarked] { return unmarked; });
  if (!function) return true;
  std::vector<record::HeaderView> views;
  for (const auto& [name, text] : headers) views.push_back({.key = name, .value = as_bytes(text)});
  record::BatchBuilder builder;
  builder.add({.timestamp = 1'700'000'000'000, .key = std::nullopt, .value = as_bytes(value), .headers = views});
  const auto bytes = builder.finish();
  ByteView rest = bytes;
  bool taken = false;
  Bytes inflated;
  const auto walked = record::for_each_record(*record::next_batch(rest), inflated,
                                              [&](Offset, Timestamp time, const record::RecordView& view) {
                                                taken = function(2, Offset(5), time, view);
                                                return true;
                                              });
  EXPECT_TRUE(walked);
  return taken;
}

TEST(Takes, AllWhenNothingIsSaid) {
  EXPECT_FALSE(takes_of(wanting(""), [] { return cloudevents::Unmarked::refused; }));
}

TEST(Takes, SourceAndTypesAndFilters) {
  EXPECT_TRUE(takes(R"(,"source":"/shop")", placed));
  EXPECT_FALSE(takes(R"(,"source":"/store")", placed));
  EXPECT_TRUE(takes(R"(,"types":["order.paid","order.placed"])", placed));
  EXPECT_FALSE(takes(R"(,"types":["order.paid"])", placed));
  EXPECT_TRUE(takes(R"(,"source":"/shop","filters":[{"prefix":{"type":"order."}}])", placed));
  EXPECT_FALSE(takes(R"(,"source":"/store","filters":[{"prefix":{"type":"order."}}])", placed));
  EXPECT_FALSE(takes(R"(,"source":"/shop","filters":[{"prefix":{"type":"bill."}}])", placed));
}

TEST(Takes, EventsInStructuredModeToo) {
  const Headers structured{{"content-type", "application/cloudevents+json"}};
  constexpr auto event = R"({"specversion":"1.0","id":"1","source":"/shop","type":"order.placed","region":"eu"})";
  EXPECT_TRUE(takes(R"(,"filters":[{"exact":{"region":"eu"}}])", structured, event));
  EXPECT_FALSE(takes(R"(,"filters":[{"exact":{"region":"us"}}])", structured, event));
}

TEST(Takes, UnmarkedEventsWhereTheTopicKnowsThem) {
  constexpr auto event = R"({"specversion":"1.0","id":"1","source":"/shop","type":"order.placed"})";
  constexpr auto wish = R"(,"types":["order.placed"])";
  EXPECT_TRUE(takes(wish, {}, event, cloudevents::Unmarked::recognised));
  EXPECT_FALSE(takes(wish, {}, event, cloudevents::Unmarked::refused));
}

TEST(Takes, RecordsThatAreNoEventsAsReadersAreToldOfThem) {
  EXPECT_TRUE(takes(R"(,"types":["dev.millrace.record"])", {}, "plain"));
  EXPECT_TRUE(takes(R"(,"filters":[{"exact":{"subject":"partition:2#5"}}])", {}, "plain"));
  EXPECT_TRUE(takes(R"(,"filters":[{"exact":{"kafkaheadertraceid":"7"}}])", {{"Trace-Id", "7"}}, "plain"));
  EXPECT_TRUE(takes(R"(,"source":"/topics/orders")", {{"ce_id", "no event"}}, "plain"));
  EXPECT_FALSE(takes(R"(,"types":["dev.millrace.record"])", placed));
}

}  // namespace
}  // namespace millrace::dispatch
