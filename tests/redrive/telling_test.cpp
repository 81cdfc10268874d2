// What becomes of letters, told as events of the topic __millrace.events.

#include "millrace/runtime/notices.hpp"

#include <nlohmann/json.hpp>

#include "redrive/bench.hpp"

namespace millrace::redrive {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<record::OwnedRecord> notices(Bench& bench) {
  const auto partition = bench.world.broker->topology()->find("__millrace.events", 0);
  if (!partition) return {};
  const auto slice = bench.world.broker->peek(*partition, Offset(0), limits::MiB);
  return World::records_of(slice).value_or(std::vector<record::OwnedRecord>());
}

std::string header(const record::OwnedRecord& record, std::string_view name) {
  for (const auto& [key, value] : record.headers)
    if (key == name && value) return std::string(as_text(*value));
  return "none";
}

Lines told(Bench& bench) {
  Lines out;
  for (const auto& each : notices(bench)) out.push_back(header(each, "ce_type") + " " + header(each, "ce_subject"));
  return out;
}

void wait_for(Bench& bench, std::size_t count) {
  bench.world.run_until([&] { return notices(bench).size() >= count; });
}

TEST(LettersThatAreTold, AreEventsThatNameThem) {
  Bench bench;
  bench.target.notifies = true;
  bench.target.destination = "https://sink.example/hook";
  bench.serve();
  bench.send(1, "a");
  bench.reject(bench.take(), "no such account");
  bench.settle();
  wait_for(bench, 1);
  const auto all = notices(bench);
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_THAT(told(bench), ElementsAre("dev.millrace.deadletter.written s~orders~1~0~0"));
  EXPECT_EQ(header(all[0], "ce_specversion"), "1.0");
  EXPECT_EQ(header(all[0], "ce_source"), "/millrace/" + bench.world.broker->cluster_id());
  EXPECT_EQ(header(all[0], "content-type"), "application/json");
  EXPECT_EQ(as_text(*all[0].key), "s");
  const auto data = nlohmann::json::parse(as_text(*all[0].value));
  const auto where = nlohmann::json{{"topic", "dlq.s.orders"}, {"partition", 1}, {"offset", 0}};
  EXPECT_EQ(data["id"], "s~orders~1~0~0");
  EXPECT_EQ(data["group"], "s");
  EXPECT_EQ(data["topic"], "orders");
  EXPECT_EQ(data["partition"], 1);
  EXPECT_EQ(data["offset"], 0);
  EXPECT_EQ(data["reason"], "rejected");
  EXPECT_EQ(data["code"], 422);
  EXPECT_EQ(data["message"], "no such account");
  EXPECT_EQ(data["destination"], "https://sink.example/hook");
  EXPECT_EQ(data["letter"], where);
}

TEST(LettersThatAreTold, AreThoseOfWhoWantsIt) {
  Bench bench;
  bench.send(0, "a");
  (void)bench.reject_all();
  bench.settle();
  EXPECT_FALSE(bench.world.broker->topology()->find("__millrace.events"));
  bench.letters->tell_state("s", "orders", "sink-retired");
  bench.letters->tell_state("s", "orders", "");
  wait_for(bench, 2);
  EXPECT_THAT(told(bench), ElementsAre("dev.millrace.subscription.suspended s", "dev.millrace.subscription.resumed s"));
}

TEST(LettersThatAreTold, AreHeldOnceUntilOneIsWritten) {
  Bench bench;
  EXPECT_EQ(bench.world.create("dlq.s.orders", 1), "done");
  bench.policy.backoff.base = bench.policy.backoff.cap = 1s;
  bench.target.notifies = true;
  bench.serve();
  bench.send(0, "a");
  bench.send(0, "b");
  (void)bench.reject_all();
  wait_for(bench, 1);
  bench.world.clock.advance(5s);
  bench.world.run();
  EXPECT_EQ(bench.world.alter("dlq.s.orders", "errors.deadletterqueue.group.enable", "true"), "done");
  bench.world.run_until([&] {
    bench.world.clock.advance(1s);
    return bench.delivery->facts("s")[0]->archiving == 0;
  });
  wait_for(bench, 3);
  // They are tried again each for itself, so either may be the first.
  const auto all = told(bench);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0], "dev.millrace.deadletter.held s");
  EXPECT_THAT(all, testing::UnorderedElementsAre("dev.millrace.deadletter.held s",
                                                 "dev.millrace.deadletter.written s~orders~0~0~0",
                                                 "dev.millrace.deadletter.written s~orders~0~1~0"));
}

TEST(LettersThatAreTold, AreNoneOfANotice) {
  Bench bench;
  bench.target.notifies = true;
  bench.serve();
  const std::string source = "/millrace/" + bench.world.broker->cluster_id();
  const std::pair<std::string_view, std::string_view> texts[] = {{"content-type", "application/json"},
                                                                 {"ce_specversion", "1.0"},
                                                                 {"ce_id", "1"},
                                                                 {"ce_source", source},
                                                                 {"ce_type", "dev.millrace.deadletter.written"}};
  std::vector<record::HeaderView> headers;
  for (const auto& [key, value] : texts) headers.push_back({key, as_bytes(value)});
  bench.send(0, {.timestamp = 1, .key = as_bytes("s"), .value = as_bytes("{}"), .headers = headers});
  bench.send(0, "a");
  (void)bench.reject_all();
  bench.settle();
  wait_for(bench, 1);
  EXPECT_THAT(told(bench), ElementsAre("dev.millrace.deadletter.written s~orders~0~1~0"));
}

TEST(LettersThatAreTold, AreNoneOfANoticeThatWasCopiedInStructuredMode) {
  Bench bench;
  bench.target.notifies = true;
  bench.serve();
  const auto copy = [](const std::string& source) {
    return R"({"specversion":"1.0","id":"1","type":"dev.millrace.deadletter.written","source":")" + source + R"("})";
  };
  const auto cluster = bench.world.broker->cluster_id();
  const record::HeaderView headers[] = {{"content-type", as_bytes("application/cloudevents+json")}};
  const auto of_this_cluster = copy("/millrace/" + cluster), of_another = copy("/millrace/another-than-" + cluster);
  bench.send(0, {.timestamp = 1, .key = std::nullopt, .value = as_bytes(of_this_cluster), .headers = headers});
  bench.send(0, {.timestamp = 1, .key = std::nullopt, .value = as_bytes(of_another), .headers = headers});
  (void)bench.reject_all();
  bench.settle();
  wait_for(bench, 1);
  EXPECT_THAT(told(bench), ElementsAre("dev.millrace.deadletter.written s~orders~0~1~0"));
}

TEST(LettersThatAreTold, AreToldWhenTheirTimeIsOver) {
  Bench bench;
  bench.target.notifies = true;
  bench.target.retention = 100h;
  bench.serve();
  bench.send(0, "a");
  (void)bench.reject_all();
  bench.settle();
  bench.world.clock.advance(2h);
  bench.target.retention = 1h;
  bench.serve();
  wait_for(bench, 2);
  EXPECT_EQ(told(bench)[1], "dev.millrace.deadletter.expired s~orders~0~0~0");
}

TEST(Notices, AreWrittenByTheBrokerAlone) {
  Bench bench;
  EXPECT_EQ(bench.world.create("__millrace.events", 1), "INVALID_TOPIC_EXCEPTION");
  bench.letters->tell_state("s", "orders", "");
  wait_for(bench, 1);
  const auto topic = bench.world.broker->topology()->find("__millrace.events");
  ASSERT_TRUE(topic);
  EXPECT_FALSE(topic->topic->is_internal);
  EXPECT_EQ(topic->partitions.size(), 1U);
  EXPECT_EQ(topic->topic->configs.at("retention.ms"), "604800000");
  record::BatchBuilder builder;
  builder.add({.timestamp = 1, .key = std::nullopt, .value = as_bytes("x"), .headers = {}});
  auto bytes = builder.finish();
  runtime::ProduceRequest request;
  request.parts.push_back({.topic = {.name = "__millrace.events", .id = {}}, .partition = 0, .records = bytes});
  World::Produced answer;
  bench.world.broker->produce(std::move(request), answer.callback());
  EXPECT_EQ(answer.get().front().append.error, ErrorCode::invalid_topic_exception);
  EXPECT_THAT(notices(bench), SizeIs(1));
  // Its topic is deleted like others, and made anew.
  EXPECT_EQ(bench.world.remove("__millrace.events"), "done");
  bench.world.run();
  bench.letters->tell_state("s", "orders", "");
  bench.world.run_until([&] { return bench.world.broker->topology()->find("__millrace.events") != nullptr; });
}

TEST(Notices, ThatCannotBeWrittenAreCountedAndLost) {
  World world;
  world.start();
  const auto notices = std::make_shared<runtime::Notices>(*world.broker, World::silent());
  world.fake->cut_power(1);
  notices->tell({.type = "dev.millrace.test", .subject = "s", .key = "s", .json = "{}"});
  world.run_until([&] { return notices->counts().lost == 1; });
  EXPECT_EQ(notices->counts().written, 0U);
  notices->close();
  notices->tell({.type = "dev.millrace.test", .subject = "s", .key = "s", .json = "{}"});
  EXPECT_EQ(notices->counts().lost, 1U);
}

}  // namespace
}  // namespace millrace::redrive
