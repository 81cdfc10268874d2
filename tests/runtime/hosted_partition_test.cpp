#include "millrace/runtime/hosted_partition.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "millrace/record/builder.hpp"
#include "runtime/held_disk.hpp"
#include "support/fake_disk.hpp"

namespace millrace::runtime {
namespace {

using namespace std::chrono_literals;
using broker::Durability;

/// Writes down who was told what: "0:NONE 1:KAFKA_STORAGE_ERROR".
class Told final : public AppendWait {
 public:
  void settled(std::size_t slot, ErrorCode error) override {
    {
      const std::lock_guard lock(mutex_);
      said_ += (said_.empty() ? "" : " ") + std::to_string(slot) + ":" + std::string(name_of(error));
    }
    changed_.notify_all();
  }
  [[nodiscard]] std::string said() const {
    const std::lock_guard lock(mutex_);
    return said_;
  }
  /// What was said, once it is something; "nothing" if that never comes.
  [[nodiscard]] std::string wait() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 20s, [this] { return !said_.empty(); }) ? said_ : "nothing";
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string said_;
};

class Grown final : public FetchWait {
 public:
  void grew(std::uint64_t bytes) override {
    ++times;
    total += bytes;
  }
  std::atomic<int> times = 0;
  std::atomic<std::uint64_t> total = 0;
};

struct Bench {
  support::FakeDisk fake;
  support::HeldDisk disk{fake};
  Committer committer{disk, 0};
  std::shared_ptr<HostedPartition> partition;
  std::shared_ptr<Told> told = std::make_shared<Told>();

  broker::TopicSettings settings;

  explicit Bench(Durability durability = Durability::fsync, broker::FlushBounds bounds = {}) {
    settings.log.preallocate = false;
    settings.durability = durability;
    settings.flush = bounds;
    auto opened = broker::Partition::open(disk, "orders-0", settings, std::nullopt, false, {});
    partition = std::make_shared<HostedPartition>("orders-0", std::move(opened->partition), committer);
    flush();
  }
  static Bytes batch(std::string_view text = "record") {
    record::BatchBuilder builder;
    builder.add({.timestamp = 0, .key = std::nullopt, .value = as_bytes(text), .headers = {}});
    return builder.finish();
  }
  /// "at 0 waits", "at 0 done" or the error.
  std::string append(std::size_t slot) {
    auto bytes = batch();
    broker::AppendAnswer answer;
    const bool waits = partition->append(bytes, record::read_header(bytes), {}, told, slot, answer);
    if (answer.error != ErrorCode::none) return std::string(name_of(answer.error));
    return "at " + std::to_string(answer.base_offset.value()) + (waits ? " waits" : " done");
  }
  void flush() {
    partition->request_flush();
    committer.drain();
  }
  /// Everything was flushed without anybody who asked for it.
  [[nodiscard]] bool becomes_durable() {
    const auto limit = std::chrono::steady_clock::now() + 20s;
    while (!partition->with([](const broker::Partition& each) { return each.durable_end() == each.end(); })) {
      if (std::chrono::steady_clock::now() > limit) return false;
      std::this_thread::yield();
    }
    return true;
  }
  [[nodiscard]] bool wait_for_growth(const std::shared_ptr<Grown>& fetch, std::int64_t seen) {
    return partition->wait_for_growth(fetch, broker::Isolation::read_uncommitted, Offset(seen));
  }
};

TEST(HostedPartition, LetsAnAppendWaitUntilItIsFlushed) {
  Bench bench;
  bench.disk.hold();
  EXPECT_EQ(bench.append(7), "at 0 waits");
  bench.disk.wait_until_waiting();
  EXPECT_EQ(bench.append(8), "at 1 waits");
  EXPECT_EQ(bench.told->said(), "");
  bench.disk.release();
  bench.committer.drain();
  EXPECT_EQ(bench.told->said(), "7:NONE 8:NONE");
}

/// Events of one source with the ids `first`, `first` + 1, …
Bytes events(int first, int count) {
  record::BatchBuilder builder;
  for (int i = first; i < first + count; ++i) {
    const auto id = std::to_string(i);
    const record::HeaderView headers[] = {{"ce_specversion", as_bytes("1.0")},
                                          {"ce_id", as_bytes(id)},
                                          {"ce_source", as_bytes("/shop")},
                                          {"ce_type", as_bytes("test")}};
    builder.add({.timestamp = 0, .key = std::nullopt, .value = std::nullopt, .headers = headers});
  }
  return builder.finish();
}

void look_for_repeats(Bench& bench) {
  bench.settings.events.dedupe_window = 1h;
  bench.partition->set_settings(bench.settings);
}

TEST(HostedPartition, LetsARepeatWaitForTheFlushOfItsFirstCopy) {
  Bench bench;
  look_for_repeats(bench);
  bench.disk.hold();
  broker::AppendAnswer first, again;
  auto batch = events(1, 1);
  const auto header = record::read_header(batch);
  EXPECT_TRUE(bench.partition->append_once(batch, header, {}, {}, nullptr, bench.told, 7, first));
  bench.disk.wait_until_waiting();
  EXPECT_TRUE(bench.partition->append_once(batch, header, {}, {}, nullptr, bench.told, 8, again));
  EXPECT_EQ(again.base_offset, Offset(0));
  EXPECT_EQ(bench.told->said(), "");
  bench.disk.release();
  bench.committer.drain();
  EXPECT_EQ(bench.told->said(), "7:NONE 8:NONE");
  EXPECT_FALSE(bench.partition->append_once(batch, header, {}, {}, nullptr, bench.told, 9, again))
      << "it is durable now";
  EXPECT_EQ(bench.partition->traffic().received_records.value(), 1U);
}

TEST(HostedPartition, StoresEachEventOnceThoughManySendThemAtOnce) {
  constexpr int senders = 4, count = 300;
  Bench bench(Durability::os);
  look_for_repeats(bench);
  std::vector<std::vector<Offset>> told(senders);
  std::vector<std::thread> threads;
  for (int sender = 0; sender < senders; ++sender) {
    threads.emplace_back([&bench, &places = told[static_cast<std::size_t>(sender)], sender] {
      const auto at_once = sender + 1;
      for (int id = 0; id < count; id += at_once) {
        auto batch = events(id, at_once);
        broker::AppendAnswer answer;
        (void)bench.partition->append_once(batch, record::read_header(batch), {}, {}, nullptr, nullptr, 0, answer);
        for (int i = 0; i < at_once; ++i) {
          const bool repeats =
              !answer.first_copies.empty() && answer.first_copies.at(static_cast<std::size_t>(i)) != no_offset;
          places.push_back(repeats ? answer.first_copies[static_cast<std::size_t>(i)] : answer.base_offset + i);
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& places : told) EXPECT_EQ(places, told.front());
  EXPECT_EQ(bench.partition->traffic().received_records.value(), std::uint64_t{count});
}

TEST(HostedPartition, DoesNotWaitUnderLaxDurability) {
  Bench bench(Durability::interval);
  EXPECT_EQ(bench.append(0), "at 0 done");
  bench.flush();
  EXPECT_EQ(bench.told->said(), "");
}

TEST(HostedPartition, LetsTheAppendThatMakesTooManyUnflushedRecordsWait) {
  Bench bench(Durability::os, {.messages = 3});
  bench.disk.hold();
  EXPECT_EQ(bench.append(0), "at 0 done");
  EXPECT_EQ(bench.append(1), "at 1 done");
  EXPECT_EQ(bench.append(2), "at 2 waits");
  bench.disk.wait_until_waiting();
  EXPECT_EQ(bench.append(3), "at 3 waits") << "nothing is flushed yet";
  bench.disk.release();
  bench.committer.drain();
  EXPECT_EQ(bench.told->said(), "2:NONE 3:NONE");
  EXPECT_EQ(bench.append(4), "at 4 done") << "the count begins anew";
}

TEST(HostedPartition, FlushesAfterTheTimeThatWasSet) {
  Bench bench(Durability::os, {.ms = 1});
  EXPECT_EQ(bench.append(0), "at 0 done");
  EXPECT_TRUE(bench.becomes_durable());
  EXPECT_EQ(bench.append(1), "at 1 done");
  EXPECT_TRUE(bench.becomes_durable()) << "and so each time";
}

TEST(HostedPartition, AShorterTimeIsInForceForWhatIsThere) {
  Bench bench(Durability::os, {.ms = 3'600'000});
  EXPECT_EQ(bench.append(0), "at 0 done");
  bench.settings.flush.ms = 0;
  bench.partition->set_settings(bench.settings);
  EXPECT_TRUE(bench.becomes_durable());
}

TEST(HostedPartition, TellsWaitersAndLaterAppendsThatAFlushFailed) {
  Bench bench;
  bench.disk.hold();
  EXPECT_EQ(bench.append(0), "at 0 waits");
  EXPECT_EQ(bench.append(1), "at 1 waits");
  bench.fake.fail(1, Errc::io, support::Call::sync);
  bench.disk.release();
  bench.committer.drain();
  EXPECT_EQ(bench.told->said(), "0:KAFKA_STORAGE_ERROR 1:KAFKA_STORAGE_ERROR");
  EXPECT_EQ(bench.append(2), "KAFKA_STORAGE_ERROR");
}

TEST(HostedPartition, LeavesNobodyWaitingWhenAWriteTakesTheLogOffline) {
  Bench bench;
  bench.disk.hold();
  EXPECT_EQ(bench.append(0), "at 0 waits");
  bench.disk.wait_until_waiting();
  EXPECT_EQ(bench.append(1), "at 1 waits");
  bench.fake.fail(1, Errc::io, support::Call::write);
  EXPECT_EQ(bench.append(2), "KAFKA_STORAGE_ERROR");
  bench.disk.release();
  bench.committer.drain();
  EXPECT_EQ(bench.told->said(), "0:KAFKA_STORAGE_ERROR 1:KAFKA_STORAGE_ERROR");
}

TEST(HostedPartition, WaitsForAFlushUpToAnOffset) {
  Bench bench;
  EXPECT_FALSE(bench.partition->wait_for_flush(Offset(0), bench.told, 0));
  bench.disk.hold();
  EXPECT_EQ(bench.append(0), "at 0 waits");
  const auto told = std::make_shared<Told>();
  EXPECT_TRUE(bench.partition->wait_for_flush(Offset(1), told, 3));
  EXPECT_EQ(told->said(), "");
  bench.disk.release();
  bench.committer.drain();
  EXPECT_EQ(told->said(), "3:NONE");
  EXPECT_FALSE(bench.partition->wait_for_flush(Offset(1), told, 4));
}

TEST(HostedPartition, DoesNotWaitForAFlushOfALogThatIsOffline) {
  Bench bench;
  bench.fake.fail(1, Errc::io, support::Call::sync);
  EXPECT_EQ(bench.append(0), "at 0 waits");
  EXPECT_EQ(bench.told->wait(), "0:KAFKA_STORAGE_ERROR");
  EXPECT_FALSE(bench.partition->wait_for_flush(Offset(1), bench.told, 1));
}

TEST(HostedPartition, WakesAFetchWhenItsPartitionGrewForReaders) {
  Bench bench;
  const auto fetch = std::make_shared<Grown>();
  EXPECT_TRUE(bench.wait_for_growth(fetch, 0));
  bench.disk.hold();
  (void)bench.append(0);
  bench.disk.wait_until_waiting();
  EXPECT_EQ(fetch->times, 0) << "not durable, not to be seen";
  bench.disk.release();
  bench.committer.drain();
  EXPECT_EQ(fetch->times, 1);
  EXPECT_EQ(fetch->total, Bench::batch().size());
}

TEST(HostedPartition, WakesAFetchAtOnceUnderLaxDurability) {
  Bench bench(Durability::os);
  const auto fetch = std::make_shared<Grown>();
  EXPECT_TRUE(bench.wait_for_growth(fetch, 0));
  (void)bench.append(0);
  EXPECT_EQ(fetch->times, 1);
}

TEST(HostedPartition, WakesNoFetchOfAnotherPartition) {
  Bench bench, other;
  const auto fetch = std::make_shared<Grown>();
  EXPECT_TRUE(other.wait_for_growth(fetch, 0));
  (void)bench.append(0);
  bench.committer.drain();
  EXPECT_EQ(fetch->times, 0);
}

TEST(HostedPartition, SendsAFetchBackToReadWhenThereIsMoreThanItSaw) {
  Bench bench;
  (void)bench.append(0);
  bench.committer.drain();
  const auto fetch = std::make_shared<Grown>();
  EXPECT_FALSE(bench.wait_for_growth(fetch, 0));
  EXPECT_TRUE(bench.wait_for_growth(fetch, 1));
}

TEST(HostedPartition, ForgetsAFetchThatStopsWaiting) {
  Bench bench;
  const auto fetch = std::make_shared<Grown>();
  EXPECT_TRUE(bench.wait_for_growth(fetch, 0));
  bench.partition->stop_waiting(fetch.get());
  EXPECT_EQ(fetch.use_count(), 1);
  (void)bench.append(0);
  bench.committer.drain();
  EXPECT_EQ(fetch->times, 0);
}

TEST(HostedPartition, ThatIsRetiredTellsEverybodyAndTakesNothingMore) {
  Bench bench;
  const auto fetch = std::make_shared<Grown>();
  EXPECT_TRUE(bench.wait_for_growth(fetch, 0));
  bench.disk.hold();
  EXPECT_EQ(bench.append(0), "at 0 waits");
  bench.disk.wait_until_waiting();
  bench.partition->retire_for_good();
  EXPECT_EQ(bench.told->said(), "0:KAFKA_STORAGE_ERROR");
  EXPECT_EQ(fetch->times, 1);
  EXPECT_EQ(bench.append(1), "UNKNOWN_TOPIC_OR_PARTITION");
  EXPECT_FALSE(bench.wait_for_growth(fetch, 5));
  bench.disk.release();
  bench.committer.drain();
  EXPECT_EQ(bench.told->said(), "0:KAFKA_STORAGE_ERROR") << "nobody is told twice";
}

TEST(HostedPartition, SettlesEverySlotOnceUnderManyThreads) {
  class Tally final : public AppendWait {
   public:
    void settled(std::size_t slot, ErrorCode error) override {
      EXPECT_EQ(error, ErrorCode::none);
      ++counts[slot];
    }
    std::array<std::atomic<int>, 400> counts{};
  };
  Bench bench;
  const auto tally = std::make_shared<Tally>();
  std::vector<std::thread> threads;
  for (std::size_t from = 0; from < 4; ++from) {
    threads.emplace_back([&, from] {
      for (std::size_t slot = from * 100; slot < from * 100 + 100; ++slot) {
        auto bytes = Bench::batch();
        broker::AppendAnswer answer;
        if (!bench.partition->append(bytes, record::read_header(bytes), {}, tally, slot, answer)) ++tally->counts[slot];
      }
    });
  }
  for (auto& thread : threads) thread.join();
  bench.committer.drain();
  for (const auto& count : tally->counts) EXPECT_EQ(count, 1);
}

}  // namespace
}  // namespace millrace::runtime
