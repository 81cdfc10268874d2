// What the broker is told of a letter that somebody has edited.

#include "letter_edit.hpp"

#include <gmock/gmock.h>

#include "json_text.hpp"

namespace millrace::cli {
namespace {

using testing::HasSubstr;

Answer letter_of(const std::string& text) { return {.status = 200, .body = Json::parse(text), .text = text}; }

const Answer event = letter_of(R"({"id":"g~t~0~0~0","event":{"specversion":"1.0","id":"A","source":"/s","type":"t",)"
                               R"("kind":"odd","data":{"n": 1.50}}})");
const Answer plain = letter_of(R"({"id":"g~t~0~0~0","headers":[],"value":"AQI="})");

TEST(LetterEdit, AttributesAreSetAndTakenAwayAndDataStaysDigitForDigit) {
  const auto question = edited_letter(event, {.assignments = {"note=by hand", "id=B"}, .unset = {"kind"}});
  ASSERT_TRUE(question) << question.error().message;
  EXPECT_EQ(question->type, "application/cloudevents+json");
  EXPECT_THAT(question->text, HasSubstr(R"("data":{"n": 1.50})"));
  auto told = Json::parse(question->text);
  told.erase("data");
  EXPECT_EQ(told, Json::parse(R"({"specversion":"1.0","id":"B","source":"/s","type":"t","note":"by hand"})"));
}

TEST(LetterEdit, DataOfJsonHasToBeJson) {
  const auto good = edited_letter(event, {.data = R"({"n":2})"});
  ASSERT_TRUE(good);
  EXPECT_THAT(good->text, HasSubstr(R"("data":{"n":2})"));
  const auto bad = edited_letter(event, {.data = "no json"});
  ASSERT_FALSE(bad);
  EXPECT_THAT(bad.error().message, HasSubstr("the data is no JSON"));
}

TEST(LetterEdit, WhatIsNoEventAnyMoreIsRefused) {
  for (const LetterEdit& edit : {LetterEdit{.unset = {"source"}}, LetterEdit{.assignments = {"time=yesterday"}},
                                 LetterEdit{.assignments = {"Kind=x"}}}) {
    EXPECT_FALSE(edited_letter(event, edit));
  }
  EXPECT_FALSE(edited_event("{}"));
  EXPECT_FALSE(edited_event("no json"));
}

TEST(LetterEdit, OfARecordThatIsNoEventItIsTheValueAndTheHeaders) {
  const auto question = edited_letter(plain, {.data = "new", .assignments = {"trace=1"}, .unset = {"gone"}});
  ASSERT_TRUE(question);
  EXPECT_EQ(question->body, Json::parse(R"({"value_base64":"bmV3","headers":{"gone":null,"trace":"1"}})"));
  EXPECT_EQ(question->text, "");
}

TEST(LetterEdit, AnEditorGetsTheEventInLines) {
  const auto text = editable_event(event);
  ASSERT_TRUE(text);
  EXPECT_THAT(*text, HasSubstr("\n  \"id\": \"A\",\n"));
  EXPECT_THAT(*text, HasSubstr("1.50"));
  const auto question = edited_event(*text);
  ASSERT_TRUE(question);
  EXPECT_EQ(question->text, *text);
  EXPECT_FALSE(editable_event(plain));
}

}  // namespace
}  // namespace millrace::cli
