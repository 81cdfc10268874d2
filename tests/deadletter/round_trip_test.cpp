// Whatever dies comes back to the byte: generated records in every mode, with letters of letters.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "letters.hpp"
#include "millrace/cloudevents/kafka.hpp"
#include "millrace/cloudevents/protobuf.hpp"
#include "millrace/cloudevents/rules.hpp"

namespace millrace::deadletter {
namespace {

using delivery::Reason;

class Chance {
 public:
  explicit Chance(std::uint32_t seed) : dice_(seed) {}
  std::size_t below(std::size_t bound) { return dice_() % bound; }
  bool coin() { return below(2) == 0; }
  std::string text(std::string_view alphabet, std::size_t most) {
    std::string out;
    for (std::size_t length = below(most + 1); length > 0; --length) out += alphabet[below(alphabet.size())];
    return out;
  }
  std::string bytes(std::size_t most) {
    std::string out;
    for (std::size_t length = below(most + 1); length > 0; --length) out += static_cast<char>(below(256));
    return out;
  }
  std::string_view space() {
    constexpr std::array<std::string_view, 5> spaces{"", "", " ", "\n\t", "  \r\n"};
    return spaces[below(spaces.size())];
  }

 private:
  std::mt19937 dice_;
};

std::string json_value(Chance& chance, int depth) {
  constexpr std::array<std::string_view, 9> leaves{
      "1", "-0.50E+2", "true", "null", R"("")", R"("a\"}\\")", R"("\u0064ltopic")", R"("dlid\":[")", "\"\xC3\xA9\""};
  const std::size_t kind = depth == 0 ? 0 : chance.below(3);
  if (kind == 0) return std::string(leaves[chance.below(leaves.size())]);
  std::string out = kind == 1 ? "[" : "{";
  for (std::size_t left = chance.below(3), first = 1; left > 0; --left, first = 0) {
    if (first == 0) out += ',';
    out += chance.space();
    if (kind == 2) out.append("\"dl").append(std::to_string(left)).append("\"").append(chance.space()).append(":");
    out.append(json_value(chance, depth - 1)).append(chance.space());
  }
  return out + (kind == 1 ? ']' : '}');
}

std::string json_event(Chance& chance) {
  std::vector<std::string> members{R"("specversion":"1.0")", R"("id" : "A\\1")", R"("source":"/shop")",
                                   R"("type":"t")",          R"("dl":"mine")",   R"("dlx": 5)"};
  if (chance.coin()) members.push_back("\"data\":" + std::string(chance.space()) + json_value(chance, 4));
  if (chance.coin()) members.emplace_back(R"("tr\u0061ce":null)");
  std::string out(chance.space());
  out += '{';
  for (bool is_first = true; !members.empty(); is_first = false) {
    const auto at = members.begin() + static_cast<std::ptrdiff_t>(chance.below(members.size()));
    out.append(is_first ? "" : ",").append(chance.space()).append(*at).append(chance.space());
    members.erase(at);
  }
  return out.append("}").append(chance.space());
}

std::string protobuf_event(Chance& chance) {
  cloudevents::Event event;
  for (const char* const name : {"specversion", "id", "source", "type"})
    event.attributes.push_back({.name = name, .text = "1.0"});
  event.attributes.push_back({.name = "n", .text = "-7", .type = cloudevents::ValueType::integer});
  if (chance.coin()) event.data = chance.bytes(40);
  std::string out = to_protobuf(event);
  if (chance.coin()) out.insert(0, "\x98\x06\x2A");  // A field of a future version.
  return out;
}

Record any_record(Chance& chance) {
  HeaderTexts headers;
  std::optional<std::string> value;
  switch (chance.below(5)) {
    case 0: value = chance.bytes(60); break;
    case 1:
      headers = {{"ce_specversion", "1.0"}, {"CE_id", "1"}, {"ce_source", "/"}, {"ce_type", "t"}, {"ce_id", "2"}};
      if (chance.coin()) value = chance.bytes(60);
      break;
    case 2:
      headers = {{"Content-Type", "application/cloudevents+json; charset=utf-8"}};
      value = json_event(chance);
      if (chance.below(8) == 0) value->resize(chance.below(value->size()));
      break;
    case 3:
      headers = {{"content-type", "application/cloudevents+protobuf"}};
      value = protobuf_event(chance);
      break;
    default: headers = {{"content-type", std::nullopt}, {"ce_id", std::nullopt}}; break;
  }
  constexpr std::array<std::string_view, 5> names{"", "a", "ce_dl", "ce_", "traceparent"};
  for (std::size_t more = chance.below(5); more > 0; --more) {
    const auto text = chance.coin() ? std::optional<std::string_view>("v") : std::nullopt;
    headers.insert(headers.begin() + static_cast<std::ptrdiff_t>(chance.below(headers.size() + 1)),
                   {names[chance.below(names.size())], text});
  }
  Record record = record_of(headers, value, chance.coin() ? std::optional<std::string_view>("key") : std::nullopt);
  record.timestamp = chance.coin() ? no_timestamp : 1'700'000'000'000;
  return record;
}

Letter any_letter(Chance& chance) {
  Letter letter;
  letter.name = {"g" + chance.bytes(12), "t" + chance.text("ab._-", 6), static_cast<PartitionIndex>(chance.below(100)),
                 Offset(static_cast<std::int64_t>(chance.below(1'000'000))),
                 static_cast<std::uint32_t>(chance.below(3))};
  letter.reason = static_cast<Reason>(chance.below(delivery::newest_reason + 1));
  if (chance.coin()) letter.died_at = noon + static_cast<Timestamp>(chance.below(1'000'000));
  if (chance.coin()) letter.first_failure = static_cast<Timestamp>(chance.below(1'000'000));
  letter.attempts = static_cast<std::uint32_t>(chance.below(10));
  letter.code = static_cast<std::int32_t>(chance.below(3)) - 1;
  letter.message = chance.text("ab \"\\{}", 30);
  letter.destination = chance.text("http:/.", 30);
  for (std::size_t deaths = chance.below(4); deaths > 0; --deaths) {
    note(letter.history,
         {chance.bytes(8), static_cast<Reason>(chance.below(delivery::newest_reason + 1)),
          static_cast<std::uint32_t>(chance.below(9)), noon, noon + static_cast<Timestamp>(chance.below(9))});
  }
  return letter;
}

bool is_event(const Record& record) {
  const auto headers = headers_of(record);
  const auto view = view_of(record, headers);
  return cloudevents::from_record(headers, view.value).has_value();
}

TEST(RoundTrip, ALetterComesBackWithItsRecord) {
  int events = 0;
  for (std::uint32_t seed = 0; seed < 5'000; ++seed) {
    SCOPED_TRACE(seed);
    Chance chance(seed);
    const Record original = any_record(chance);
    const Letter letter = any_letter(chance);
    const Record record = buried(letter, original, chance.coin() ? Compat::knative : Compat::none);
    const auto read = dug_up(record);
    ASSERT_TRUE(read.has_value());
    ASSERT_EQ(read->letter, letter);
    ASSERT_EQ(read->original, original);
    ASSERT_EQ(is_event(record), is_event(original)) << value_of(record);
    if (is_event(record)) ++events;
  }
  EXPECT_GT(events, 2'000);
}

TEST(RoundTrip, HoweverOftenItDies) {
  for (std::uint32_t seed = 0; seed < 1'000; ++seed) {
    SCOPED_TRACE(seed);
    Chance chance(seed);
    const Record original = any_record(chance);
    Record record = original;
    Letter last;
    for (std::size_t deaths = 2 + chance.below(3); deaths > 0; --deaths) {
      last = any_letter(chance);
      record = buried(last, record, chance.coin() ? Compat::knative : Compat::none);
    }
    const auto read = dug_up(record);
    ASSERT_TRUE(read.has_value());
    ASSERT_EQ(read->original, original);
    ASSERT_EQ(read->letter.name, last.name);
    ASSERT_EQ(read->letter.message, last.message);
    ASSERT_GE(read->letter.history.deaths.size(), last.history.deaths.size());
    ASSERT_EQ(is_event(record), is_event(original));
  }
}

}  // namespace
}  // namespace millrace::deadletter
