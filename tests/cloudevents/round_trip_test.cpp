// Published in any way and read in any way, an event is the same: names, texts and data.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "events.hpp"
#include "millrace/cloudevents/http.hpp"
#include "millrace/cloudevents/json.hpp"
#include "millrace/cloudevents/kafka.hpp"
#include "millrace/cloudevents/media_type.hpp"
#include "millrace/cloudevents/protobuf.hpp"
#include "support/seeded_random.hpp"

namespace millrace::cloudevents {
namespace {

using support::SeededRandom;

std::string text_of(SeededRandom& random, std::size_t length_max) {
  static const std::vector<std::string> pieces{"a",
                                               "Z",
                                               "0",
                                               " ",
                                               "\"",
                                               "\\",
                                               "%",
                                               "%41",
                                               "/",
                                               ":",
                                               "~",
                                               "\xC2\xA0",
                                               "\xC3\xA9",
                                               "\xE2\x82\xAC",
                                               "\xF0\x9F\x98\x80",
                                               "\xEF\xBF\xBD",
                                               "{",
                                               "}",
                                               "null",
                                               "true",
                                               "'",
                                               "+",
                                               "=",
                                               ","};
  std::string text = "x";  // Headers do not keep spaces at the ends when they are not encoded, and nothing is no id.
  const auto count = random.below(length_max);
  for (std::uint64_t at = 0; at < count; ++at) text += pieces[random.below(pieces.size())];
  return text;
}

std::string json_value(SeededRandom& random, int depth) {
  switch (random.below(depth > 0 ? 7 : 5)) {
    case 0: return "null";
    case 1: return random.chance(50) ? "true" : "false";
    case 2: return std::to_string(static_cast<std::int64_t>(random.next()));
    case 3: return "-1.50e+3";
    case 4: return "\"\\u00e9\\\" \xE2\x82\xAC\"";
    case 5: return "[ " + json_value(random, depth - 1) + "," + json_value(random, depth - 1) + "]";
    default: return "{\"a\" :" + json_value(random, depth - 1) + ",\n\"a\":" + json_value(random, depth - 1) + " }";
  }
}

std::string bytes_of(SeededRandom& random) {
  std::string bytes(1 + random.below(50), '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.below(256));
  return bytes;
}

constexpr std::string_view time_sent = "2024-01-02T03:04:05.6780000+01:00";
constexpr std::string_view time_in_protobuf = "2024-01-02T02:04:05.678Z";  ///< all that is left of it (PB-6)

Event event_of(SeededRandom& random) {
  Event event;
  const auto add = [&event](const std::string& name, std::string text) {
    event.attributes.push_back({.name = name, .text = std::move(text)});
  };
  add("specversion", random.chance(80) ? "1.0" : "0.3");
  add("id", text_of(random, 20));
  add("source", random.chance(50) ? "/a/b%20c" : "https://example.com/?q=1#f");
  add("type", text_of(random, 20));
  if (random.chance(50)) add("time", std::string(time_sent));
  if (random.chance(50)) add("subject", text_of(random, 30));
  if (random.chance(30)) add("dataschema", "urn:schema:1");
  for (std::uint64_t at = random.below(6); at > 0; --at)
    add("ext" + std::to_string(at), text_of(random, 30).substr(random.below(2)));
  switch (random.below(7)) {
    case 0: break;
    case 1:
      add("datacontenttype", random.chance(50) ? "application/json" : "Application/x+JSON; a=b");
      event.data = random.chance(80) ? json_value(random, 3) : bytes_of(random);
      break;
    case 2:
      add("datacontenttype", "text/plain; charset=utf-8");
      event.data = random.chance(80) ? text_of(random, 50) : bytes_of(random);
      break;
    case 3:
      add("datacontenttype", "application/octet-stream");
      event.data = bytes_of(random);
      break;
    case 4: event.data = bytes_of(random); break;
    case 5:
      add("datacontenttype", "application/protobuf");
      event.data = bytes_of(random);
      break;
    default: add("datacontenttype", "image/png"); break;
  }
  return event;
}

enum class Path {
  http_binary,
  structured,
  batch,
  kafka_binary,
  kafka_structured,
  protobuf,
  protobuf_batch,
  kafka_protobuf
};
constexpr Path paths[] = {Path::http_binary,      Path::structured, Path::batch,          Path::kafka_binary,
                          Path::kafka_structured, Path::protobuf,   Path::protobuf_batch, Path::kafka_protobuf};

Judged<Event> through_record(const Event& event, Storage storage) {
  const StoredEvent stored = to_record(event, storage);
  const StoredRecord record(stored.headers, stored.value);
  const auto& view = record.view();
  for (const auto validation : {Validation::binary_or_structured, Validation::strict}) {
    const auto fault = check_record(view.headers, view.header_count, view.value, validation);
    EXPECT_FALSE(fault) << fault->detail;
  }
  return from_record(record.cursor(), view.value);
}

/// Written in that way, and read again.
Judged<Event> through(Path path, const Event& event) {
  switch (path) {
    case Path::http_binary: {
      const auto written = http_headers_of(event);
      std::vector<HeaderField> headers;
      for (const auto& [name, value] : written) headers.push_back({name, value});
      return from_http(event.content_type(), headers, event.data.value_or(""), Strictness::strict);
    }
    case Path::structured: return parse_json(to_json(event));
    case Path::batch: {
      const std::vector<Event> two{event, event};
      auto events = parse_json_batch(to_json_batch(two));
      if (!events) return tl::unexpected(events.error());
      return events->at(1);
    }
    case Path::kafka_binary: return through_record(event, Storage::binary);
    case Path::kafka_structured: return through_record(event, Storage::structured);
    case Path::protobuf: return parse_protobuf(to_protobuf(event), Strictness::strict);
    case Path::protobuf_batch: {
      const std::vector<Event> two{event, event};
      auto events = parse_protobuf_batch(to_protobuf_batch(two));
      if (!events) return tl::unexpected(events.error());
      return events->at(1);
    }
    case Path::kafka_protobuf: return through_record(event, Storage::protobuf);
  }
  return Event{};
}

bool is_protobuf(Path path) {
  return path == Path::protobuf || path == Path::protobuf_batch || path == Path::kafka_protobuf;
}

std::vector<std::pair<std::string, std::string>> texts_of(const Event& event) {
  std::vector<std::pair<std::string, std::string>> texts;
  for (const Attribute& one : event.attributes) {
    if (one.name != "datacontenttype") texts.emplace_back(one.name, one.text);
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

TEST(CloudEventsRoundTrip, PublishedInAnyWayAndReadInAnyWayItIsTheSame) {
  const auto seed = support::seed_from_env();
  for (std::uint64_t round = 0; round < 500; ++round) {
    SeededRandom random(seed + round);
    const Event event = event_of(random);
    ASSERT_THAT(validate(event, Strictness::strict), testing::IsEmpty()) << "seed " << seed + round;
    Event moved = event;
    for (Attribute& one : moved.attributes) {
      if (one.name == "time") one.text = time_in_protobuf;
    }
    const auto in_protobuf = texts_of(moved);
    for (const Path publish : paths) {
      const auto stored = through(publish, event);
      ASSERT_TRUE(stored) << "seed " << seed + round << ' ' << stored.error().front().detail << ' ' << to_json(event);
      for (const Path read : paths) {
        const auto seen = through(read, *stored);
        ASSERT_TRUE(seen) << "seed " << seed + round << ' ' << seen.error().front().detail;
        ASSERT_EQ(texts_of(*seen), is_protobuf(publish) || is_protobuf(read) ? in_protobuf : texts_of(event))
            << "seed " << seed + round;
        ASSERT_EQ(seen->data, event.data) << "seed " << seed + round << ' ' << to_json(event);
        if (event.content_type()) {
          ASSERT_EQ(seen->content_type(), event.content_type()) << "seed " << seed + round;
        }
      }
    }
  }
}

TEST(CloudEventsRoundTrip, Json3TypesSurviveWhereJsonIsKept) {
  const auto event = parse_json(json_of("\"flag\":true,\"count\":5,\"text\":\"5\""));
  ASSERT_TRUE(event);
  EXPECT_EQ(*through(Path::kafka_structured, *event), *event);
  EXPECT_EQ(through(Path::kafka_binary, *event)->find("count")->type, ValueType::string)
      << "headers know no types (D1)";
}

TEST(CloudEventsRoundTrip, Pb3TypesSurviveWhereProtobufIsKept) {
  Event event = cloudevents::event_of();
  event.attributes.push_back({.name = "flag", .text = "true", .type = ValueType::boolean});
  event.attributes.push_back({.name = "count", .text = "-5", .type = ValueType::integer});
  event.attributes.push_back({.name = "bytes", .text = "TWE=", .type = ValueType::binary});
  event.attributes.push_back({.name = "where", .text = "urn:a", .type = ValueType::uri});
  event.attributes.push_back({.name = "near", .text = "a/b", .type = ValueType::uri_reference});
  event.attributes.push_back({.name = "since", .text = "2024-01-02T03:04:05Z", .type = ValueType::timestamp});
  EXPECT_EQ(*through(Path::kafka_protobuf, event), event);
  const auto in_json = through(Path::kafka_structured, event);
  EXPECT_EQ(in_json->find("flag")->type, ValueType::boolean);
  EXPECT_EQ(*in_json->find("since"), (Attribute{.name = "since", .text = "2024-01-02T03:04:05Z"}));
}

TEST(CloudEventsRoundTrip, Core23SixtyFourKibibytesPassInEveryWay) {
  Event event = cloudevents::event_of({{"subject", std::string(64 * 1024, 'x')}});
  event.attributes.push_back({.name = "ext", .text = "caf\xC3\xA9"});
  for (const Path path : paths) EXPECT_EQ(texts_of(*through(path, event)), texts_of(event));
}

}  // namespace
}  // namespace millrace::cloudevents
