// The rules for attributes. A test begins with the row of docs/cloudevents.md that it holds.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "events.hpp"
#include "millrace/cloudevents/rules.hpp"

namespace millrace::cloudevents {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::string_literals;

std::string verdict(Texts more) { return verdict_of(validate(event_of(more))); }

TEST(CloudEventsCore, Core2RequiredAttributesAreThere) {
  EXPECT_THAT(validate(event_of()), IsEmpty());
  for (const std::string name : {"id", "source", "specversion", "type"}) {
    EXPECT_EQ(verdict_of(validate(event_without(name))), "CORE-2 /" + name);
    EXPECT_EQ(verdict_of(validate(event_with(name, ""))), "CORE-2 /" + name);
  }
  EXPECT_THAT(rules_of(validate(Event{})), ElementsAre("CORE-2", "CORE-2", "CORE-2", "CORE-2"));
}

TEST(CloudEventsCore, Core3SourceIsAUriReference) {
  // Examples of spec.md, "source", and of RFC 3986, 1.1.2, 3.2.2 and 5.4.
  for (const auto* text : {"https://github.com/cloudevents",
                           "mailto:cncf-wg-serverless@lists.cncf.io",
                           "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66",
                           "cloudevents/spec/pull/123",
                           "/sensors/tn-1234567/alerts",
                           "1-555-123-4567",
                           "#fragment",
                           "ftp://ftp.is.co.za/rfc/rfc1808.txt",
                           "ldap://[2001:db8::7]/c=GB?objectClass?one",
                           "news:comp.infosystems.www.servers.unix",
                           "tel:+1-816-555-1212",
                           "telnet://192.0.2.16:80/",
                           "urn:oasis:names:specification:docbook:dtd:xml:4.1.2",
                           "//g",
                           "?y",
                           "g;x=1/../y",
                           "../..",
                           "http://[::]:80",
                           "http://[::ffff:192.0.2.1]/",
                           "http://[v7.a:b]/",
                           "http://user:pw@host:/",
                           "file:///etc",
                           "a%20b",
                           "http://h%41/",
                           "http://999.1.2.3/",
                           "./a:b",
                           "a/b:c",
                           "http://a/?q=/?:@#/?"}) {
    EXPECT_TRUE(is_uri_reference(text)) << text;
  }
  for (const auto* text : {"a b",
                           "a%2",
                           "a%zz",
                           "%",
                           "1:b",
                           ":b",
                           "a#b#c",
                           "a[b",
                           "http://[::1",
                           "http://[1::2::3]/",
                           "http://[1:2:3:4:5:6:7]/",
                           "http://[1:2:3:4:5:6:7:8:9]/",
                           "http://[::1.2.3.256]/",
                           "http://[12345::]/",
                           "http://h:8x/",
                           "http://a@b@c/",
                           "a\\b",
                           "a\"b",
                           "<a>",
                           "a^b",
                           "a|b",
                           "{a}",
                           "`",
                           "caf\xC3\xA9",
                           "http://[v7.]/",
                           "http://[::1]x/",
                           "a\tb"}) {
    EXPECT_FALSE(is_uri_reference(text)) << text;
  }
  EXPECT_EQ(verdict_of(validate(event_with("source", "a b"))), "CORE-3 /source");
}

TEST(CloudEventsCore, Core6OnlyVersions10And03AreKnown) {
  EXPECT_THAT(validate(event_with("specversion", "0.3")), IsEmpty());
  for (const auto* text : {"0.9", "1.1", "1.0-rc1", "1", "0.2", "2.0", " 1.0"}) {
    const Faults faults = validate(event_with("specversion", text));
    ASSERT_THAT(faults, SizeIs(1)) << text;
    EXPECT_EQ(faults[0].problem, Problem::unsupported_specversion);
    EXPECT_EQ(faults[0].rule, "CORE-6");
  }
  // The conformance data has an empty one refused.
  EXPECT_EQ(verdict_of(validate(event_with("specversion", ""))), "CORE-2 /specversion");
}

TEST(CloudEventsCore, Core7NamesAreLowerCaseLettersAndDigits) {
  for (const auto* name : {"a", "0", "abc123", "datax", "5g"}) EXPECT_TRUE(is_attribute_name(name)) << name;
  for (const auto* name : {"", "data", "A", "aB", "a_b", "a-b", "a.b", "a b", "\xC3\xA9"}) {
    EXPECT_FALSE(is_attribute_name(name)) << name;
  }
  EXPECT_EQ(verdict({{"myExt", "x"}}), "CORE-7 /myExt");
  EXPECT_EQ(verdict({{"data", "x"}}), "CORE-7 /data");
}

TEST(CloudEventsCore, Core8LengthAndLeadingDigitsAreNoReason) {
  EXPECT_EQ(verdict({{"1st", "x"}, {"averyveryverylongattributenameindeed", "x"}}), "fine");
}

TEST(CloudEventsCore, Core9EachAttributeIsThereOnce) {
  EXPECT_EQ(verdict({{"subject", "a"}, {"subject", "a"}}), "CORE-9 /subject");
}

TEST(CloudEventsCore, Core9HoldsForManyAttributesInLittleTime) {
  Event event = event_of();
  for (int at = 0; at < 100'000; ++at) event.attributes.push_back({.name = "x" + std::to_string(at), .text = {}});
  EXPECT_THAT(validate(event), IsEmpty());
  event.attributes.push_back({.name = "x99999", .text = {}});
  EXPECT_EQ(verdict_of(validate(event)), "CORE-9 /x99999");
}

TEST(CloudEventsCore, Core11IntegersHaveThirtyTwoBits) {
  for (const auto* text : {"0", "-0", "7", "-7", "2147483647", "-2147483648"}) EXPECT_TRUE(is_integer(text)) << text;
  for (const auto* text : {"", "-", "+1", "01", "-01", "2147483648", "-2147483649", "4247483647", "42.42", "1e2",
                           "99999999999999999999", "1 ", "0x1"}) {
    EXPECT_FALSE(is_integer(text)) << text;
  }
  Event event = event_of();
  event.attributes.push_back({.name = "count", .text = "4247483647", .type = ValueType::integer});
  EXPECT_EQ(verdict_of(validate(event)), "CORE-11 /count");
}

TEST(CloudEventsCore, Core12StringsHaveNoForbiddenCharacters) {
  for (const auto& text : {""s, " "s, "plain"s, "Euro \xE2\x82\xAC \xF0\x9F\x98\x80"s, "\xC2\xA0"s, "\xEF\xBF\xBD"s,
                           "\xEF\xB7\x8F"s, "\xEF\xB7\xB0"s, "~~~~~~~~~~~~~~~~"s, "12345678\xC3\xA9"s}) {
    EXPECT_TRUE(is_string(text)) << text;
  }
  const std::pair<std::string, const char*> forbidden[] = {
      {"\0"s, "U+0000"},
      {"a\x1f"s, "U+001F"},
      {"1234567\n"s, "a line feed in the first eight"},
      {"12345678\n"s, "a line feed behind them"},
      {"1234567\x7f"s, "U+007F"},
      {"\xC2\x80"s, "U+0080"},
      {"\xC2\x9F"s, "U+009F"},
      {"\xEF\xB7\x90"s, "U+FDD0"},
      {"\xEF\xB7\xAF"s, "U+FDEF"},
      {"\xEF\xBF\xBE"s, "U+FFFE"},
      {"\xEF\xBF\xBF"s, "U+FFFF"},
      {"\xF0\x9F\xBF\xBE"s, "U+1FFFE"},
      {"\xF4\x8F\xBF\xBF"s, "U+10FFFF"},
      {"\xED\xA0\x80"s, "a surrogate"},
      {"\xC0\xA0"s, "an overlong form"},
      {"\xF4\x90\x80\x80"s, "above U+10FFFF"},
      {"\x80"s, "a continuation alone"},
      {"\xE2\x82"s, "a sequence cut short"},
  };
  for (const auto& [text, what] : forbidden) EXPECT_FALSE(is_string(text)) << what;
  EXPECT_EQ(verdict({{"subject", "a\nb"}}), "CORE-12 /subject");
  EXPECT_EQ(verdict({{"time", "\x01"}}), "CORE-12 /time");
  EXPECT_EQ(verdict({{"anything", "\xFF"}}), "CORE-12 /anything");
}

TEST(CloudEventsCore, Core13BooleansAreSpelledInLowerCase) {
  Event event = event_of();
  event.attributes.push_back({.name = "flag", .text = "True", .type = ValueType::boolean});
  EXPECT_EQ(verdict_of(validate(event)), "CORE-13 /flag");
  // As a string it is one like any other: a Python client sends it.
  event.attributes.back().type = ValueType::string;
  EXPECT_THAT(validate(event), IsEmpty());
}

TEST(CloudEventsCore, Core14ContentTypesAreMediaTypes) {
  for (const auto* text :
       {"application/json", "APPLICATION/Json", "text/plain;charset=utf-8", "text/plain; charset=\"utf-8\"",
        "application/vnd.a-b.c+json; v=1; w=\"a\\\"b;\"", "image/svg+xml", "text/plain;", "x/y ; a=b"}) {
    EXPECT_TRUE(is_media_type(text)) << text;
  }
  for (const auto* text : {"", "xyz", "/", "a/", "/b", "a/b/c", "a /b", "a/ b", "a/b;c", "a/b;c=", "a/b;=d",
                           "a/b;c=\"d", "a/b,c/d", "a/b ", " a/b", "a/b; c=d e", "t\xC3\xA9xt/plain"}) {
    EXPECT_FALSE(is_media_type(text)) << text;
  }
  EXPECT_EQ(verdict({{"datacontenttype", "xyz"}}), "CORE-14 /datacontenttype");
  EXPECT_EQ(verdict({{"datacontenttype", ""}}), "CORE-14 /datacontenttype");
}

TEST(CloudEventsCore, Core15ContentTypesMayStandWithoutData) {
  EXPECT_EQ(verdict({{"datacontenttype", "application/json"}}), "fine");
}

TEST(CloudEventsCore, Core16TheImpliedContentTypeIsSaidOutsideOfJson) {
  Event event = event_of({}, "{}");
  EXPECT_EQ(event.content_type(), std::nullopt);
  event.json_data = true;
  EXPECT_EQ(event.content_type(), "application/json");
  event.attributes.push_back({.name = "datacontenttype", .text = "Text/JSON"});
  EXPECT_EQ(event.content_type(), "Text/JSON");
}

TEST(CloudEventsCore, Core17SchemasAreUris) {
  EXPECT_EQ(verdict({{"dataschema", "https://example.com/schema#1"}}), "fine");
  EXPECT_EQ(verdict({{"dataschema", ""}}), "CORE-17 /dataschema");
  EXPECT_EQ(verdict({{"dataschema", "a b"}}), "CORE-17 /dataschema");
}

TEST(CloudEventsCore, Core17RelativeSchemasAreForgivenOnlyByTheLenient) {
  const Event event = event_of({{"dataschema", "/schema"}});
  EXPECT_THAT(validate(event, Strictness::lenient), IsEmpty());
  EXPECT_EQ(verdict_of(validate(event, Strictness::strict)), "CORE-17 /dataschema");
  EXPECT_THAT(validate(event_of({{"dataschema", "urn:s"}}), Strictness::strict), IsEmpty());
}

TEST(CloudEventsCore, Core18SubjectsAreNotEmpty) {
  EXPECT_EQ(verdict({{"subject", ""}}), "CORE-18 /subject");
  EXPECT_EQ(verdict({{"subject", " "}}), "fine");
}

TEST(CloudEventsCore, Core19TimesAreThoseOfRfc3339) {
  // The first six are RFC 3339's own examples (5.8).
  for (const auto* text :
       {"1985-04-12T23:20:50.52Z", "1996-12-19T16:39:57-08:00", "1990-12-31T23:59:60Z", "1990-12-31T15:59:60-08:00",
        "1937-01-01T12:00:27.87+00:20", "2018-04-05T17:31:00Z", "2018-04-05t17:31:00z", "2024-02-29T00:00:00Z",
        "2000-02-29T00:00:00Z", "2024-01-02T03:04:05.123456789012345678901234567890Z", "0000-01-01T00:00:00-00:00",
        "2024-01-01T00:29:60.5+00:30", "9999-12-31T23:59:59+23:59"}) {
    EXPECT_TRUE(is_timestamp(text)) << text;
  }
  for (const auto* text : {"",
                           "noon",
                           "2024-01-02",
                           "2024-01-02T03:04:05",
                           "2024-01-02 03:04:05Z",
                           "2024-1-2T03:04:05Z",
                           "2024-13-01T00:00:00Z",
                           "2024-00-01T00:00:00Z",
                           "2024-01-32T00:00:00Z",
                           "2024-01-00T00:00:00Z",
                           "2023-02-29T00:00:00Z",
                           "1900-02-29T00:00:00Z",
                           "2024-04-31T00:00:00Z",
                           "2024-01-02T24:00:00Z",
                           "2024-01-02T03:60:05Z",
                           "2024-01-02T03:04:61Z",
                           "2024-01-02T03:04:60Z",
                           "2024-01-02T03:04:05.Z",
                           "2024-01-02T03:04:05+0100",
                           "2024-01-02T03:04:05+24:00",
                           "2024-01-02T03:04:05+01:60",
                           "2024-01-02T03:04:05+01",
                           "2024-01-02T03:04:05ZZ",
                           "2024-01-02T03:04Z",
                           "+024-01-02T03:04:05Z",
                           "2024-01-02T03:04:05,5Z"}) {
    EXPECT_FALSE(is_timestamp(text)) << text;
  }
  EXPECT_EQ(verdict({{"time", "noon"}}), "CORE-19 /time");
}

TEST(CloudEventsCore, Core20ExtensionsObeyTheSameRules) {
  EXPECT_EQ(verdict({{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}), "fine");
  EXPECT_EQ(verdict({{"empty", ""}}), "fine");
  EXPECT_EQ(verdict({{"bad", "\x7f"}}), "CORE-12 /bad");
}

TEST(CloudEventsCore, EveryBrokenRuleIsListed) {
  const Event event = event_of({{"time", "noon"}, {"subject", ""}, {"dataschema", "a b"}, {"Bad", "x"}});
  EXPECT_THAT(rules_of(validate(event)), ElementsAre("CORE-19", "CORE-18", "CORE-17", "CORE-7"));
}

TEST(CloudEventsCore, AFaultNamesTheFieldTheValueAndTheRule) {
  const Faults faults = validate(event_of({{"time", "half past\nnoon"}}));
  ASSERT_THAT(faults, SizeIs(1));
  EXPECT_EQ(faults[0].detail,
            "time is \"half past\\nnoon\": must be UTF-8 without control characters, noncharacters and "
            "surrogates");
  EXPECT_EQ(faults[0].header, "");
}

TEST(CloudEventsCore, FaultsAreCutAndCounted) {
  Event event = event_of({{"time", std::string(10'000, 'x')}});
  const Faults one = validate(event);
  ASSERT_THAT(one, SizeIs(1));
  EXPECT_LT(one[0].detail.size(), 200U);
  for (int at = 0; at < 1000; ++at) event.attributes.push_back({.name = "x" + std::to_string(at), .text = "\x01"});
  EXPECT_THAT(validate(event), SizeIs(faults_max));
}

// Section 1.2: version 0.3 stays 0.3.

TEST(CloudEvents03, SchemaurlIsAUriReference) {
  Event event = event_of({{"schemaurl", "a b"}});
  EXPECT_THAT(validate(event), IsEmpty()) << "in 1.0 it is an extension";
  event.attributes[0].text = "0.3";
  EXPECT_EQ(verdict_of(validate(event)), "CORE-17 /schemaurl");
  event.attributes.back().text = "/relative";
  EXPECT_THAT(validate(event, Strictness::strict), IsEmpty());
}

TEST(CloudEvents03, AnEmptySourceIsRefused) {
  Event event = event_with("source", "");
  event.attributes[0].text = "0.3";
  EXPECT_EQ(verdict_of(validate(event)), "CORE-2 /source");
}

TEST(CloudEvents03, DataschemaIsAnExtensionThere) {
  Event event = event_of({{"dataschema", "a b"}});
  event.attributes[0].text = "0.3";
  EXPECT_THAT(validate(event), IsEmpty());
}

}  // namespace
}  // namespace millrace::cloudevents
