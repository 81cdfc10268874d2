#include "places.hpp"

#include <gtest/gtest.h>

namespace millrace::cli {
namespace {

TEST(Place, IsWhatPeopleWrite) {
  EXPECT_EQ(place_of("earliest"), Json::parse(R"({"to": "earliest"})"));
  EXPECT_EQ(place_of("latest"), Json::parse(R"({"to": "latest"})"));
  EXPECT_EQ(place_of("40"), Json::parse(R"({"offset": 40})"));
  EXPECT_EQ(place_of("+40"), Json::parse(R"({"shift": 40})"));
  EXPECT_EQ(place_of("-40"), Json::parse(R"({"shift": -40})"));
  EXPECT_EQ(place_of("2026-05-01T12:00:00Z"), Json::parse(R"({"time": "2026-05-01T12:00:00Z"})"));
  EXPECT_EQ(place_of("yesterday"), Json::parse(R"({"time": "yesterday"})"));
  EXPECT_EQ(place_of("99999999999999999999"), Json::parse(R"({"time": "99999999999999999999"})"));
}

TEST(Partitions, OfATopic) {
  Json topics;
  EXPECT_TRUE(add_partitions(topics, "orders:0,2"));
  EXPECT_TRUE(add_partitions(topics, "payments"));
  EXPECT_EQ(topics, Json::parse(R"({"orders": [0, 2], "payments": null})"));
  for (const char* text : {"", ":1", "orders:", "orders:1,", "orders:-1", "orders:a"}) {
    EXPECT_FALSE(add_partitions(topics, text)) << text;
  }
}

}  // namespace
}  // namespace millrace::cli
