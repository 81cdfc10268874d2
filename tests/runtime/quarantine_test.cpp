// Records that their topic does not let pass, put aside while the rest of their batch is stored.

#include <gmock/gmock.h>

#include "runtime/quarantine_language.hpp"

namespace millrace::runtime {
namespace {

using testing::HasSubstr;

constexpr std::string_view topic = "orders-0";
constexpr std::string_view aside = "letters.of.orders-0";

/// A broker with the topic "orders".
struct Serving : QuarantineWorld {
  explicit Serving(std::int32_t partitions = 1, const broker::ConfigMap& more = {}) {
    start();
    auto wanted = configs();
    wanted.insert(more.begin(), more.end());
    EXPECT_EQ(create("orders", partitions, wanted), "done") << last_message;
  }
};

TEST(Quarantine, ARecordThatDoesNotPassIsALetterAndTheOthersKeepTheirPlaces) {
  using enum record::Codec;
  for (const auto codec : {none, gzip, snappy, lz4, zstd}) {
    Serving world;
    EXPECT_EQ(world.put(topic, "a -x b -y", {.codec = codec}), "at 0, aside 1, aside 3");
    EXPECT_EQ(world.put(topic, "c", {.codec = codec}), "at 4");
    EXPECT_EQ(world.stored(topic), "0:a 2:b 4:c");
    EXPECT_EQ(world.letters(aside), "1:-x 3:-y");
  }
}

TEST(Quarantine, TheAnswerSaysWhichAndWhyAndWhere) {
  Serving world(3);
  ASSERT_EQ(world.put("orders-2", "-w"), "at 0, aside 0");
  const auto got = world.produce("orders-2", mixed("a -x"));
  EXPECT_EQ(got.quarantine_topic, "letters.of.orders");
  EXPECT_EQ(got.quarantine_partition, 2);
  ASSERT_EQ(got.quarantined.size(), 1U);
  EXPECT_EQ(got.quarantined[0].index, 1);
  EXPECT_EQ(got.quarantined[0].letter, Offset(1)) << "behind the one of the batch before";
  EXPECT_THAT(got.quarantined[0].reason, HasSubstr("KAF-3"));
  EXPECT_TRUE(got.faults.empty());
}

TEST(Quarantine, ABatchOfWhichNothingIsLeftTakesItsOffsetsAlongAndItsSequence) {
  Serving world;
  EXPECT_EQ(world.put(topic, "-x -y"), "at 0, aside 0, aside 1");
  EXPECT_EQ(world.put(topic, "-z", {.producer = 7, .sequence = 0}), "at 2, aside 0");
  EXPECT_EQ(world.put(topic, "a", {.producer = 7, .sequence = 1}), "at 3");
  EXPECT_EQ(world.stored(topic), "3:a");
  EXPECT_EQ(world.letters(aside), "0:-x 1:-y 2:-z") << "no two letters are named alike";
}

TEST(Quarantine, ARetryIsPutAsideOnce) {
  Serving world;
  const broker::Sender first{.producer = 7, .sequence = 0}, second{.producer = 7, .sequence = 2};
  EXPECT_EQ(world.put(topic, "a -x", first), "at 0, aside 1");
  EXPECT_EQ(world.put(topic, "-y", second), "at 2, aside 0");
  EXPECT_EQ(world.put(topic, "-y", second), "again at 2, aside 0");
  EXPECT_EQ(world.put(topic, "a -x", first), "again at 0, aside 1");
  world.restart();
  EXPECT_EQ(world.put(topic, "a -x", first), "again at 0, aside 1") << "it was closed: the letters are there";
  EXPECT_EQ(world.letters(aside), "1:-x 2:-y");
  EXPECT_EQ(world.stored(topic), "0:a");
}

TEST(Quarantine, ARefusedBatchLeavesNoLetter) {
  Serving world;
  EXPECT_EQ(world.put(topic, "a", {.producer = 7, .sequence = 0}), "at 0");
  EXPECT_EQ(world.put(topic, "-x", {.producer = 7, .sequence = 5}), "OUT_OF_ORDER_SEQUENCE_NUMBER");
  EXPECT_EQ(world.letters(aside), "");
}

TEST(Quarantine, WhatIsPutAsideIsNoRepeatAndNothingRepeatsIt) {
  Serving world(1, {{"cloudevents.dedupe.window.ms", "60000"}});
  EXPECT_EQ(world.put(topic, "a -x"), "at 0, aside 1");
  EXPECT_EQ(world.put(topic, "-x a b -x"), "at 2, aside 0, aside 3");
  EXPECT_EQ(world.put(topic, "a -y b"), "at 6, aside 1") << "nothing of it is stored";
  EXPECT_EQ(world.put(topic, "b a"), "again at 4");
  EXPECT_EQ(world.stored(topic), "0:a 4:b");
  EXPECT_EQ(world.letters(aside), "1:-x 2:-x 5:-x 7:-y");
}

TEST(Quarantine, TheDeadLetterTopicIsMadeWithTheConfiguration) {
  QuarantineWorld world;
  world.start();
  ASSERT_EQ(world.create("orders", 3, {{"cloudevents.validation", "strict"}}), "done");
  EXPECT_EQ(world.topics(), "orders:3");
  ASSERT_EQ(world.alter("orders", "cloudevents.on.invalid", "quarantine"), "done");
  EXPECT_EQ(world.topics(), "letters.of.orders:3 orders:3");
  EXPECT_EQ(world.put("orders-1", "-x"), "at 0, aside 0");
}

TEST(Quarantine, ATopicThatTakesNoLettersIsNotWrittenTo) {
  QuarantineWorld world;
  world.start();
  ASSERT_EQ(world.create("letters.of.orders"), "done");
  EXPECT_EQ(world.create("orders", 1, QuarantineWorld::configs()), "INVALID_CONFIG");
  EXPECT_THAT(world.last_message, HasSubstr("letters.of.orders takes none"));
  EXPECT_EQ(world.topics(), "letters.of.orders:1");
  ASSERT_EQ(world.alter("letters.of.orders", "errors.deadletterqueue.group.enable", "true"), "done");
  ASSERT_EQ(world.create("orders", 1, QuarantineWorld::configs()), "done");
  EXPECT_EQ(world.put(topic, "-x"), "at 0, aside 0");
  ASSERT_EQ(world.alter("letters.of.orders", "errors.deadletterqueue.group.enable", "false"), "done");
  EXPECT_EQ(world.put(topic, "a -x"), "INVALID_RECORD");
  EXPECT_EQ(world.put(topic, "a"), "at 1");
  EXPECT_EQ(world.letters(aside), "0:-x");
}

TEST(Quarantine, ANameThatIsTooLongIsRefusedWithTheConfiguration) {
  QuarantineWorld world;
  world.start();
  EXPECT_EQ(world.create(std::string(201, 'o'), 1, QuarantineWorld::configs()), "INVALID_CONFIG");
  EXPECT_THAT(world.last_message, HasSubstr("too long"));
}

TEST(Quarantine, ADeadLetterTopicThatWasDeletedIsMadeAgain) {
  Serving world(2);
  ASSERT_EQ(world.remove("letters.of.orders"), "done");
  EXPECT_EQ(world.put(topic, "a -x"), "LEADER_NOT_AVAILABLE") << "clients try again";
  EXPECT_EQ(world.remove("none"), "UNKNOWN_TOPIC_OR_PARTITION") << "what was posted before is done now";
  EXPECT_EQ(world.topics(), "letters.of.orders:2 orders:2");
  EXPECT_EQ(world.put(topic, "a -x"), "at 0, aside 1");
  EXPECT_EQ(world.stored(topic), "0:a");
}

TEST(Quarantine, LettersOfOldRecordsAreKeptFromTheirDeathOn) {
  Serving world(1, {{"retention.ms", "86400000"}});
  world.clock.set_wall(broker::test_wall + 3 * 86'400'000LL);
  ASSERT_EQ(world.put(topic, "a -x"), "at 0, aside 1");
  const auto gone = [&](const std::string& name) {
    ASSERT_EQ(world.alter(name, "retention.ms", "86400000"), "done");
    const auto doomed = world.broker->topology()->find(name, 0)->with(
        [&](broker::Partition& partition) { return partition.retire(world.clock.now()); });
    ASSERT_TRUE(doomed);
  };
  gone("orders");
  gone("letters.of.orders");
  EXPECT_EQ(world.fetch(topic, 1), "OFFSET_OUT_OF_RANGE") << "its time is three days ago";
  EXPECT_EQ(world.letters(aside), "1:-x");
}

TEST(Quarantine, FewerPartitionsAreShared) {
  Serving world(2);
  ASSERT_EQ(world.grow("orders", 5), "done");
  EXPECT_EQ(world.put("orders-3", "-x"), "at 0, aside 0");
  EXPECT_EQ(world.letters("letters.of.orders-1"), "0:-x");
}

TEST(Quarantine, DefaultsOfTheBrokerPutAsideTooAndNotWhatIsALetter) {
  QuarantineWorld world;
  world.start();
  ASSERT_EQ(world.create("orders"), "done");
  ASSERT_EQ(world.alter_broker(std::nullopt, "cloudevents.on.invalid", "quarantine"), "done");
  EXPECT_EQ(world.topics(), "orders:1");
  ASSERT_EQ(world.alter("orders", "cloudevents.validation", "strict"), "done");
  EXPECT_EQ(world.topics(), "letters.of.orders:1 orders:1");
  EXPECT_EQ(world.put(topic, "-x"), "at 0, aside 0");
}

TEST(Quarantine, WithoutAFormOfLettersBatchesAreRefused) {
  World world;
  world.start();
  ASSERT_EQ(world.create("orders", 1, QuarantineWorld::configs()), "done");
  EXPECT_EQ(world.send(topic, "apple"), "INVALID_RECORD");
  EXPECT_EQ(world.topics(), "orders:1");
}

TEST(Quarantine, TooManyOfOneBatchRefuseIt) {
  Serving world;
  std::string line;
  for (std::size_t i = 0; i <= record::aside_max; ++i) line += "- ";
  const auto got = world.produce(topic, mixed(line));
  EXPECT_EQ(got.append.error, ErrorCode::invalid_record);
  EXPECT_THAT(got.append.message, HasSubstr("no more than 10000"));
  EXPECT_EQ(world.letters(aside), "");
  line.resize(line.size() - 2);
  EXPECT_EQ(world.produce(topic, mixed(line)).quarantined.size(), record::aside_max);
}

TEST(Quarantine, ALogThatCannotTakeLettersTakesNothing) {
  Serving world;
  world.broker->topology()->find("letters.of.orders", 0)->flush_failed({Errc::io, "broken"});
  EXPECT_EQ(world.put(topic, "a -x", {.producer = 7, .sequence = 0}), "KAFKA_STORAGE_ERROR");
  EXPECT_EQ(world.put(topic, "a -x", {.producer = 7, .sequence = 0}), "KAFKA_STORAGE_ERROR");
  EXPECT_EQ(world.stored(topic), "");
  EXPECT_EQ(world.put(topic, "b"), "at 0") << "what is fit is stored all the same";
}

}  // namespace
}  // namespace millrace::runtime
