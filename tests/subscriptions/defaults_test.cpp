// What subscriptions do where their owners say nothing.

#include "millrace/subscriptions/defaults.hpp"

#include <gmock/gmock.h>

namespace millrace::subscriptions {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::StartsWith;

constexpr std::string_view silent = R"({"config":{"topic":"orders"}})";

Inheritance inheritance() {
  return {.cluster = {{"maxattempts", "3"}, {"backoffbase", "50"}, {"contentmode", "batch"}, {"maxage", "60000"}},
          .topics = {{"orders", {{"maxattempts", "7"}, {"breaker", "off"}}}}};
}

std::string refused(std::string_view json) {
  const auto read = read_defaults(json);
  return read ? "none" : read.error().front().pointer + ": " + read.error().front().detail;
}

TEST(Defaults, OfTheTopicCountBeforeTheClusters) {
  const auto ours = read(silent, inheritance()).value();
  EXPECT_EQ(ours.config.attempts_max, 7);
  EXPECT_EQ(ours.config.backoff.base, Milliseconds(50));
  EXPECT_EQ(ours.config.backoff.factor_percent, Config().backoff.factor_percent);
  EXPECT_FALSE(ours.config.has_breaker);
  EXPECT_EQ(ours.config.content_mode, ContentMode::binary) << "it says nothing of who is asked for events";
  const auto others = read(R"({"config":{"topic":"bills"}})", inheritance()).value();
  EXPECT_EQ(others.config.attempts_max, 3);
  EXPECT_TRUE(others.config.has_breaker);
  const auto pushed =
      read(R"({"sink":"https://a.example/","protocol":"HTTP","config":{"topic":"orders"}})", inheritance()).value();
  EXPECT_EQ(pushed.config.content_mode, ContentMode::batch);
}

TEST(Defaults, CountWhereTheOwnerSaysNothing) {
  const auto said =
      read(R"({"config":{"topic":"orders","maxattempts":7,"maxage":"none","backoffbase":9}})", inheritance()).value();
  EXPECT_EQ(said.config.age_max, std::nullopt);
  EXPECT_EQ(said.config.backoff.base, Milliseconds(9));
  const auto later = inherit(said, {}).value();
  EXPECT_EQ(later.config.attempts_max, 7) << "it was said, though it was what it would have inherited";
  EXPECT_EQ(later.config.age_max, std::nullopt);
  EXPECT_TRUE(later.config.has_breaker);
  EXPECT_THAT(inherited(said, inheritance()), ElementsAre(Pair("breaker", Origin::topic)));
  EXPECT_THAT(inherited(said, {}), IsEmpty());
}

TEST(Defaults, AreFollowed) {
  const auto before = read(silent, inheritance()).value();
  EXPECT_THAT(inherited(before, inheritance()),
              ElementsAre(Pair("backoffbase", Origin::cluster), Pair("breaker", Origin::topic),
                          Pair("maxage", Origin::cluster), Pair("maxattempts", Origin::topic)));
  EXPECT_EQ(inherit(before, inheritance()), before);
  EXPECT_EQ(inherit(before, {}), read(silent)) << "as if there had been none";
  EXPECT_EQ(inherit(read(silent).value(), inheritance()), before);
}

TEST(Defaults, AreNotSaidByWhoPutsBackWhatWasRead) {
  const auto before = read(silent, inheritance()).value();
  const auto shown = to_json(before, Secrets::hidden);
  EXPECT_THAT(shown, HasSubstr(R"("maxattempts":"7")"));
  EXPECT_EQ(read_update(shown, before, inheritance()), before);
  auto changed = shown;
  changed.replace(changed.find(R"("maxattempts":"7")"), 17, R"("maxattempts":"8")");
  const auto after = read_update(changed, before, inheritance()).value();
  EXPECT_EQ(after.config.attempts_max, 8);
  EXPECT_EQ(inherit(after, {}).value().config.attempts_max, 8);
  EXPECT_EQ(inherit(after, {}).value().config.backoff.base, Config().backoff.base) << "still inherited";
  // Not said any more, it is inherited again.
  EXPECT_EQ(read_update(silent, after, inheritance()).value().config.attempts_max, 7);
}

TEST(Defaults, AreNoPartOfWhatIsKept) {
  auto said = read(R"({"config":{"topic":"orders","maxattempts":"7","maxage":"none"}})", inheritance()).value();
  said.id = "s-1";
  const auto kept = to_json(said, Secrets::kept);
  EXPECT_EQ(kept, R"({"id":"s-1","config":{"topic":"orders","startfrom":"latest","maxage":"none","maxattempts":"7"}})");
  EXPECT_EQ(restore(kept, inheritance()), said);
  EXPECT_EQ(restore(kept, {}).value().config.backoff.base, Config().backoff.base);
}

TEST(Defaults, AreNoMatterToWhatAVersionWithoutThemHasKept) {
  auto before = read(silent).value();
  before.id = "s-1";
  // It wrote every key that has a value, as readers are told them.
  const auto kept = restore(to_json(before, Secrets::hidden), inheritance()).value();
  EXPECT_EQ(kept.config.attempts_max, Config().attempts_max);
  EXPECT_EQ(kept.config.backoff, Config().backoff);
  EXPECT_EQ(kept.config.age_max, Milliseconds(60'000)) << "that had none";
}

TEST(Defaults, OfWhatIsAListCanBeSaidAway) {
  const Inheritance all{.cluster = {{"retryon", "404"}}};
  const std::string hook = R"({"sink":"https://a.example/","protocol":"HTTP","config":{"topic":"orders")";
  EXPECT_EQ(read(hook + "}}", all).value().config.retry_on, "404");
  auto without = read(hook + R"(,"retryon":""}})", all).value();
  EXPECT_EQ(without.config.retry_on, "");
  without.id = "s-1";
  EXPECT_EQ(restore(to_json(without, Secrets::kept), all), without);
}

TEST(Defaults, AreWrittenAsTheyAreRead) {
  const auto read = read_defaults(R"({"maxattempts":3,"ordering":"none","notify":null,"breaker":"off"})").value();
  EXPECT_THAT(read, ElementsAre(Pair("breaker", "off"), Pair("maxattempts", "3"), Pair("ordering", "none")));
  EXPECT_EQ(to_json(read), R"({"breaker":"off","maxattempts":"3","ordering":"none"})");
  EXPECT_EQ(read_defaults(to_json(read)), read);
  EXPECT_THAT(read_defaults("{}").value(), IsEmpty());
}

TEST(Defaults, AreRefusedByName) {
  EXPECT_EQ(refused("[]"), ": the object of defaults is not a JSON object");
  EXPECT_EQ(refused(R"({"maxattempts":"0"})"),
            R"(/maxattempts: maxattempts is "0", but must be a whole number from 1 to 1000)");
  EXPECT_EQ(refused(R"({"maxattempts":[]})"), "/maxattempts: maxattempts must be a string, a number or a boolean");
  EXPECT_EQ(refused(R"({"patience":"1"})"), R"(/patience: "patience" is no key of config)");
  EXPECT_EQ(refused(R"({"failon":"200"})").substr(0, 16), "/failon: failon:");
  for (const auto* const own : {"topic", "startfrom", "deadlettertopic"}) {
    EXPECT_EQ(refused(R"({")" + std::string(own) + R"(":"orders"})"),
              "/" + std::string(own) + ": " + own + " is each subscription's own, and has no default");
  }
}

TEST(Defaults, ObeyTheRulesTogether) {
  EXPECT_TRUE(check(inheritance()));
  EXPECT_TRUE(check({.cluster = {{"backoffcap", "40"}, {"backoffbase", "30"}}}));
  const auto alone = check({.cluster = {{"backoffcap", "40"}}});
  ASSERT_FALSE(alone);
  EXPECT_THAT(alone.error().front().detail, HasSubstr("backoff"));
  const auto of_topic = check({.cluster = {{"retryon", "404"}}, .topics = {{"orders", {{"failon", "404"}}}}});
  ASSERT_FALSE(of_topic);
  EXPECT_THAT(of_topic.error().front().detail, StartsWith("of topic \"orders\": "));
}

TEST(Defaults, ThatClashWithWhatAnOwnerSaysAreToldSo) {
  const auto said = read(R"({"config":{"topic":"orders","backoffbase":"400"}})").value();
  const auto after = inherit(said, {.cluster = {{"backoffbase", "30"}, {"backoffcap", "40"}}});
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().front().pointer, "/backoffcap");
}

}  // namespace
}  // namespace millrace::subscriptions
