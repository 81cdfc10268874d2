#include "millrace/runtime/committer.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "runtime/held_disk.hpp"
#include "support/fake_disk.hpp"
#include "support/seeded_random.hpp"

namespace millrace::runtime {
namespace {

/// A log that only counts: what was appended, what is durable, how often it was flushed.
class Counted final : public Flushable {
 public:
  explicit Counted(disk::Disk& disk, const std::string& name) : file_(*disk.open(name, disk::Open::create_or_write)) {}

  void append() {
    const std::lock_guard lock(mutex_);
    ++end_;
  }
  [[nodiscard]] std::optional<log::FlushTicket> prepare_flush() override {
    const std::lock_guard lock(mutex_);
    if (end_ == durable_) return std::nullopt;
    log::FlushTicket ticket;
    ticket.end = Offset(end_);
    ticket.work.files.push_back(file_);
    return ticket;
  }
  void flushed(const log::FlushTicket& ticket) override {
    const std::lock_guard lock(mutex_);
    durable_ = ticket.end.value();
    ++flushes_;
  }
  void flush_failed(const Error& error) override {
    const std::lock_guard lock(mutex_);
    failure_ = error.message;
  }
  /// "3 of 4 in 2": durable, appended, flushes.
  [[nodiscard]] std::string state() const {
    const std::lock_guard lock(mutex_);
    return std::to_string(durable_) + " of " + std::to_string(end_) + " in " + std::to_string(flushes_);
  }
  [[nodiscard]] bool is_all_durable() const {
    const std::lock_guard lock(mutex_);
    return durable_ == end_;
  }
  [[nodiscard]] std::string failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
  }

 private:
  std::shared_ptr<disk::File> file_;
  mutable std::mutex mutex_;
  std::int64_t end_ = 0;
  std::int64_t durable_ = 0;
  int flushes_ = 0;
  std::string failure_;
};

struct Bench {
  support::FakeDisk fake;
  support::HeldDisk disk{fake};
  Committer committer;

  explicit Bench(std::size_t helpers = 0) : committer(disk, helpers) {}
  std::shared_ptr<Counted> log(const std::string& name) { return std::make_shared<Counted>(disk, name); }
  void append(const std::shared_ptr<Counted>& log) {
    log->append();
    committer.submit(log);
  }
};

TEST(Committer, FlushesWhatIsSubmitted) {
  Bench bench;
  const auto log = bench.log("a");
  bench.append(log);
  bench.committer.drain();
  EXPECT_EQ(log->state(), "1 of 1 in 1");
}

TEST(Committer, FlushesAtTheEarlierOfTwoTimes) {
  Bench bench;
  const auto log = bench.log("a");
  log->append();
  bench.committer.submit_within(log, std::chrono::hours(1));
  bench.committer.submit_within(log, Milliseconds(1));
  bench.committer.submit_within(log, Milliseconds::max());
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!log->is_all_durable() && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
  EXPECT_EQ(log->state(), "1 of 1 in 1");
}

TEST(Committer, ForgetsALogThatIsGoneBeforeItsTime) {
  Bench bench;
  auto log = bench.log("a");
  bench.committer.submit_within(log, std::chrono::hours(1));
  const std::weak_ptr<Counted> watched = log;
  log.reset();
  EXPECT_TRUE(watched.expired());
}

TEST(Committer, LetsEverythingThatComesDuringARoundRideInTheNext) {
  Bench bench;
  const auto a = bench.log("a"), b = bench.log("b");
  bench.disk.hold();
  bench.append(a);
  bench.disk.wait_until_waiting();
  for (int i = 0; i < 50; ++i) bench.append(a);
  for (int i = 0; i < 30; ++i) bench.append(b);
  EXPECT_EQ(a->state(), "0 of 51 in 0");
  bench.disk.release();
  bench.committer.drain();
  EXPECT_EQ(a->state(), "51 of 51 in 2");
  EXPECT_EQ(b->state(), "30 of 30 in 1");
}

TEST(Committer, TellsTheLogWhoseFlushFailedAndNoOther) {
  Bench bench(2);
  const auto a = bench.log("a"), b = bench.log("b");
  bench.fake.fail(1, Errc::io, support::Call::sync);
  bench.append(a);
  bench.committer.drain();
  EXPECT_EQ(a->failure(), "a: a failure was asked for");
  EXPECT_EQ(a->state(), "0 of 1 in 0");
  bench.append(b);
  bench.committer.drain();
  EXPECT_EQ(b->failure(), "");
  EXPECT_EQ(b->state(), "1 of 1 in 1");
}

std::uint64_t count_of(const Durations& durations) {
  std::uint64_t count = 0;
  for (const auto each : durations.seen().counts) count += each;
  return count;
}

TEST(Committer, CountsEveryFlushThatItMadeAndHowLongItWasWaitedFor) {
  Bench bench;
  const auto a = bench.log("a"), b = bench.log("b");
  bench.disk.hold();
  bench.append(a);
  bench.disk.wait_until_waiting();
  const auto began = std::chrono::steady_clock::now();
  bench.append(b);
  bench.append(b);
  while (std::chrono::steady_clock::now() - began < Milliseconds(2)) std::this_thread::yield();
  bench.disk.release();
  bench.committer.drain();
  const auto& counts = bench.committer.counts();
  EXPECT_EQ(count_of(counts.queued), 2U);
  EXPECT_EQ(count_of(counts.took), 2U);
  EXPECT_GE(counts.queued.seen().seconds, 0.002) << "b waited for the round of a to end";
  EXPECT_GE(counts.took.seen().seconds, 0.002) << "the disk held the flush of a";
  EXPECT_EQ(counts.failed.value(), 0U);
  bench.fake.fail(1, Errc::io, support::Call::sync);
  bench.append(a);
  bench.committer.drain();
  EXPECT_EQ(counts.failed.value(), 1U);
}

TEST(Committer, AsksNothingOfALogThatIsFlushedAlready) {
  Bench bench;
  const auto log = bench.log("a");
  bench.committer.submit(log);
  bench.committer.drain();
  EXPECT_EQ(log->state(), "0 of 0 in 0");
  EXPECT_EQ(bench.fake.calls(support::Call::sync), 0u);
}

TEST(Committer, SyncsSeveralFilesOfARoundAtOnce) {
  Bench bench(2);
  std::vector<std::shared_ptr<Counted>> logs;
  for (int i = 0; i < 7; ++i) logs.push_back(bench.log(std::to_string(i)));
  bench.disk.hold();
  bench.append(logs[0]);
  bench.disk.wait_until_waiting();
  for (int i = 1; i < 7; ++i) bench.append(logs[static_cast<std::size_t>(i)]);
  bench.disk.let_one_through();
  bench.disk.wait_until_waiting(3);  // the committer and both helpers
  bench.disk.release();
  bench.committer.drain();
  for (const auto& log : logs) EXPECT_EQ(log->state(), "1 of 1 in 1");
}

TEST(Committer, FlushesWhatIsQueuedBeforeItEnds) {
  support::FakeDisk fake;
  support::HeldDisk disk(fake);
  std::vector<std::shared_ptr<Counted>> logs;
  {
    Committer committer(disk, 1);
    for (int i = 0; i < 5; ++i) {
      logs.push_back(std::make_shared<Counted>(disk, std::to_string(i)));
      logs.back()->append();
      committer.submit(logs.back());
    }
  }
  for (const auto& log : logs) EXPECT_EQ(log->state(), "1 of 1 in 1");
}

TEST(Committer, LosesNothingThatManyThreadsSubmit) {
  Bench bench(3);
  std::vector<std::shared_ptr<Counted>> logs;
  for (int i = 0; i < 8; ++i) logs.push_back(bench.log(std::to_string(i)));
  std::vector<std::thread> threads;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    threads.emplace_back([&, seed] {
      support::SeededRandom random(seed);
      for (int i = 0; i < 500; ++i) {
        bench.append(logs[random.below(logs.size())]);
        if (random.chance(2)) bench.committer.drain();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  bench.committer.drain();
  for (const auto& log : logs) EXPECT_TRUE(log->is_all_durable()) << log->state();
}

}  // namespace
}  // namespace millrace::runtime
