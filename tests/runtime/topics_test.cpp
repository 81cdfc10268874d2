// Topics through the whole engine: made, written, deleted, opened again.

#include "runtime/world.hpp"

namespace millrace::runtime {
namespace {

using support::Crash;

TEST(BrokerTopics, OpenAnEmptyDirectoryAndServe) {
  World world;
  world.start();
  EXPECT_EQ(world.topics(), "");
  EXPECT_EQ(world.create("orders", 2), "done");
  EXPECT_EQ(world.topics(), "orders:2");
  EXPECT_EQ(world.create("orders"), "TOPIC_ALREADY_EXISTS");
  EXPECT_EQ(world.send("orders-0", "apple"), "at 0");
  EXPECT_EQ(world.send("orders-1", "pear"), "at 0");
  EXPECT_EQ(world.send("orders-0", "plum"), "at 1");
  EXPECT_EQ(world.fetch("orders-0"), "apple plum");
  EXPECT_EQ(world.fetch("orders-1"), "pear");
  EXPECT_EQ(world.send("orders-2", "quince"), "UNKNOWN_TOPIC_OR_PARTITION");
  EXPECT_EQ(world.send("nowhere-0", "quince"), "UNKNOWN_TOPIC_OR_PARTITION");
}

TEST(BrokerTopics, AreWrittenByTheBrokerAloneWhenInternal) {
  World world;
  world.start();
  EXPECT_EQ(world.send("__millrace_metadata-0", "forged"), "INVALID_TOPIC_EXCEPTION");
  EXPECT_EQ(world.remove("__millrace_metadata"), "INVALID_TOPIC_EXCEPTION");
  EXPECT_EQ(world.delete_records("__millrace_metadata-0", -1), "INVALID_TOPIC_EXCEPTION");
}

TEST(BrokerTopics, AreThereAfterACleanRestart) {
  World world;
  world.start();
  (void)world.create("orders", 3);
  (void)world.send("orders-1", "apple");
  const auto id = world.id_of("orders");
  const auto cluster = world.broker->cluster_id();
  world.restart();
  EXPECT_EQ(world.topics(), "orders:3");
  EXPECT_EQ(world.id_of("orders"), id);
  EXPECT_EQ(world.broker->cluster_id(), cluster);
  EXPECT_EQ(world.fetch("orders-1"), "apple");
  EXPECT_EQ(world.send("orders-1", "pear"), "at 1");
}

TEST(BrokerTopics, KeepWhatWasAcknowledgedInACrash) {
  for (const auto how : support::all_crashes) {
    World world;
    world.start();
    (void)world.create("orders", 2);
    const auto id = world.id_of("orders");
    EXPECT_EQ(world.send("orders-0", "apple"), "at 0");
    EXPECT_EQ(world.send("orders-0", "pear"), "at 1");
    world.crash_and_start(how, 3);
    EXPECT_EQ(world.topics(), "orders:2");
    EXPECT_EQ(world.id_of("orders"), id);
    EXPECT_EQ(world.fetch("orders-0"), "apple pear");
    EXPECT_EQ(world.send("orders-0", "plum"), "at 2");
  }
}

TEST(BrokerTopics, TellNobodyOfWhatIsNotDurable) {
  World world;
  world.start();
  (void)world.create("orders");
  world.disk->hold();
  auto answer = world.begin_send("orders-0", "apple");
  world.disk->wait_until_waiting();
  EXPECT_FALSE(answer.came());
  EXPECT_EQ(world.latest("orders-0"), "0");
  world.disk->release();
  EXPECT_EQ(World::line_of(std::move(answer)), "at 0");
  EXPECT_EQ(world.latest("orders-0"), "1");
}

TEST(BrokerTopics, AnswerAnErrorWhenTheFlushFails) {
  World world;
  world.start();
  (void)world.create("orders", 2);
  world.fake->fail(1, Errc::io, support::Call::sync);
  EXPECT_EQ(world.send("orders-0", "apple"), "KAFKA_STORAGE_ERROR");
  EXPECT_EQ(world.send("orders-0", "apple"), "KAFKA_STORAGE_ERROR") << "a log whose flush failed takes nothing more";
  EXPECT_EQ(world.send("orders-1", "pear"), "at 0") << "its neighbour goes on";
}

TEST(BrokerTopics, AreGoneWhenDeletedAndTheirNameIsFreeAtOnce) {
  World world;
  world.start();
  (void)world.create("orders", 2);
  const auto id = world.id_of("orders");
  (void)world.send("orders-0", "old");
  EXPECT_EQ(world.remove("orders"), "done");
  EXPECT_EQ(world.topics(), "");
  EXPECT_EQ(world.send("orders-0", "late"), "UNKNOWN_TOPIC_OR_PARTITION");
  EXPECT_EQ(world.remove("orders"), "UNKNOWN_TOPIC_OR_PARTITION");
  EXPECT_EQ(world.create("orders"), "done");
  EXPECT_NE(world.id_of("orders"), id);
  EXPECT_EQ(world.latest("orders-0"), "0");
  EXPECT_EQ(world.send("orders-0", "new"), "at 0");
  EXPECT_EQ(world.fetch("orders-0"), "new");
}

TEST(BrokerTopics, GiveTheirFilesBackWhenDeleted) {
  World world;
  world.start();
  (void)world.create("orders", 2);
  (void)world.send("orders-0", "old");
  EXPECT_TRUE(world.has_directory("orders-0/"));
  (void)world.remove("orders");
  ASSERT_TRUE(world.broker->close());
  EXPECT_FALSE(world.has_directory("orders-"));
  for (const auto& path : world.fake->files()) EXPECT_EQ(path.find(".deleted"), std::string::npos) << path;
}

/// A topic of three segments, the first two of which are then deleted.
void delete_two_segments(World& world, const std::string& delay_ms) {
  const std::string half(40'000, 'x');
  EXPECT_EQ(world.create("orders", 1, {{"segment.bytes", "65536"}, {"file.delete.delay.ms", delay_ms}}), "done");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(world.send("orders-0", half), "at " + std::to_string(i));
  EXPECT_EQ(world.delete_records("orders-0", 2), "from 2");
}

const std::string first_segment = "orders-0/00000000000000000000.log";

TEST(BrokerTopics, KeepTheFilesOfDeletedSegmentsForTheTimeThatWasSet) {
  World world;
  world.start();
  delete_two_segments(world, "3600000");
  world.run_until([&] { return world.has_directory(first_segment + ".deleted"); });
  EXPECT_EQ(world.fetch("orders-0", 0), "OFFSET_OUT_OF_RANGE") << "to readers they are gone at once";
  world.restart();
  EXPECT_FALSE(world.has_directory(first_segment));
  EXPECT_EQ(world.fetch("orders-0", 2), std::string(40'000, 'x'));
}

TEST(BrokerTopics, FreeTheFilesOfDeletedSegmentsOnceTheirTimeHasCome) {
  World world;
  world.start();
  delete_two_segments(world, "1");
  world.run_until([&] { return !world.has_directory(first_segment); });
}

TEST(BrokerTopics, KeepTheirFilesForTheTimeThatWasSetWhenDeleted) {
  World world;
  world.start();
  EXPECT_EQ(world.create("orders", 1, {{"file.delete.delay.ms", "3600000"}}), "done");
  EXPECT_EQ(world.send("orders-0", "apple"), "at 0");
  const auto kept = world.id_of("orders").to_string() + "-0.deleted/";
  EXPECT_EQ(world.remove("orders"), "done");
  EXPECT_EQ(world.create("orders"), "done") << "the name is free at once";
  EXPECT_TRUE(world.has_directory(kept));
  world.restart();
  world.run_until([&] { return !world.has_directory(kept); });
  EXPECT_EQ(world.latest("orders-0"), "0");
}

TEST(BrokerTopics, KeepWhatFlushMessagesPromisesInACrash) {
  World world;
  world.start();
  EXPECT_EQ(world.create("orders", 1, {{"millrace.durability", "os"}, {"flush.messages", "2"}}), "done");
  EXPECT_EQ(world.send("orders-0", "apple"), "at 0");
  EXPECT_EQ(world.send("orders-0", "pear"), "at 1");
  world.crash_and_start(Crash::lose);
  EXPECT_EQ(world.fetch("orders-0"), "apple pear");
}

TEST(BrokerTopics, OfTheSameNameInheritNothingAfterACrash) {
  World world;
  world.start();
  (void)world.create("orders");
  for (int i = 0; i < 20; ++i) (void)world.send("orders-0", "old");
  EXPECT_EQ(world.delete_records("orders-0", 15), "from 15");  // and a checkpoint that says so
  EXPECT_EQ(world.remove("orders"), "done");
  EXPECT_EQ(world.create("orders"), "done");
  EXPECT_EQ(world.send("orders-0", "apple"), "at 0");
  EXPECT_EQ(world.send("orders-0", "pear"), "at 1");
  for (const auto how : support::all_crashes) {
    world.crash_and_start(how, 7);
    EXPECT_EQ(world.fetch("orders-0"), "apple pear");
  }
  EXPECT_EQ(world.send("orders-0", "plum"), "at 2");
}

TEST(BrokerTopics, KeepTheirNewStartAfterDeletingRecords) {
  World world;
  world.start();
  (void)world.create("orders");
  for (const auto* text : {"a", "b", "c", "d"}) (void)world.send("orders-0", text);
  EXPECT_EQ(world.delete_records("orders-0", 2), "from 2");
  EXPECT_EQ(world.delete_records("orders-0", 9), "OFFSET_OUT_OF_RANGE");
  EXPECT_EQ(world.fetch("orders-0", 0), "OFFSET_OUT_OF_RANGE");
  world.restart();
  EXPECT_EQ(world.fetch("orders-0", 0), "OFFSET_OUT_OF_RANGE");
  EXPECT_EQ(world.fetch("orders-0", 2), "c d");
  EXPECT_EQ(world.delete_records("orders-0", -1), "from 4");
  world.crash_and_start();
  EXPECT_EQ(world.fetch("orders-0", 3), "OFFSET_OUT_OF_RANGE");
  EXPECT_EQ(world.send("orders-0", "e"), "at 4");
}

TEST(BrokerTopics, LeaveADirectoryAloneThatIsNotTheirs) {
  World world;
  world.start();
  ASSERT_TRUE(world.fake->make_directory("orders-0"));
  world.fake->set_content("orders-0/precious", as_bytes("somebody's"));
  EXPECT_EQ(world.create("orders"), "done");
  EXPECT_EQ(world.fake->content("lost+found/orders-0/precious"), to_bytes("somebody's"));
  EXPECT_EQ(world.send("orders-0", "apple"), "at 0");
}

TEST(BrokerTopics, SweepAsideWhatNoTopicOwnsAndDeleteOnlyWhatTheyPutAway) {
  World world;
  world.start();
  (void)world.create("orders");
  (void)world.send("orders-0", "apple");
  ASSERT_TRUE(world.broker->close());
  world.end();
  for (const auto* stray : {"strange-0", "backup.deleted", "my-0.deleted"}) {
    ASSERT_TRUE(world.fake->make_directory(stray));
    world.fake->set_content(std::string(stray) + "/precious", as_bytes("somebody's"));
  }
  world.fake->restart();
  world.start();
  ASSERT_TRUE(world.broker->close());
  for (const auto* stray : {"strange-0", "backup.deleted", "my-0.deleted"}) {
    EXPECT_EQ(world.fake->content("lost+found/" + std::string(stray) + "/precious"), to_bytes("somebody's")) << stray;
  }
  EXPECT_TRUE(world.has_directory("orders-0/"));
}

TEST(BrokerTopics, RefuseProduceWhileTheDiskIsNearlyFull) {
  World world;
  world.fake->set_capacity(10 * 1024 * 1024);
  world.options.free_bytes_min = 1024;
  world.start();
  (void)world.create("orders");
  EXPECT_EQ(world.send("orders-0", "apple"), "at 0");
  world.options.free_bytes_min = 100 * 1024 * 1024;
  world.broker->reconfigure(world.options);
  EXPECT_EQ(world.send("orders-0", "pear"), "KAFKA_STORAGE_ERROR");
  EXPECT_EQ(world.fetch("orders-0"), "apple");
  world.options.free_bytes_min = 1024;
  world.broker->reconfigure(world.options);
  EXPECT_EQ(world.send("orders-0", "plum"), "at 1");
}

TEST(BrokerTopics, GoOnWhenAFullDiskHasRoomAgain) {
  World world;
  world.start();
  (void)world.create("orders");
  EXPECT_EQ(world.send("orders-0", "apple"), "at 0");
  world.fake->set_capacity(0);
  EXPECT_EQ(world.send("orders-0", "pear"), "KAFKA_STORAGE_ERROR");
  world.fake->set_capacity(std::nullopt);
  EXPECT_EQ(world.send("orders-0", "plum"), "at 1");
  world.crash_and_start();
  EXPECT_EQ(world.fetch("orders-0"), "apple plum");
}

TEST(BrokerTopics, CanBeCreatedAgainAfterTheDiskWasFull) {
  World world;
  world.start();
  world.fake->set_capacity(0);
  EXPECT_EQ(world.create("orders", 2), "KAFKA_STORAGE_ERROR");
  world.fake->set_capacity(std::nullopt);
  EXPECT_EQ(world.create("orders", 2), "done");
  EXPECT_EQ(world.send("orders-1", "apple"), "at 0");
}

TEST(BrokerTopics, GrowWhileTheyServe) {
  World world;
  world.start();
  (void)world.create("orders", 1, {{"max.message.bytes", "200"}});
  EXPECT_EQ(world.send("orders-0", "apple"), "at 0");
  EXPECT_EQ(world.send("orders-1", "early"), "UNKNOWN_TOPIC_OR_PARTITION");
  EXPECT_EQ(world.grow("orders", 3), "done");
  EXPECT_EQ(world.topics(), "orders:3");
  EXPECT_EQ(world.send("orders-2", "pear"), "at 0");
  EXPECT_EQ(world.send("orders-1", std::string(300, 'x')), "MESSAGE_TOO_LARGE") << "new partitions follow the topic";
  EXPECT_EQ(world.grow("orders", 3), "INVALID_PARTITIONS");
  EXPECT_EQ(world.grow("nowhere", 3), "UNKNOWN_TOPIC_OR_PARTITION");
  world.crash_and_start();
  EXPECT_EQ(world.topics(), "orders:3");
  EXPECT_EQ(world.fetch("orders-0"), "apple");
  EXPECT_EQ(world.fetch("orders-2"), "pear");
  EXPECT_EQ(world.remove("orders"), "done");
  EXPECT_EQ(world.create("orders", 3), "done") << "all of its directories are out of the way";
  EXPECT_EQ(world.fetch("orders-2"), "nothing");
}

TEST(BrokerTopics, FollowTheirAlteredConfigurationAtOnceAndAfterACrash) {
  World world;
  world.start();
  (void)world.create("orders", 2);
  const std::string large(300, 'x');
  EXPECT_EQ(world.send("orders-1", large), "at 0");
  EXPECT_EQ(world.alter("orders", "max.message.bytes", "200"), "done");
  EXPECT_EQ(world.send("orders-1", large), "MESSAGE_TOO_LARGE");
  EXPECT_EQ(world.alter("orders", "max.message.bytes", "little"), "INVALID_CONFIG");
  EXPECT_EQ(world.grow("orders", 3), "done");
  EXPECT_EQ(world.send("orders-2", large), "MESSAGE_TOO_LARGE") << "a growth keeps what was altered";
  world.crash_and_start();
  EXPECT_EQ(world.send("orders-0", large), "MESSAGE_TOO_LARGE");
  EXPECT_EQ(world.fetch("orders-1"), large);
}

TEST(BrokerTopics, AreNotAlteredWhenTheChangeCannotBeWritten) {
  for (std::uint64_t nth = 1;; ++nth) {
    SCOPED_TRACE("call " + std::to_string(nth));
    World world;
    world.start();
    (void)world.create("orders");
    world.fake->fail(nth);
    const auto altered = world.alter("orders", "max.message.bytes", "200");
    const bool failed = world.fake->failed();
    EXPECT_EQ(altered, failed ? "KAFKA_STORAGE_ERROR" : "done");
    if (!failed) break;
    EXPECT_EQ(world.send("orders-0", std::string(300, 'x')), "at 0");
  }
}

TEST(BrokerTopics, WriteNoChangeThatTheNextStartWouldRefuse) {
  World first(1);
  first.start();
  ASSERT_TRUE(first.broker->close());
  first.end();
  // The same chance once more: after one id that is refused for its name comes that of the metadata topic.
  World world(1, first.fake->copy());
  world.start();
  EXPECT_EQ(world.create("__millrace_metadata"), "TOPIC_ALREADY_EXISTS");
  EXPECT_EQ(world.create("orders"), "KAFKA_STORAGE_ERROR");
  EXPECT_EQ(world.topics(), "");
  EXPECT_EQ(world.create("orders"), "done") << world.last_message;
  world.restart();
  EXPECT_EQ(world.topics(), "orders:1");
}

/// A broker that died with one record in each of two partitions; what befalls its disk is the test's affair.
struct Meddled : World {
  Meddled() {
    start();
    (void)create("orders", 2);
    (void)send("orders-0", "apple");
    (void)send("orders-1", "pear");
    crash();
  }
  void lose(const std::string& directory) {
    for (const auto& path : fake->files()) {
      if (path.starts_with(directory + "/")) fake->erase(path);
    }
    fake->erase(directory);
  }
  /// What the broker says when it is started; "" when it starts.
  std::string refusal() {
    const auto started = try_to_start();
    return started ? "" : started.error().message;
  }
};

TEST(BrokerStart, DoesNotMakeAMissingPartitionAnewAndEmpty) {
  Meddled world;
  world.lose("orders-1");
  EXPECT_EQ(world.refusal(), "orders-1 or the partition.metadata in it is missing");
  EXPECT_FALSE(world.has_directory("orders-1/"));
}

TEST(BrokerStart, RefusesTheDirectoryOfAnotherTopic) {
  Meddled world;
  world.fake->set_content("orders-0/partition.metadata", as_bytes("version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ\n"));
  EXPECT_NE(world.refusal().find("orders-0/partition.metadata does not name the topic id"), std::string::npos);
}

TEST(BrokerStart, MovesNothingWhenTheMetadataLogIsGone) {
  Meddled world;
  world.lose("__millrace_metadata-0");
  EXPECT_NE(world.refusal().find("which topics there are cannot be known"), std::string::npos);
  EXPECT_TRUE(world.has_directory("orders-0/"));
  EXPECT_FALSE(world.has_directory("lost+found/"));
}

TEST(BrokerTopics, FollowNewDefaultsOfTheBroker) {
  World world;
  world.start();
  (void)world.create("orders");
  (void)world.create("large", 1, {{"max.message.bytes", "1000000"}});
  world.options.topic_defaults["max.message.bytes"] = "200";
  world.broker->reconfigure(world.options);
  const std::string text(500, 'x');
  EXPECT_EQ(world.send("orders-0", text), "MESSAGE_TOO_LARGE");
  EXPECT_EQ(world.send("large-0", text), "at 0");
}

TEST(BrokerTopics, AreTheSameAfterTheirChangesWereCompacted) {
  using namespace std::chrono_literals;
  for (const auto how : support::all_crashes) {
    World world;
    world.options.compaction_check_interval = 1ms;
    world.start();
    EXPECT_EQ(world.create("kept"), "done");
    EXPECT_EQ(world.create("gone", 3), "done");
    for (int i = 0; i < 50; ++i) {
      EXPECT_EQ(world.alter("kept", "max.message.bytes", std::to_string(200 + i)), "done");
      EXPECT_EQ(world.alter_broker(1, "message.max.bytes", std::to_string(300 + i)), "done");
      EXPECT_EQ(world.create("again", 1 + i % 3), "done");
      if (i < 49) {
        EXPECT_EQ(world.remove("again"), "done");
      }
    }
    EXPECT_EQ(world.grow("kept", 2), "done");
    EXPECT_EQ(world.remove("gone"), "done");
    const auto producer_id = world.producer_id();
    const auto kept = world.id_of("kept");
    const auto again = world.id_of("again");
    const auto brokers = world.broker->catalog()->broker_configs(1);

    const auto changes = [&] { return world.records("__millrace_metadata-0").value().size(); };
    const auto before = changes();
    world.clock.advance(24h * 6);
    EXPECT_EQ(world.create("soon"), "done");
    EXPECT_EQ(changes(), before + 1) << "the last seven days stay whole";
    world.clock.advance(24h * 8);
    EXPECT_EQ(world.create("later"), "done") << "in a segment of its own";
    world.run_until([&] { return changes() < before - 100; });

    world.crash_and_start(how, 7);
    EXPECT_EQ(world.topics(), "again:2 kept:2 later:1 soon:1");
    EXPECT_EQ(world.id_of("kept"), kept);
    EXPECT_EQ(world.id_of("again"), again);
    EXPECT_EQ(world.broker->catalog()->broker_configs(1), brokers);
    EXPECT_GT(world.producer_id(), producer_id);
    EXPECT_EQ(world.send("kept-1", std::string(500, 'x')), "MESSAGE_TOO_LARGE");
    EXPECT_EQ(world.send("kept-1", "apple"), "at 0");
    EXPECT_EQ(world.create("gone", 1), "done") << "nothing of the name is left";
  }
}

TEST(BrokerConfigs, ThatClientsSetAreFollowedByTopicsThatSayNothingThemselves) {
  World world;
  world.start();
  (void)world.create("orders");
  (void)world.create("large", 1, {{"max.message.bytes", "1000000"}});
  const std::string text(500, 'x');
  EXPECT_EQ(world.send("orders-0", text), "at 0");
  EXPECT_EQ(world.alter_broker(std::nullopt, "message.max.bytes", "300"), "done");
  EXPECT_EQ(world.send("orders-0", text), "MESSAGE_TOO_LARGE");
  EXPECT_EQ(world.send("large-0", text), "at 0");
  EXPECT_EQ(world.alter_broker(1, "message.max.bytes", "700"), "done") << "its own value comes first";
  EXPECT_EQ(world.send("orders-0", text), "at 1");
  EXPECT_EQ(world.alter_broker(1, "message.max.bytes", std::nullopt), "done");
  EXPECT_EQ(world.send("orders-0", text), "MESSAGE_TOO_LARGE");
  (void)world.create("later");
  EXPECT_EQ(world.send("later-0", text), "MESSAGE_TOO_LARGE");
}

TEST(BrokerConfigs, SurviveACrashAndComeBeforeTheFile) {
  World world;
  world.start();
  (void)world.create("orders");
  EXPECT_EQ(world.alter_broker(1, "message.max.bytes", "300"), "done");
  for (const auto how : support::all_crashes) {
    world.options.topic_defaults["max.message.bytes"] = "100000";
    world.crash_and_start(how, 5);
    EXPECT_EQ(world.send("orders-0", std::string(500, 'x')), "MESSAGE_TOO_LARGE");
  }
}

TEST(BrokerConfigs, ThatNoClientCanAlterOrThatBreakARuleAreRefusedByName) {
  World world;
  world.start();
  EXPECT_EQ(world.alter_broker(1, "log.dirs", "/elsewhere"), "INVALID_REQUEST");
  EXPECT_NE(world.last_message.find("log.dirs"), std::string::npos);
  EXPECT_EQ(world.alter_broker(1, "message.max.bytes", "many"), "INVALID_REQUEST");
  EXPECT_NE(world.last_message.find("many"), std::string::npos);
}

TEST(ProducerIds, NeverRepeat) {
  World world;
  world.start();
  std::set<std::int64_t> seen;
  for (const auto how : support::all_crashes) {
    for (int i = 0; i < 3; ++i) {
      const auto id = world.producer_id();
      EXPECT_GE(id, 0);
      EXPECT_TRUE(seen.insert(id).second) << id;
    }
    world.crash_and_start(how, 5);
  }
  for (int i = 0; i < 2'500; ++i) EXPECT_TRUE(seen.insert(world.producer_id()).second);
  world.restart();
  EXPECT_TRUE(seen.insert(world.producer_id()).second);
}

TEST(BrokerDirectory, IsHeldByOneBroker) {
  World world;
  world.start();
  const auto other = BrokerRuntime::open(*world.disk, world.clock, world.random, world.options, World::silent());
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Errc::busy);
}

}  // namespace
}  // namespace millrace::runtime
