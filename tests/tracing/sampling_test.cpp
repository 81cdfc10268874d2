#include "sampling.hpp"

#include <gtest/gtest.h>

#include "id_source.hpp"
#include "support/seeded_random.hpp"

namespace millrace::tracing {
namespace {

TraceId id_ending_in(std::uint64_t chance) {
  TraceId id;
  for (std::size_t at = 0; at < 8; ++at) {
    id.bytes[15 - at] = std::byte(chance >> (8 * at) & 0xffU);
  }
  return id;
}

TEST(Sampling, WhoHasBegunATraceHasDecided) {
  const SpanContext kept{.trace = id_ending_in(1), .span = {}, .flags = sampled_flag};
  const SpanContext not_kept{.trace = id_ending_in(trace_ids - 1), .span = {}, .flags = random_flag};
  EXPECT_TRUE(is_kept(kept, kept.trace, threshold_of(0)));
  EXPECT_FALSE(is_kept(not_kept, not_kept.trace, threshold_of(1)));
}

TEST(Sampling, AllAndNoneAreExact) {
  for (const std::uint64_t chance : {std::uint64_t{0}, std::uint64_t{1}, trace_ids / 2, trace_ids - 1}) {
    EXPECT_TRUE(is_kept({}, id_ending_in(chance), threshold_of(1)));
    EXPECT_FALSE(is_kept({}, id_ending_in(chance), threshold_of(0)));
  }
}

TEST(Sampling, OnlyTheLast56BitsDecideAndTheLargerOnesAreKept) {
  const auto half = threshold_of(0.5);
  EXPECT_FALSE(is_kept({}, id_ending_in(trace_ids / 2 - 1), half));
  EXPECT_TRUE(is_kept({}, id_ending_in(trace_ids / 2), half));
  EXPECT_FALSE(is_kept({}, id_ending_in(0xff00'0000'0000'0000), half))
      << "the first of the last eight bytes is not asked";
}

TEST(Sampling, WhatASmallShareKeepsALargerOneKeepsToo) {
  support::SeededRandom random(support::seed_from_env());
  IdSource ids(random);
  for (int i = 0; i < 1'000; ++i) {
    const auto id = ids.trace();
    EXPECT_LE(is_kept({}, id, threshold_of(0.1)), is_kept({}, id, threshold_of(0.2)));
  }
}

TEST(Sampling, TheShareIsWhatWasAskedFor) {
  support::SeededRandom random(7);
  IdSource ids(random);
  int kept = 0;
  for (int i = 0; i < 100'000; ++i) kept += is_kept({}, ids.trace(), threshold_of(0.25)) ? 1 : 0;
  EXPECT_NEAR(kept, 25'000, 700);  // five standard deviations
}

}  // namespace
}  // namespace millrace::tracing
