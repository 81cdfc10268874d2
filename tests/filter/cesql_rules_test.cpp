// Rules of CESQL by their rows in docs/filters.md, beyond what the conformance kit asks.

#include <gmock/gmock.h>

#include "language.hpp"

namespace millrace::filter {
namespace {

using cloudevents::ValueType;
using testing::HasSubstr;
using testing::StartsWith;

TEST(Cesql, Sql1DataIsNoAttribute) {
  auto event = event_of({}, "some");
  EXPECT_EQ(answer_of("data", event), "false ! missingAttribute");
  const cloudevents::StoredRecord record(cloudevents::headers_with({{"ce_data", "x"}}), "some");
  Scratch scratch;
  EXPECT_EQ(text_of(parse_cesql("EXISTS data")->evaluate(RecordAttributes(record.cursor()), scratch)), "false");
}

TEST(Cesql, Sql2AnythingButTrueDoesNotPass) {
  EXPECT_TRUE(passes("type = 'com.example.sold'"));
  for (const char* text : {"1", "'true'", "subject", "TRUE AND subject = 'x'", "1 / 0 = 0", "type", "NOPE()"})
    EXPECT_FALSE(passes(text)) << text;
}

TEST(Cesql, Sql3KeywordsFunctionsAndNamesAreReadInAnyLetterCase) {
  EXPECT_EQ(answer_of("nOt eXiStS Subject aNd lEnGtH(TYPE) = 16"), "true");
  EXPECT_EQ(answer_of("'ABC' = 'abc'"), "false");
}

TEST(Cesql, Sql3NamesMayBeginWithADigitAndHaveNoUnderscore) {
  EXPECT_EQ(answer_of("1st = 'x'", event_of({{"1st", "x"}})), "true");
  EXPECT_THAT(answer_of("a_b = 1"), StartsWith("parse: at character 1: the name of an attribute"));
  EXPECT_THAT(answer_of("EXISTS a_b"), StartsWith("parse: at character 8: the name of an attribute"));
  EXPECT_THAT(answer_of("EXISTS not"), StartsWith("parse: at character 8: the name of an attribute"));
}

TEST(Cesql, Sql4IntegersHave32Bits) {
  EXPECT_EQ(answer_of("2147483647"), "2147483647");
  EXPECT_EQ(answer_of("-2147483648"), "-2147483648");
  EXPECT_EQ(answer_of("- 2147483648"), "-2147483648");
  EXPECT_THAT(answer_of("2147483648"), StartsWith("parse: at character 1: 2147483648 is beyond 32 bits"));
  EXPECT_THAT(answer_of("1 + -2147483649"), StartsWith("parse: at character 6: 2147483649 is beyond 32 bits"));
  EXPECT_THAT(answer_of("99999999999999999999999999"), HasSubstr("is beyond 32 bits"));
}

TEST(Cesql, Sql4BackslashesStayUnlessTheyStandBeforeTheQuote) {
  EXPECT_EQ(answer_of(R"('it\'s')"), R"("it's")");
  EXPECT_EQ(answer_of(R"("say \"so\"")"), R"("say "so"")");
  EXPECT_EQ(answer_of(R"('a\nb\\')"), R"("a\nb\\")");
  EXPECT_EQ(answer_of(R"('a\"b')"), R"("a\"b")");
}

TEST(Cesql, Sql4TwoQuotesAreNoEscape) {
  EXPECT_EQ(answer_of("'it''s'"), "parse: at character 5: an operator or the end is expected, not the text 's'");
}

TEST(Cesql, Sql5MinusBehindAnOperandIsBinary) {
  EXPECT_EQ(answer_of("4-1"), "3");
  EXPECT_EQ(answer_of("a -1", event_of({{"a", "5"}})), "4");
  EXPECT_EQ(answer_of("4--1"), "5");
  EXPECT_EQ(answer_of("---4"), "-4");
}

TEST(Cesql, Sql6Precedence) {
  EXPECT_EQ(answer_of("NOT 'a' LIKE 'a'"), "false ! cast") << "NOT binds more than LIKE";
  EXPECT_EQ(answer_of("NOT (1 = 2)"), "true");
  EXPECT_EQ(answer_of("NOT 1 = 2"), "false") << "false = 2 is true = false";
  EXPECT_EQ(answer_of("-2 * 3 + 4 = -2"), "true");
  EXPECT_EQ(answer_of("2 + 3 * 4 % 5 - 1"), "3");
  EXPECT_EQ(answer_of("10 - 3 - 2"), "5");
  EXPECT_EQ(answer_of("2 * 3 IN (6)"), "0") << "IN binds more than *: 2 * false";
  EXPECT_EQ(answer_of("1 < 2 = TRUE"), "true");
  EXPECT_EQ(answer_of("1 IN (1) LIKE 'true'"), "true");
}

/// The text goes from left to right; the reference grammar goes from right to left, and so would say false and true.
TEST(Cesql, Sql6AndOrXorAreOneLevelFromLeftToRight) {
  EXPECT_EQ(answer_of("FALSE AND FALSE OR TRUE"), "true");
  EXPECT_EQ(answer_of("TRUE XOR TRUE AND FALSE"), "false");
  EXPECT_EQ(answer_of("TRUE OR TRUE AND FALSE"), "false");
}

TEST(Cesql, Sql7TheRightOperandIsNotAskedWhenTheLeftDecides) {
  EXPECT_EQ(answer_of("FALSE AND subject"), "false");
  EXPECT_EQ(answer_of("TRUE OR 1 / 0"), "true");
  EXPECT_EQ(answer_of("subject = 'x' OR TRUE"), "false ! missingAttribute");
  EXPECT_EQ(answer_of("TRUE AND 5"), "true") << "the right one is cast, too";
  EXPECT_EQ(answer_of("FALSE OR 'x'"), "false ! cast");
}

TEST(Cesql, Sql8DivisionTruncates) {
  EXPECT_EQ(answer_of("-7 / 2"), "-3");
  EXPECT_EQ(answer_of("-7 % 2"), "-1");
  EXPECT_EQ(answer_of("7 % -2"), "1");
  EXPECT_EQ(answer_of("-2147483648 % -1"), "0");
}

/// The text is silent; a filter must not let pass what it could not count.
TEST(Cesql, Sql8OverflowIsAnErrorAndWraps) {
  EXPECT_EQ(answer_of("2147483647 + 1"), "-2147483648 ! math");
  EXPECT_EQ(answer_of("-2147483648 - 1"), "2147483647 ! math");
  EXPECT_EQ(answer_of("65536 * 65536"), "0 ! math");
  EXPECT_EQ(answer_of("-2147483648 / -1"), "-2147483648 ! math");
  EXPECT_EQ(answer_of("-(-2147483648)"), "-2147483648 ! math");
  EXPECT_EQ(answer_of("2147483647 + 1 < 0"), "false ! math");
}

TEST(Cesql, Sql9LikeTakesATextInQuotes) {
  EXPECT_EQ(answer_of("type LIKE source"),
            "parse: at character 11: a text in quotes behind LIKE is expected, not source");
  EXPECT_EQ(answer_of("type NOT source"), "parse: at character 10: LIKE or IN behind NOT is expected, not source");
  EXPECT_EQ(answer_of("source LIKE '/SHOP'"), "false");
}

TEST(Cesql, Sql10RequiredAttributesAlwaysExist) {
  EXPECT_EQ(answer_of("EXISTS id AND EXISTS type AND EXISTS source AND EXISTS specversion", {}), "true");
  EXPECT_EQ(answer_of("EXISTS subject"), "false");
  EXPECT_THAT(answer_of("EXISTS 'id'"), StartsWith("parse: at character 8"));
}

TEST(Cesql, Sql11TheListIsReadUntilAnElementIsEqual) {
  EXPECT_EQ(answer_of("1 IN (1, subject)"), "true");
  EXPECT_EQ(answer_of("1 IN (subject, 1)"), "false ! missingAttribute");
  EXPECT_EQ(answer_of("1 IN ('x', 1)"), "false ! cast");
  EXPECT_EQ(answer_of("1 NOT IN ('x', 1)"), "false ! cast");
  EXPECT_EQ(answer_of("1 NOT IN (2, 3)"), "true");
  EXPECT_THAT(answer_of("1 IN ()"), StartsWith("parse: at character 7: a value is expected, not )"));
}

TEST(Cesql, Sql12WhatIsMissingMakesTheWholeItsZero) {
  EXPECT_EQ(answer_of("subject"), "false ! missingAttribute");
  EXPECT_EQ(answer_of("CONCAT('a', subject)"), "\"\" ! missingAttribute");
  EXPECT_EQ(answer_of("LENGTH(subject) + 1"), "0 ! missingAttribute");
  EXPECT_EQ(answer_of("UPPER(LEFT('abc', -2))"), "\"\" ! functionEvaluation");
}

TEST(Cesql, Sql14CastsOfTexts) {
  EXPECT_EQ(answer_of("INT('+5')"), "5");
  EXPECT_EQ(answer_of("INT('007')"), "7");
  for (const char* text : {"INT('')", "INT('+-5')", "INT(' 5')", "INT('5 ')", "INT('2147483648')", "INT('1.0')"})
    EXPECT_EQ(answer_of(text), "0 ! cast") << text;
  EXPECT_EQ(answer_of("INT('-2147483648')"), "-2147483648");
  EXPECT_EQ(answer_of("BOOL('tRuE')"), "true");
  EXPECT_EQ(answer_of("BOOL('1')"), "false ! cast");
}

TEST(Cesql, Sql15TheLeftOperandIsCastToTheTypeOfTheRight) {
  EXPECT_EQ(answer_of("5 = '5'"), "true");
  EXPECT_EQ(answer_of("5 = '05'"), "false");
  EXPECT_EQ(answer_of("'05' = 5"), "true");
  EXPECT_EQ(answer_of("'x' != 5"), "false ! cast");
  EXPECT_EQ(answer_of("TRUE = 1"), "true");
  EXPECT_EQ(answer_of("2 = TRUE"), "true");
}

TEST(Cesql, Sql16AttributesHaveTheTypesThatJsonHas) {
  auto event = event_of({{"time", "2024-01-02T03:04:05Z"}});
  event.attributes.push_back({.name = "count", .text = "5", .type = ValueType::integer});
  event.attributes.push_back({.name = "urgent", .text = "true", .type = ValueType::boolean});
  EXPECT_EQ(answer_of("count", event), "5");
  EXPECT_EQ(answer_of("urgent", event), "true");
  EXPECT_EQ(answer_of("time", event), "\"2024-01-02T03:04:05Z\"");
  EXPECT_EQ(answer_of("count + 1 > 5 AND urgent", event), "true");
}

TEST(Cesql, Sql17TextsAreCountedInCharacters) {
  EXPECT_EQ(answer_of("LENGTH('\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80')"), "3");
  EXPECT_EQ(answer_of("LEFT('\xC3\xA9t\xC3\xA9', 1)"), "\"\xC3\xA9\"");
  EXPECT_EQ(answer_of("RIGHT('\xC3\xA9t\xC3\xA9', 2)"), "\"t\xC3\xA9\"");
  EXPECT_EQ(answer_of("SUBSTRING('\xC3\xA9t\xC3\xA9s', -3, 2)"), "\"t\xC3\xA9\"");
}

TEST(Cesql, Sql17Substrings) {
  EXPECT_EQ(answer_of("SUBSTRING('abc', 2, 10)"), "\"bc\"");
  EXPECT_EQ(answer_of("SUBSTRING('abc', 2, 0)"), "\"\"");
  EXPECT_EQ(answer_of("SUBSTRING('abc', 2, -1)"), "\"\" ! functionEvaluation");
  EXPECT_EQ(answer_of("SUBSTRING('abc', 3)"), "\"c\"");
  EXPECT_EQ(answer_of("SUBSTRING('abc', 4)"), "\"\" ! functionEvaluation");
  EXPECT_EQ(answer_of("SUBSTRING('', 1)"), "\"\" ! functionEvaluation");
  EXPECT_EQ(answer_of("SUBSTRING('abc', -2147483648)"), "\"\" ! functionEvaluation");
}

TEST(Cesql, Sql17LettersOfAsciiHaveTwoCases) {
  EXPECT_EQ(answer_of("UPPER('az@[`{09\xC3\xA9')"), "\"AZ@[`{09\xC3\xA9\"");
  EXPECT_EQ(answer_of("LOWER('AZ@[`{09\xC3\x89')"), "\"az@[`{09\xC3\x89\"");
  EXPECT_EQ(answer_of("UPPER(TRUE)"), "\"TRUE\"");
}

TEST(Cesql, Sql17TrimTakesUnicodesWhiteSpace) {
  EXPECT_EQ(answer_of("TRIM('\xC2\xA0 \xE3\x80\x80"
                      "a b\t\xE2\x80\xA8')"),
            "\"a b\"");
  EXPECT_EQ(answer_of("TRIM('  ')"), "\"\"");
}

TEST(Cesql, Sql17ArgumentsAreCast) {
  EXPECT_EQ(answer_of("CONCAT(1, TRUE, 'x')"), "\"1truex\"");
  EXPECT_EQ(answer_of("CONCAT_WS(0, 1, 2, 3)"), "\"10203\"");
  EXPECT_EQ(answer_of("LEFT(12345, '2')"), "\"12\"");
  EXPECT_EQ(answer_of("ABS('x')"), "0 ! cast");
  EXPECT_EQ(answer_of("LEFT('abc', 'x')"), "\"\" ! cast");
}

TEST(Cesql, Sql18WhatNobodyCanCallFailsWhenItIsCalled) {
  EXPECT_EQ(answer_of("LENGTH()"), "false ! missingFunction");
  EXPECT_EQ(answer_of("LENGTH('a', 'b')"), "false ! missingFunction");
  EXPECT_EQ(answer_of("LENGHT(subject) > 3"), "false ! missingFunction") << "its arguments are not asked";
  EXPECT_EQ(answer_of("TRUE OR LENGHT('a') > 3"), "true");
}

TEST(Cesql, Sql18WhoeverWantsToKnowIsToldBeforehand) {
  const auto why = [](std::string_view text) {
    const auto expression = parse_cesql(text, UnknownFunctions::refused);
    return expression ? "none" : expression.error().message;
  };
  EXPECT_EQ(why("TRUE OR LENGHT('a') > B()"), "at character 9: there is no function LENGHT with 1 argument");
  EXPECT_EQ(why("SUBSTRING('a', 1, 2, 3)"), "at character 1: there is no function SUBSTRING with 4 arguments");
  EXPECT_EQ(why("LENGTH('a') > 1"), "none");
}

TEST(Cesql, Sql19TypeFunctions) {
  EXPECT_EQ(answer_of("IS_INT('12') AND IS_INT(TRUE) AND NOT IS_INT('x')"), "true");
  EXPECT_EQ(answer_of("IS_BOOL('TRUE') AND IS_BOOL(7) AND NOT IS_BOOL('x')"), "true");
  EXPECT_EQ(answer_of("STRING(-2147483648)"), "\"-2147483648\"");
}

TEST(CesqlRefusals, NameThePlaceTheExpectedAndTheFound) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "at character 1: a value is expected, not the end"},
      {"type =", "at character 7: a value is expected, not the end"},
      {"type == 'x'", "at character 7: a value is expected, not ="},
      {"(type = 'x'", "at character 12: an operator or ) is expected, not the end"},
      {"type = 'x')", "at character 11: an operator or the end is expected, not )"},
      {"type = 'x", "at character 8: a value is expected, not a text whose closing quote is missing"},
      {"type & 1",
       "at character 6: an operator or the end is expected, not a character that stands for nothing outside "
       "of quotes"},
      {"'\xC3\xA9' AND AND", "at character 9: a value is expected, not AND"},
      {"LENGTH('a'", "at character 11: an operator, a comma or ) is expected, not the end"},
      {"EXISTS (id)", "at character 8: the name of an attribute behind EXISTS is expected, not ("},
      {"1 IN 2", "at character 6: ( behind IN is expected, not 2"},
      {"a b", "at character 3: an operator or the end is expected, not b"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(answer_of(text), std::string("parse: ") + expected) << text;
  EXPECT_EQ(answer_of("'\xff'"), "parse: the expression is not UTF-8");
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t at = 0; at < times; ++at) all += text;
  return all;
}

TEST(CesqlLimits, Length) {
  const auto fits = "'" + std::string(limits::expression_bytes_max - 2, 'x') + "'";
  EXPECT_TRUE(parse_cesql(fits));
  EXPECT_EQ(parse_cesql(fits + " ").error().code, Errc::too_large);
}

TEST(CesqlLimits, Depth) {
  const auto nested = [](std::size_t depth) { return repeated("(", depth) + "1" + repeated(")", depth); };
  EXPECT_EQ(answer_of(nested(limits::depth_max - 1)), "1");
  EXPECT_THAT(answer_of(nested(limits::depth_max)), HasSubstr("64 are the most"));
  EXPECT_THAT(answer_of(repeated("NOT ", 1000) + "TRUE"), HasSubstr("64 are the most"));
  EXPECT_THAT(answer_of(repeated("-", 1000) + "a"), HasSubstr("64 are the most"));
  EXPECT_THAT(answer_of(repeated("ABS(", 1000)), HasSubstr("64 are the most"));
}

TEST(CesqlLimits, LongChainsAreNotDeep) {
  EXPECT_EQ(answer_of("FALSE" + repeated(" OR FALSE", 600) + " OR TRUE"), "true");
  EXPECT_EQ(answer_of("0" + repeated("+1", 1000)), "1000");
  EXPECT_THAT(answer_of("0" + repeated("+1", 1100)), HasSubstr("2048 are the most"));
}

TEST(CesqlLimits, ValuesAtOnce) {
  EXPECT_EQ(answer_of("LENGTH(CONCAT('a'" + repeated(",'a'", 254) + "))"), "255");
  EXPECT_THAT(answer_of("LENGTH(CONCAT('a'" + repeated(",'a'", 255) + "))"), HasSubstr("255 are the most"));
  EXPECT_EQ(answer_of("7 IN (1" + repeated(",1", 900) + ",7)"), "true");
}

TEST(CesqlLimits, Names) {
  const auto naming = [](std::size_t count) {
    std::string text = "FALSE";
    for (std::size_t at = 0; at < count; ++at) {
      const auto name = "x" + std::to_string(at);
      text += " OR (EXISTS " + name + " AND " + name + " = 'a')";
    }
    return text;
  };
  EXPECT_EQ(answer_of(naming(limits::names_max)), "false");
  EXPECT_EQ(answer_of(naming(limits::names_max), event_of({{"x63", "a"}, {"x0", "b"}})), "true");
  EXPECT_THAT(answer_of(naming(limits::names_max + 1)), HasSubstr("names of attributes: 64 are the most"));
}

TEST(CesqlLimits, TextsThatAreTooLongToBeBuiltFailClosed) {
  const auto event = event_of({{"long", std::string(limits::built_bytes_max / 2, 'x')}});
  EXPECT_EQ(answer_of("LENGTH(CONCAT(long, long))", event), "65536");
  EXPECT_EQ(answer_of("LENGTH(CONCAT(long, long, 'xx'))", event), "0 ! functionEvaluation");
  EXPECT_FALSE(passes("UPPER(long) = UPPER(CONCAT(long, long))", event));
}

TEST(CesqlLimits, LookingAtTooMuchFailsClosed) {
  const auto event = event_of({{"long", std::string(limits::characters_max / 2, 'x')}});
  EXPECT_EQ(answer_of("long LIKE '%y' OR long LIKE '%x'", event), "true");
  EXPECT_EQ(answer_of("long LIKE '%y' OR long LIKE '%y' OR long LIKE '%x'", event), "false ! functionEvaluation");
  EXPECT_EQ(answer_of("long = long AND long IN ('x', long)", event), "true");
  EXPECT_EQ(answer_of("long = long AND long = long AND long = long", event), "false ! functionEvaluation");
  EXPECT_EQ(answer_of("long = long AND long = long AND long NOT IN (long)", event), "false ! functionEvaluation");
}

}  // namespace
}  // namespace millrace::filter
