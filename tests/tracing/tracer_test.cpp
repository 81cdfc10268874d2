#include "millrace/tracing/tracer.hpp"

#include <gmock/gmock.h>

#include "counts.hpp"
#include "otlp.hpp"
#include "span_queue.hpp"
#include "support/seeded_random.hpp"

namespace millrace::tracing {
namespace {

using testing::ElementsAre;

class TracerTest : public testing::Test {
 protected:
  support::SeededRandom random{support::seed_from_env()};
  SpanQueue queue{4, 100'000};
  Counts counts;
  UnixNanoseconds now = 1'000;
  int batches = 0;
  Tracer tracer{1.0, random, [this] { return now; }, queue, counts, 3, [this] { ++batches; }};

  const std::optional<SpanContext> kept =
      parse_context("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "a=1");
  const std::optional<SpanContext> not_kept =
      parse_context("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", "a=1");
};

TEST_F(TracerTest, ACallersTraceGoesOn) {
  const auto span = tracer.begin(SpanKind::server, "GET /", kept);
  ASSERT_TRUE(span);
  EXPECT_EQ(span->context.trace, kept->trace);
  EXPECT_EQ(span->parent, kept->span);
  EXPECT_NE(span->context.span, kept->span);
  EXPECT_EQ(span->context.state, "a=1");
  EXPECT_TRUE(span->has_remote_parent);
  EXPECT_TRUE(span->context.is_sampled());
  EXPECT_EQ(span->start, 1'000);
}

TEST_F(TracerTest, ACallerThatKeepsNothingIsFollowedWhateverTheShare) {
  EXPECT_FALSE(tracer.begin(SpanKind::server, "GET /", not_kept));
  tracer.set_ratio(0);
  EXPECT_TRUE(tracer.begin(SpanKind::server, "GET /", kept));
  EXPECT_FALSE(tracer.begin(SpanKind::server, "GET /", std::nullopt));
}

TEST_F(TracerTest, ATraceThatBeginsHereHasNoParent) {
  const auto span = tracer.begin(SpanKind::server, "GET /", std::nullopt);
  ASSERT_TRUE(span);
  EXPECT_EQ(span->parent, SpanId{});
  EXPECT_NE(span->context.trace, TraceId{});
  EXPECT_FALSE(span->has_remote_parent);
  EXPECT_EQ(span->context.flags, sampled_flag | random_flag);
}

TEST_F(TracerTest, APartIsInTheSameTrace) {
  const auto whole = tracer.begin(SpanKind::server, "POST /", kept);
  const auto part = tracer.begin_part(whole->context, "append x");
  EXPECT_EQ(part.context.trace, kept->trace);
  EXPECT_EQ(part.parent, whole->context.span);
  EXPECT_FALSE(part.has_remote_parent);
  EXPECT_EQ(part.context.state, "a=1");
  EXPECT_EQ(part.kind, SpanKind::internal);
}

TEST_F(TracerTest, WhatHasEndedWaitsAsBytes) {
  auto span = tracer.begin_kept("append x");
  now = 2'000;
  auto ended = span;
  ended.end = 2'000;
  tracer.end(span);
  EXPECT_THAT(queue.take(9, 1'000), ElementsAre(encode_span(ended)));
}

TEST_F(TracerTest, ABatchIsToldOnceAndWhatDoesNotFitIsCounted) {
  for (int i = 0; i < 7; ++i) tracer.end(tracer.begin_kept("x"));
  EXPECT_EQ(batches, 1);
  EXPECT_EQ(queue.size(), 4U);
  EXPECT_EQ(counts.queue_full.value(), 3U);
}

}  // namespace
}  // namespace millrace::tracing
