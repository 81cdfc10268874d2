#include "millrace/cloudevents/fault.hpp"

#include <gtest/gtest.h>

namespace millrace::cloudevents {
namespace {

TEST(Fault, TheProblemOfSeveralIsTheOneThatStandsInTheWayFirst) {
  const Fault attribute{.problem = Problem::invalid_cloudevent};
  const Fault version{.problem = Problem::unsupported_specversion};
  const Fault form{.problem = Problem::malformed_event};
  EXPECT_EQ(problem_of({attribute}), Problem::invalid_cloudevent);
  EXPECT_EQ(problem_of({attribute, version}), Problem::unsupported_specversion);
  EXPECT_EQ(problem_of({version, form, attribute}), Problem::malformed_event);
}

TEST(Fault, SlugsAreThoseOfTheProblemTypes) {
  EXPECT_EQ(slug_of(Problem::invalid_cloudevent), "invalid-cloudevent");
  EXPECT_EQ(slug_of(Problem::malformed_event), "malformed-event");
  EXPECT_EQ(slug_of(Problem::invalid_header_encoding), "invalid-header-encoding");
  EXPECT_EQ(slug_of(Problem::not_a_cloudevent), "not-a-cloudevent");
  EXPECT_EQ(slug_of(Problem::unsupported_specversion), "unsupported-specversion");
  EXPECT_EQ(slug_of(Problem::invalid_batch), "invalid-batch");
  EXPECT_EQ(slug_of(Problem::unsupported_event_format), "unsupported-event-format");
}

}  // namespace
}  // namespace millrace::cloudevents
