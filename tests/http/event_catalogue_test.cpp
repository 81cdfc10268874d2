// What the catalogue of events remembers, and that it is bounded.

#include "event_catalogue.hpp"

#include <gtest/gtest.h>

namespace millrace::http {
namespace {

using namespace std::chrono_literals;

cloudevents::Event event(std::string type, std::string source = "/s") {
  return {.attributes = {{.name = "type", .text = std::move(type)}, {.name = "source", .text = std::move(source)}}};
}

const EventCatalogue::Entry& entry(const EventCatalogue& catalogue, const std::string& type) {
  return catalogue.entries().at({"t", type, "/s"});
}

TEST(EventCatalogue, CountsByTopicTypeAndSource) {
  EventCatalogue catalogue;
  catalogue.see("t", 0, Offset(1), 500, event("a"));
  catalogue.see("t", 2, Offset(9), 300, event("a"));
  catalogue.see("t", 0, Offset(2), 400, event("a", "/other"));
  catalogue.see("u", 0, Offset(0), 400, event("a"));
  EXPECT_EQ(catalogue.entries().size(), 3U);
  const auto& a = entry(catalogue, "a");
  EXPECT_EQ(a.count, 2U);
  EXPECT_EQ(a.first_seen, 300);
  EXPECT_EQ(a.last_seen, 500);
  EXPECT_EQ(a.partition, 2) << "the one that was seen last is there to look at";
  EXPECT_EQ(a.offset, Offset(9));
}

TEST(EventCatalogue, TellsHowOftenOverAboutAMinute) {
  EventCatalogue catalogue;
  for (int second = 0; second < 600; ++second) {
    for (int i = 0; i < 20; ++i) catalogue.see("t", 0, Offset(0), 0, event("a"));
    catalogue.tick(1s);
  }
  EXPECT_NEAR(entry(catalogue, "a").per_second, 20, 0.1);
  for (int second = 0; second < 60; ++second) catalogue.tick(1s);
  EXPECT_NEAR(entry(catalogue, "a").per_second, 20 / 2.718, 0.2) << "a minute without any";
  catalogue.tick(0s);
}

TEST(EventCatalogue, CallsNothingFrequentThatWasThereBefore) {
  EventCatalogue catalogue;
  for (int i = 0; i < 1'000; ++i) {
    catalogue.see("t", 0, Offset(i), 0, event("a"), EventCatalogue::When::before);
  }
  catalogue.tick(1s);
  EXPECT_EQ(entry(catalogue, "a").count, 1'000U);
  EXPECT_EQ(entry(catalogue, "a").per_second, 0);
}

TEST(EventCatalogue, IsBounded) {
  EventCatalogue catalogue;
  for (std::size_t i = 0; i < EventCatalogue::entries_max + 5; ++i) {
    catalogue.see("t", 0, Offset(0), 0, event(std::to_string(i)));
  }
  catalogue.see("u", 0, Offset(0), 0, event(std::string(EventCatalogue::text_bytes_max + 1, 'x')));
  EXPECT_EQ(catalogue.entries().size(), EventCatalogue::entries_max);
  EXPECT_EQ(catalogue.topics().at("t").other_events, 5U);
  EXPECT_EQ(catalogue.topics().at("u").other_events, 1U);
  catalogue.see("t", 0, Offset(0), 0, event("0"));
  EXPECT_EQ(entry(catalogue, "0").count, 2U) << "what is known is counted on";
}

TEST(EventCatalogue, ForgetsATopicThatIsGone) {
  EventCatalogue catalogue;
  for (const auto* topic : {"t", "t2", "s"}) catalogue.see(topic, 0, Offset(0), 0, event("a"));
  catalogue.see_record("t");
  catalogue.forget("t");
  EXPECT_EQ(catalogue.entries().size(), 2U);
  EXPECT_FALSE(catalogue.topics().contains("t"));
  EXPECT_TRUE(catalogue.topics().contains("t2"));
}

}  // namespace
}  // namespace millrace::http
