#include "group_shard.hpp"

#include "runtime/world.hpp"

namespace millrace::runtime {
namespace {

using namespace std::chrono_literals;

/// One coordinator whose log lies on a disk that can break; groups commit by name.
struct Bench {
  support::FakeDisk fake;
  support::HeldDisk disk{fake};
  support::ManualClock clock;
  Committer committer{disk, 0};
  std::shared_ptr<spdlog::logger> diagnostics = World::silent();
  std::shared_ptr<HostedPartition> partition;
  std::unique_ptr<GroupShard> shard;

  Bench() {
    broker::TopicSettings settings;
    settings.log.preallocate = false;
    auto opened = broker::Partition::open(disk, "groups-0", settings, std::nullopt, false, clock.now());
    partition = std::make_shared<HostedPartition>("groups-0", std::move(opened->partition), committer);
    take_over();
  }
  ~Bench() {
    disk.release();
    committer.drain();
  }

  /// As a broker that starts, or another one, would.
  void take_over() {
    shard = std::make_unique<GroupShard>(
        partition, [] { return std::make_shared<const broker::Catalog>(); }, broker::GroupConfigRules{},
        groups::Config{}, clock, *diagnostics);
    EXPECT_TRUE(shard->load());
  }

  using Asked = Answered<AnyGroupAnswer>;
  Asked begin_commit(std::int64_t offset, std::int32_t partitions = 1, std::size_t metadata = 0) {
    groups::CommitRequest request;
    request.group_id = "g";
    auto& topic = request.topics.emplace_back();
    topic.name = "orders";
    for (std::int32_t i = 0; i < partitions; ++i) {
      topic.partitions.push_back({.partition = i, .offset = Offset(offset), .metadata = std::string(metadata, 'm')});
    }
    Asked answer;
    shard->ask([&](groups::Coordinator& coordinator, groups::Ticket ticket,
                   Now now) { return coordinator.commit(request, ticket, now); },
               answer.callback());
    return answer;
  }
  static std::string line_of(Asked answer) {
    const auto got = answer.get();
    return World::said(got ? std::get<groups::CommitReply>(*got).topics.front().partitions.front().error : got.error());
  }
  std::string commit(std::int64_t offset) { return line_of(begin_commit(offset)); }
  std::string committed() {
    groups::OffsetFetchRequest request;
    request.groups.push_back({.group_id = "g", .member_id = {}, .topics = std::nullopt});
    Asked answer;
    shard->ask([&](groups::Coordinator& coordinator, groups::Ticket ticket,
                   Now now) { return coordinator.fetch_offsets(request, ticket, now); },
               answer.callback());
    const auto got = answer.get();
    if (!got) return World::said(got.error());
    const auto& topics = std::get<groups::OffsetFetchReply>(*got).groups.front().topics;
    return topics.empty() ? "none" : std::to_string(topics.front().partitions.front().offset.value());
  }
};

/// What a start finds in a log that was compacted is what it would have found in the whole one.
TEST(GroupShard, LoadsTheSameOffsetsFromACompactedLog) {
  Bench bench;
  bench.partition->with([](broker::Partition& each) {
    auto settings = each.settings();
    settings.log.segment_bytes = 2000;
    settings.compaction.enabled = true;
    settings.compaction.dirty_ratio_min = 0;
    settings.compaction.tombstone_ms = 0;
    each.set_settings(settings);
  });
  for (std::int64_t offset = 0; offset < 100; ++offset) ASSERT_EQ(bench.commit(offset), "done");
  const auto bytes = [&] { return bench.partition->with([](broker::Partition& each) { return each.bytes(); }); };
  const auto before = bytes();
  for (int pass = 0; pass < 2; ++pass) {
    bench.clock.advance(1h);
    auto cleaning = bench.partition->with(
        [&](broker::Partition& each) { return each.prepare_cleaning({.map_bytes = 4096}, bench.clock.now()); });
    ASSERT_TRUE(cleaning);
    if (!*cleaning) break;
    const log::CleaningAccess access{
        .locked = [&](const auto& work) { bench.partition->with([&](broker::Partition& each) { work(each.log()); }); },
        .named =
            [](const auto& work) {
              work();
              return true;
            },
        .stopped = [] { return false; }};
    ASSERT_TRUE((*cleaning)->run(bench.disk, access));
  }
  EXPECT_LT(bytes(), before / 4);
  bench.take_over();
  EXPECT_EQ(bench.committed(), "99");
}

TEST(GroupShard, GivesUpItsCoordinatorWhenItCannotWriteAndComesBack) {
  Bench bench;
  EXPECT_EQ(bench.commit(5), "done");
  bench.fake.fail(1, Errc::no_space, support::Call::write);
  EXPECT_EQ(bench.commit(6), "NOT_COORDINATOR");
  EXPECT_EQ(bench.committed(), "NOT_COORDINATOR");
  bench.shard->run_timers();
  EXPECT_EQ(bench.committed(), "NOT_COORDINATOR") << "not yet";
  bench.clock.advance(1s);
  bench.shard->run_timers();
  EXPECT_EQ(bench.committed(), "5") << "what was refused is not known";
  EXPECT_EQ(bench.commit(7), "done");
  EXPECT_EQ(bench.committed(), "7");
}

TEST(GroupShard, SaysWhenItWillTryAgain) {
  Bench bench;
  bench.fake.fail(1, Errc::no_space, support::Call::write);
  (void)bench.commit(6);
  EXPECT_EQ(bench.shard->next_deadline(), bench.clock.now().steady + 1s);
  bench.shard->stop();
  EXPECT_EQ(bench.shard->next_deadline(), std::nullopt);
}

TEST(GroupShard, StaysStoppedOnceItWasStopped) {
  Bench bench;
  bench.fake.fail(1, Errc::no_space, support::Call::write);
  (void)bench.commit(6);
  bench.shard->stop();
  bench.clock.advance(1h);
  bench.shard->run_timers();
  EXPECT_TRUE(bench.shard->load()) << "as a timer does that came in between";
  EXPECT_EQ(bench.commit(7), "NOT_COORDINATOR");
}

TEST(GroupShard, AnswersEarlierCommitsThoughALaterOneCannotBeWritten) {
  Bench bench;
  bench.disk.hold();
  auto first = bench.begin_commit(5);
  bench.disk.wait_until_waiting();
  bench.fake.fail(1, Errc::no_space, support::Call::write);
  EXPECT_EQ(bench.commit(6), "NOT_COORDINATOR");
  bench.disk.release();
  EXPECT_EQ(Bench::line_of(std::move(first)), "done");
}

TEST(GroupShard, LeavesNobodyWaitingWhenAWriteTakesItsLogOffline) {
  Bench bench;
  bench.disk.hold();
  auto first = bench.begin_commit(5);
  bench.disk.wait_until_waiting();
  bench.fake.fail(1, Errc::io, support::Call::write);
  EXPECT_EQ(bench.commit(6), "NOT_COORDINATOR");
  bench.disk.release();
  EXPECT_EQ(Bench::line_of(std::move(first)), "NOT_COORDINATOR");
}

TEST(GroupShard, AnswersOutsideItsLock) {
  Bench bench;
  (void)bench.commit(5);
  bench.committer.drain();
  // Nothing has to be flushed for this one: it is answered by the caller, who may ask again from within the answer.
  std::promise<std::string> inner;
  const auto ask = [&](AnyGroupDone done) {
    bench.shard->ask([&](groups::Coordinator& coordinator, groups::Ticket ticket,
                         Now now) { return coordinator.list({}, ticket, now); },
                     std::move(done));
  };
  ask([&](const AnyGroupAnswer&) {
    std::thread([&] {
      ask([&](const AnyGroupAnswer& answer) { inner.set_value(answer ? "answered" : "refused"); });
    }).join();
  });
  EXPECT_EQ(inner.get_future().get(), "answered");
}

TEST(GroupShard, CutsLargeDecisionsIntoBatchesOfBoundedSize) {
  Bench bench;
  EXPECT_EQ(Bench::line_of(bench.begin_commit(5, 1'500, 4'000)), "done");
  std::size_t batches = 0;
  std::int32_t records = 0;
  const auto walked = bench.partition->with([&](broker::Partition& partition) {
    return partition.log().walk(Offset(0), [&](const record::BatchHeader& header, ByteView) {
      EXPECT_LT(header.size(), std::int64_t{2 * limits::MiB});
      ++batches;
      records += header.record_count;
      return true;
    });
  });
  EXPECT_TRUE(walked);
  EXPECT_GE(batches, 3u);
  EXPECT_EQ(records, 1'500);
  EXPECT_TRUE(bench.shard->load());
  EXPECT_EQ(bench.committed(), "5");
}

}  // namespace
}  // namespace millrace::runtime
