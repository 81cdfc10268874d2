#include "rates.hpp"

#include <gtest/gtest.h>

namespace millrace::http {
namespace {

using std::chrono::seconds;

Rates::Totals orders(std::uint64_t bytes, std::uint64_t records = 0) {
  return {{"orders", {.received_bytes = bytes, .received_records = records, .sent_bytes = 2 * bytes}}};
}

TEST(Rates, AreKnownOnceATopicWasSeenTwice) {
  Rates rates;
  EXPECT_FALSE(rates.of("orders"));
  rates.sample(seconds(5), orders(1'000));
  EXPECT_FALSE(rates.of("orders")) << "it may have been there for years";
  rates.sample(seconds(5), orders(2'000, 10));
  ASSERT_TRUE(rates.of("orders"));
  EXPECT_DOUBLE_EQ(rates.of("orders")->received_bytes, 200);
  EXPECT_DOUBLE_EQ(rates.of("orders")->received_records, 2);
  EXPECT_DOUBLE_EQ(rates.of("orders")->sent_bytes, 400);
}

TEST(Rates, SettleAtWhatKeepsComing) {
  Rates rates;
  std::uint64_t bytes = 0;
  for (int i = 0; i < 100; ++i) rates.sample(seconds(5), orders(bytes += 500));
  EXPECT_NEAR(rates.of("orders")->received_bytes, 100, 1e-6);
  for (int i = 0; i < 12; ++i) rates.sample(seconds(5), orders(bytes));
  EXPECT_NEAR(rates.of("orders")->received_bytes, 100 / 2.718281828, 0.01) << "a minute later, a share of 1/e is left";
}

TEST(Rates, DoNotDependOnHowOftenIsLooked) {
  Rates rarely, often;
  for (std::uint64_t at = 0; at <= 300; ++at) {
    often.sample(seconds(1), orders(70 * at));
    if (at % 10 == 0) rarely.sample(seconds(10), orders(70 * at));
  }
  EXPECT_NEAR(rarely.of("orders")->received_bytes, often.of("orders")->received_bytes, 1e-6);
}

TEST(Rates, OfADeletedTopicAreForgottenAndOfANewOneBeginAnew) {
  Rates rates;
  rates.sample(seconds(5), orders(1'000));
  rates.sample(seconds(5), orders(2'000));
  rates.sample(seconds(5), {});
  EXPECT_FALSE(rates.of("orders"));
  rates.sample(seconds(5), orders(3'000));
  rates.sample(seconds(5), orders(4'000));
  rates.sample(seconds(5), orders(10));
  EXPECT_FALSE(rates.of("orders")) << "the counts went back: made anew between two looks";
}

}  // namespace
}  // namespace millrace::http
