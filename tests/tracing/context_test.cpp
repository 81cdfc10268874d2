// What may stand in traceparent and tracestate, as the recommendation of the W3C has it (Trace Context, levels 1 and
// 2).

#include "millrace/tracing/context.hpp"

#include <gtest/gtest.h>

#include "support/seeded_random.hpp"

namespace millrace::tracing {
namespace {

constexpr const char* example = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(TraceContext, ReadsTheFieldsOfVersion00) {
  const auto context = parse_context(example);
  ASSERT_TRUE(context);
  EXPECT_EQ(context->trace.bytes.front(), std::byte{0x4b});
  EXPECT_EQ(context->trace.bytes.back(), std::byte{0x36});
  EXPECT_EQ(context->span.bytes.front(), std::byte{0x00});
  EXPECT_EQ(context->span.bytes.back(), std::byte{0xb7});
  EXPECT_TRUE(context->is_sampled());
}

TEST(TraceContext, IsWrittenAsItWasRead) {
  for (const std::string text : {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
                                 "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                                 "00-00000000000000000000000000000001-0000000000000001-03"}) {
    const auto context = parse_context(text);
    ASSERT_TRUE(context) << text;
    EXPECT_EQ(traceparent_of(*context), text);
  }
}

TEST(TraceContext, AFlagIsABitAndNotANumber) {
  const auto with_flags = [](const std::string& flags) {
    return parse_context("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-" + flags);
  };
  EXPECT_FALSE(with_flags("00")->is_sampled());
  EXPECT_FALSE(with_flags("02")->is_sampled());
  EXPECT_FALSE(with_flags("fe")->is_sampled());
  EXPECT_TRUE(with_flags("09")->is_sampled());
  EXPECT_TRUE(with_flags("ff")->is_sampled());
  EXPECT_EQ(with_flags("ff")->flags, sampled_flag | random_flag) << "what is not known here is not passed on";
}

TEST(TraceContext, RefusesWhatIsNotVersion00) {
  for (const auto* text : {
           "",
           "00",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",       // no flags
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-",      // …
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",     // half of them
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",    // no digit
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",    // capitals
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00F067AA0BA902B7-01",    // …
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0A",    // …
           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",    // no trace
           "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",    // no span
           "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",    // no dash
           "00-4bf92f3577b34da6a3ce929d0e0e473600f067aa0ba902b7--01",    // a trace too long
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",   // more behind it
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",  // …
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0100",  // …
           " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",   // blanks are the field's, not the value's
           "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",    // no version
           "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",    // the one that there never is
       }) {
    EXPECT_FALSE(parse_context(text)) << text;
  }
}

TEST(TraceContext, ALaterVersionHasTheSameBeginning) {
  for (const auto* text : {"01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                           "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-the-future-will-be-like",
                           "fe-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-"}) {
    const auto context = parse_context(text);
    ASSERT_TRUE(context) << text;
    EXPECT_EQ(traceparent_of(*context), example) << "we speak version 00";
  }
  EXPECT_FALSE(parse_context("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.x"));
  EXPECT_FALSE(parse_context("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0"));
}

std::string state_of(std::string_view tracestate) { return parse_context(example, tracestate)->state; }

TEST(TraceContext, WhateverComesIsRefusedOrWrittenSoThatItIsReadAgain) {
  support::SeededRandom random(support::seed_from_env());
  int read = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = example;
    for (auto changes = random.below(3); changes > 0; --changes) {
      text[random.below(text.size())] = "0123456789abcdef-Gg\xff"[random.below(20)];
    }
    std::string state = "a=1,b=2";
    for (auto changes = random.below(4); changes > 0; --changes) {
      state[random.below(state.size())] = static_cast<char>(random.below(256));
    }
    const auto context = parse_context(text.substr(0, random.below(text.size() + 40)), state);
    if (!context) continue;
    ++read;
    const auto again = parse_context(traceparent_of(*context), context->state);
    ASSERT_TRUE(again) << text;
    EXPECT_TRUE(again->is_same_span(*context));
    EXPECT_EQ(again->flags, context->flags);
    EXPECT_EQ(again->state, context->state);
  }
  EXPECT_GT(read, 1'000);
}

TEST(TraceState, IsPassedOnWithoutItsBlanks) {
  EXPECT_EQ(state_of("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"), "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");
  EXPECT_EQ(state_of(" rojo=1 ,\tcongo=2\t"), "rojo=1,congo=2");
  EXPECT_EQ(state_of("rojo=1,,congo=2,"), "rojo=1,congo=2") << "empty members are allowed";
  EXPECT_EQ(state_of("fw529a3039@dt=FfAAAAA;x:y"), "fw529a3039@dt=FfAAAAA;x:y");
  EXPECT_EQ(state_of("0a*/_-=!~ z"), "0a*/_-=!~ z");
}

TEST(TraceState, ThatIsWrongIsDroppedAndSpoilsNothing) {
  for (const auto* text : {"rojo", "rojo=", "=1", "Rojo=1", "ro jo=1", "rojo=a=b", "rojo=\x7f", "a@b@c=1", "rojo=1,x",
                           "-rojo=1", "rojo=\xc3\xa9"}) {
    EXPECT_EQ(state_of(text), "") << text;
    EXPECT_TRUE(parse_context(example, text)) << text;
  }
  EXPECT_EQ(state_of(std::string(257, 'k') + "=1"), "");
  EXPECT_EQ(state_of(std::string(256, 'k') + "=1"), std::string(256, 'k') + "=1");
  EXPECT_EQ(state_of("k=" + std::string(257, 'v')), "");
}

TEST(TraceState, OfManyMembersTheFirstAreKept) {
  std::string many;
  for (int i = 0; i < 40; ++i) many += (many.empty() ? "" : ",") + ("k" + std::to_string(i)) + "=v";
  const auto kept = state_of(many);
  EXPECT_TRUE(many.starts_with(kept));
  EXPECT_TRUE(kept.ends_with(",k31=v")) << kept;
}

TEST(TraceState, OfLongOnesWholeMembersAreKept) {
  const auto member = [](char key) { return std::string(1, key) + "=" + std::string(198, 'v'); };
  EXPECT_EQ(state_of(member('a') + "," + member('b') + "," + member('c')), member('a') + "," + member('b'));
}

}  // namespace
}  // namespace millrace::tracing
