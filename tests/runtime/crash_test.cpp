// The power goes at every call to the disk in turn, while a broker opens, makes a topic, lets one grow or deletes one.
// Afterwards it opens, the topic is there whole or not at all, and nothing that was acknowledged is lost.

#include "millrace/log/segment_format.hpp"
#include "runtime/world.hpp"

namespace millrace::runtime {
namespace {

using support::Crash;

constexpr std::string_view kept_text = "apple pear";

/// A disk with a topic "kept" that holds kept_text, closed cleanly.
const support::FakeDisk& prepared() {
  static const auto disk = [] {
    World world;
    world.start();
    EXPECT_EQ(world.create("kept"), "done");
    EXPECT_EQ(world.send("kept-0", "apple"), "at 0");
    EXPECT_EQ(world.send("kept-0", "pear"), "at 1");
    EXPECT_TRUE(world.broker->close());
    world.end();
    return world.fake->copy();
  }();
  return *disk;
}

Crash kind_of(std::uint64_t nth) { return support::all_crashes[nth % std::size(support::all_crashes)]; }

/// Every partition of a topic takes a record and gives it back.
void expect_serves(World& world, const std::string& topic, std::int32_t partitions) {
  for (std::int32_t i = 0; i < partitions; ++i) {
    const auto place = topic + "-" + std::to_string(i);
    ASSERT_EQ(world.send(place, "probe"), "at 0") << place;
    ASSERT_EQ(world.fetch(place), "probe") << place;
  }
}

TEST(BrokerCrash, WhileOpeningAnEmptyDirectory) {
  for (std::uint64_t nth = 1;; ++nth) {
    SCOPED_TRACE("call " + std::to_string(nth));
    World world(nth);
    world.fake->cut_power(nth);
    const bool opened = world.try_to_start().has_value();
    const bool cut = world.fake->power_is_off();
    world.crash(kind_of(nth), nth);
    ASSERT_NO_FATAL_FAILURE(world.start());
    ASSERT_EQ(world.create("orders"), "done");
    expect_serves(world, "orders", 1);
    if (opened && !cut) break;
  }
}

TEST(BrokerCrash, WhileOpeningAfterACrash) {
  World before(1, prepared().copy());
  before.start();
  ASSERT_EQ(before.create("also", 2), "done");
  ASSERT_EQ(before.send("also-1", "plum"), "at 0");
  before.crash(Crash::random, 1);
  for (std::uint64_t nth = 1;; ++nth) {
    SCOPED_TRACE("call " + std::to_string(nth));
    World world(nth, before.fake->copy());
    world.fake->cut_power(nth);
    const bool opened = world.try_to_start().has_value();
    const bool cut = world.fake->power_is_off();
    world.crash(kind_of(nth), nth);
    ASSERT_NO_FATAL_FAILURE(world.start());
    ASSERT_EQ(world.topics(), "also:2 kept:1");
    ASSERT_EQ(world.fetch("kept-0"), kept_text);
    ASSERT_EQ(world.fetch("also-1"), "plum");
    if (opened && !cut) break;
  }
}

TEST(BrokerCrash, WhileATopicIsMade) {
  for (std::uint64_t nth = 1;; ++nth) {
    SCOPED_TRACE("call " + std::to_string(nth));
    World world(1'000 + nth, prepared().copy());
    world.start();
    world.fake->cut_power(nth);
    const auto made = world.create("orders", 2);
    const bool cut = world.fake->power_is_off();
    world.crash(kind_of(nth), nth);
    ASSERT_NO_FATAL_FAILURE(world.start());
    ASSERT_EQ(world.fetch("kept-0"), kept_text);
    if (made == "done") {
      ASSERT_EQ(world.topics(), "kept:1 orders:2");
    }
    if (world.topics() == "kept:1") {
      ASSERT_EQ(world.create("orders", 2), "done") << world.last_message;
    }
    ASSERT_EQ(world.topics(), "kept:1 orders:2");
    expect_serves(world, "orders", 2);
    if (!cut) break;
  }
}

TEST(BrokerCrash, WhileATopicGrows) {
  for (std::uint64_t nth = 1;; ++nth) {
    SCOPED_TRACE("call " + std::to_string(nth));
    World world(1'000 + nth, prepared().copy());
    world.start();
    world.fake->cut_power(nth);
    const auto grown = world.grow("kept", 3);
    const bool cut = world.fake->power_is_off();
    world.crash(kind_of(nth), nth);
    ASSERT_NO_FATAL_FAILURE(world.start());
    ASSERT_EQ(world.fetch("kept-0"), kept_text);
    if (grown == "done") {
      ASSERT_EQ(world.topics(), "kept:3");
    }
    if (world.topics() == "kept:1") {
      ASSERT_EQ(world.grow("kept", 3), "done") << world.last_message;
    }
    ASSERT_EQ(world.topics(), "kept:3");
    for (const std::string place : {"kept-1", "kept-2"}) {
      ASSERT_EQ(world.send(place, "probe"), "at 0") << place;
      ASSERT_EQ(world.fetch(place), "probe") << place;
    }
    if (!cut) break;
  }
}

TEST(BrokerFailure, OfAnyCallWhileATopicGrowsLeavesItAsItWasOrGrown) {
  for (std::uint64_t nth = 1;; ++nth) {
    SCOPED_TRACE("call " + std::to_string(nth));
    World world(1'000 + nth, prepared().copy());
    world.start();
    world.fake->fail(nth);
    const auto grown = world.grow("kept", 2);
    const bool failed = world.fake->failed();
    ASSERT_EQ(world.topics(), grown == "done" ? "kept:2" : "kept:1");
    ASSERT_EQ(world.fetch("kept-0"), kept_text);
    world.crash(kind_of(nth), nth);
    ASSERT_NO_FATAL_FAILURE(world.start());
    if (world.topics() == "kept:1") {
      ASSERT_NE(grown, "done");
      ASSERT_EQ(world.grow("kept", 2), "done") << world.last_message;
    }
    ASSERT_EQ(world.send("kept-1", "probe"), "at 0");
    if (!failed) break;
  }
}

TEST(BrokerCrash, WhileATopicIsDeleted) {
  for (std::uint64_t nth = 1;; ++nth) {
    SCOPED_TRACE("call " + std::to_string(nth));
    World world(1'000 + nth, prepared().copy());
    world.start();
    ASSERT_EQ(world.create("orders", 2), "done") << world.last_message;
    ASSERT_EQ(world.send("orders-1", "old"), "at 0");
    world.fake->cut_power(nth);
    const auto deleted = world.remove("orders");
    const bool cut = world.fake->power_is_off();
    world.crash(kind_of(nth), nth);
    ASSERT_NO_FATAL_FAILURE(world.start());
    ASSERT_EQ(world.fetch("kept-0"), kept_text);
    if (deleted == "done") {
      ASSERT_EQ(world.topics(), "kept:1");
    }
    if (world.topics() == "kept:1") {
      ASSERT_EQ(world.create("orders", 2), "done") << world.last_message;
      expect_serves(world, "orders", 2);
    } else {
      ASSERT_EQ(world.fetch("orders-1"), "old");
    }
    if (!cut) break;
  }
}

TEST(BrokerCrash, WhileFilesOfDeletedSegmentsWaitForTheirTime) {
  const std::string half(40'000, 'x');
  for (std::uint64_t nth = 1;; ++nth) {
    SCOPED_TRACE("call " + std::to_string(nth));
    World world(1'000 + nth, prepared().copy());
    world.start();
    const broker::ConfigMap configs{{"segment.bytes", "65536"}, {"file.delete.delay.ms", "3600000"}};
    ASSERT_EQ(world.create("orders", 1, configs), "done");
    for (int i = 0; i < 4; ++i) ASSERT_EQ(world.send("orders-0", half), "at " + std::to_string(i));
    world.fake->cut_power(nth);
    // Two rounds, so that one crash meets files of both.
    bool deleted = true;
    for (const std::int64_t before : {1, 3}) {
      deleted = deleted && world.delete_records("orders-0", before) == "from " + std::to_string(before);
      if (!deleted) break;
      const auto last = "orders-0/" + log::file_name(Offset(before - 1), log::FileKind::log) + ".deleted";
      world.run_until([&] { return world.fake->power_is_off() || world.has_directory(last); });
    }
    const bool sent = world.send("orders-0", "late") == "at 4";
    const bool cut = world.fake->power_is_off();
    world.crash(kind_of(nth), nth);
    ASSERT_NO_FATAL_FAILURE(world.start());
    ASSERT_EQ(world.fetch("kept-0"), kept_text);
    const auto found = world.fetch("orders-0", 3);
    ASSERT_TRUE(found == half + " late" || (!sent && found == half)) << found.substr(0, 40);
    if (deleted) {
      ASSERT_EQ(world.fetch("orders-0", 2), "OFFSET_OUT_OF_RANGE");
    }
    ASSERT_FALSE(world.has_directory("orders-0/" + log::file_name(Offset(0), log::FileKind::log) + ".deleted"));
    ASSERT_EQ(world.send("orders-0", "probe"), found == half ? "at 4" : "at 5");
    if (!cut) break;
  }
}

TEST(BrokerFailure, OfAnyCallWhileATopicIsMadeLeavesItWholeOrAbsent) {
  for (std::uint64_t nth = 1;; ++nth) {
    SCOPED_TRACE("call " + std::to_string(nth));
    World world(1'000 + nth, prepared().copy());
    world.start();
    world.fake->fail(nth);
    const auto made = world.create("orders", 2);
    const bool failed = world.fake->failed();
    ASSERT_EQ(world.fetch("kept-0"), kept_text);
    ASSERT_EQ(world.topics(), made == "done" ? "kept:1 orders:2" : "kept:1");
    world.crash(kind_of(nth), nth);
    ASSERT_NO_FATAL_FAILURE(world.start());
    if (made == "done") {
      ASSERT_EQ(world.topics(), "kept:1 orders:2");
    }
    if (world.topics() == "kept:1") {
      ASSERT_EQ(world.create("orders", 2), "done") << world.last_message;
    }
    expect_serves(world, "orders", 2);
    if (!failed) break;
  }
}

TEST(BrokerFailure, OfAnyCallForWantOfSpaceLetsTheTopicBeMadeLater) {
  for (std::uint64_t nth = 1;; ++nth) {
    SCOPED_TRACE("call " + std::to_string(nth));
    World world(1'000 + nth, prepared().copy());
    world.start();
    world.fake->fail(nth, Errc::no_space, support::Call::write);
    const auto made = world.create("orders", 2);
    const bool failed = world.fake->failed();
    world.fake->fail(0);  // the records that follow find room
    if (made != "done") {
      ASSERT_EQ(world.create("orders", 2), "done") << world.last_message;
    }
    expect_serves(world, "orders", 2);
    world.restart();
    ASSERT_EQ(world.topics(), "kept:1 orders:2");
    if (!failed) break;
  }
}

TEST(BrokerFailure, OfAnyCallWhileOpeningIsSaidAndHarmsNothing) {
  for (std::uint64_t nth = 1;; ++nth) {
    SCOPED_TRACE("call " + std::to_string(nth));
    World world(1'000 + nth, prepared().copy());
    world.fake->fail(nth);
    const bool opened = world.try_to_start().has_value();
    const bool failed = world.fake->failed();
    world.crash(kind_of(nth), nth);
    ASSERT_NO_FATAL_FAILURE(world.start());
    ASSERT_EQ(world.topics(), "kept:1");
    ASSERT_EQ(world.fetch("kept-0"), kept_text);
    if (opened && !failed) break;
  }
}

}  // namespace
}  // namespace millrace::runtime
