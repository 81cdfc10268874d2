// What we tell clients that we serve, and that the documentation says the same.

#include "millrace/protocol/apis.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <sstream>

#include "support/page_table.hpp"

namespace millrace::protocol {
namespace {

using Range = std::array<int, 3>;  // key, oldest, newest

std::vector<Range> ranges(const std::vector<ApiVersionsResponse::ApiKey>& keys) {
  std::vector<Range> found;
  for (const auto& key : keys) found.push_back({key.api_key, key.min_version, key.max_version});
  return found;
}

TEST(Apis, AdvertiseWhatTheClientsInUseNeed) {
  const std::vector<Range> expected{{0, 0, 13}, {1, 4, 18}, {2, 1, 11}, {3, 0, 13}, {8, 2, 10}, {9, 1, 10}, {10, 0, 6},
                                    {11, 0, 9}, {12, 0, 4}, {13, 0, 5}, {14, 0, 5}, {15, 0, 6}, {16, 0, 5}, {18, 0, 4},
                                    {19, 2, 7}, {20, 1, 6}, {21, 0, 2}, {22, 0, 5}, {23, 2, 4}, {32, 1, 4}, {33, 0, 2},
                                    {34, 1, 2}, {35, 1, 5}, {37, 0, 3}, {42, 0, 2}, {43, 0, 2}, {44, 0, 1}, {45, 0, 1},
                                    {46, 0, 0}, {47, 0, 0}, {55, 0, 2}, {60, 0, 2}, {61, 0, 0}, {68, 0, 1}, {69, 0, 1},
                                    {74, 0, 1}, {75, 0, 0}};
  EXPECT_EQ(ranges(advertised()), expected);
}

TEST(Apis, AreFoundByKey) {
  ASSERT_NE(find_api(12), nullptr);
  EXPECT_STREQ(find_api(12)->name, "Heartbeat");
  EXPECT_EQ(find_api(17), nullptr);
  EXPECT_EQ(find_api(-1), nullptr);
  EXPECT_FALSE(with_api(999, [](auto) {}));
}

TEST(Apis, AreDispatchedToTheirOwnTypes) {
  std::string name;
  EXPECT_TRUE(with_api(3, [&](auto api) { name = decltype(api)::Request::shape.name; }));
  EXPECT_EQ(name, "Metadata");
}

TEST(ApiVersions, IsAnsweredInTheVersionAsked) {
  for (std::int16_t asked = 0; asked <= 4; ++asked) {
    const auto answer = api_versions_answer(asked);
    EXPECT_EQ(answer.version, asked);
    EXPECT_EQ(answer.body.error_code, ErrorCode::none);
    EXPECT_EQ(ranges(answer.body.api_keys), ranges(advertised()));
  }
}

// KIP-584, KIP-848. A range from 0 is kept from clients that ask in version 3: they cannot read it (KIP-1022).
TEST(ApiVersions, SaysThatConsumersMayUseTheNewGroupProtocol) {
  for (const std::int16_t asked : std::initializer_list<std::int16_t>{3, 4}) {
    const auto body = api_versions_answer(asked).body;
    ASSERT_EQ(body.finalized_features.size(), 1U);
    EXPECT_EQ(body.finalized_features.front().name, "group.version");
    EXPECT_EQ(body.finalized_features.front().max_version_level, 1);
    EXPECT_GE(body.finalized_features_epoch, 0);
    EXPECT_EQ(body.supported_features.size(), asked == 3 ? 0U : 1U);
  }
}

TEST(ApiVersions, OfAnUnknownVersionIsAnsweredInVersion0WithOurOwnRange) {
  for (const std::int16_t asked : std::initializer_list<std::int16_t>{5, 99, -1}) {
    const auto answer = api_versions_answer(asked);
    EXPECT_EQ(answer.version, 0);
    EXPECT_EQ(answer.body.error_code, ErrorCode::unsupported_version);
    EXPECT_THAT(ranges(answer.body.api_keys), ::testing::ElementsAre(Range{18, 0, 4}));
  }
}

std::string table() {
  std::ostringstream out;
  out << "| Key | API | Versions | Flexible from |\n|---:|---|---|---:|\n";
  for_each_api([&](auto api) {
    constexpr auto shape = decltype(api)::shape;
    out << "| " << shape.key << " | " << shape.name << " | " << shape.oldest;
    if (shape.newest > shape.oldest) out << "–" << shape.newest;
    out << " | " << (shape.flexible_from <= shape.newest ? std::to_string(shape.flexible_from) : "never") << " |\n";
  });
  return out.str();
}

TEST(Documentation, HasTheTableOfTheApisServed) {
  for (const std::string page : {"protocol.md", "compatibility.md"}) {
    EXPECT_EQ(support::hold_page_table(MILLRACE_DOCS + page, "apis.hpp", table()), "");
  }
}

}  // namespace
}  // namespace millrace::protocol
