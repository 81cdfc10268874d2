// Idempotent producers against a partition whose power is cut at every disk call in turn. Whatever
// moment it is: what was confirmed stays where it was, nothing is there twice, nothing is there that nobody sent, and a
// producer that repeats what was not confirmed ends up with every record in the log once and in order.

#include <gtest/gtest.h>

#include <map>

#include "broker/partition_language.hpp"
#include "support/seeded_random.hpp"

namespace millrace::broker {
namespace {

constexpr int producer_count = 3;

struct Sent {
  std::int32_t first = 0;
  std::int32_t last = 0;
};

class World {
 public:
  World(std::uint64_t seed, std::uint64_t cut_at) : seed_(seed), chance_(seed) {
    settings_ = small_settings();
    settings_.log.segment_bytes = 2000;
    disk_.cut_power(cut_at);
  }

  /// True when the power was cut on the way: then there is a later moment to try.
  bool run() {
    (void)open();
    for (int step = 0; step < 60 && !disk_.power_is_off(); ++step) one_step();
    const bool was_cut = disk_.power_is_off();
    if (partition_) known_ = durable_checkpoint_;
    partition_.reset();
    constexpr support::Crash kinds[] = {support::Crash::lose, support::Crash::keep, support::Crash::random,
                                        support::Crash::tear, support::Crash::zero_fill};
    disk_.crash(kinds[chance_.below(std::size(kinds))], seed_);
    clean_ = false;
    EXPECT_TRUE(open());
    if (!partition_) return false;
    repeat_everything();
    check_log();
    return was_cut;
  }

 private:
  [[nodiscard]] bool open() {
    auto opened = Partition::open(disk_, "orders-0", settings_, known_, clean_, now_);
    if (!opened) {
      EXPECT_TRUE(disk_.power_is_off()) << opened.error().message;
      return false;
    }
    partition_ = std::move(opened->partition);
    return true;
  }

  void one_step() {
    if (!partition_) return;
    const auto id = static_cast<int>(chance_.below(producer_count));
    switch (chance_.below(10)) {
      case 0:
      case 1: flush(); break;
      case 2: retry(id); break;
      case 3: restart(); break;
      case 4: delete_some(); break;
      default: send_new(id);
    }
    if (!partition_) return;
    EXPECT_LE(partition_->high_watermark(), partition_->durable_end());
  }

  Bytes batch(int id, const Sent& sent) const {
    record::BatchBuilder builder;
    builder.set_producer(id, 0, sent.first);
    for (auto sequence = sent.first; sequence <= sent.last; ++sequence) {
      builder.add({now_.wall, std::nullopt, as_bytes(std::to_string(id) + ":" + std::to_string(sequence)), {}});
    }
    return builder.finish();
  }

  /// Nothing when the disk failed.
  std::optional<AppendAnswer> append(int id, const Sent& sent) {
    auto bytes = batch(id, sent);
    auto answer = partition_->append(bytes, record::read_header(bytes), now_);
    if (answer.error != ErrorCode::none) {
      EXPECT_TRUE(disk_.power_is_off()) << name_of(answer.error) << " " << answer.message;
      return std::nullopt;
    }
    for (auto sequence = sent.first; sequence <= sent.last; ++sequence) {
      const auto offset = answer.base_offset + (sequence - sent.first);
      if (const auto known = confirmed_.find({id, sequence}); known != confirmed_.end()) {
        EXPECT_EQ(offset, known->second) << "a retry of what was confirmed got another offset";
      }
    }
    return answer;
  }

  void send_new(int id) {
    auto& flight = in_flight_[id];
    if (flight.size() == remembered_batches) return;
    const auto first = next_sequence_[id];
    const Sent sent{first, first + static_cast<std::int32_t>(chance_.below(3))};
    next_sequence_[id] = sent.last + 1;
    flight.push_back({sent, std::nullopt});
    if (const auto answer = append(id, sent)) flight.back().answered = *answer;
  }

  void retry(int id) {
    for (auto& [sent, answered] : in_flight_[id]) {
      const auto answer = append(id, sent);
      if (!answer) return;
      if (answered) {
        EXPECT_TRUE(answer->duplicate);
        EXPECT_EQ(answer->base_offset, answered->base_offset);
      }
      answered = *answer;
    }
  }

  void flush() {
    const auto ticket = partition_->prepare_flush();
    if (!ticket) return confirm();  // retries of what is durable already wait for nothing
    if (const auto done = log::perform(disk_, ticket->work); !done) {
      partition_->take_offline(done.error());
      return;
    }
    (void)partition_->flushed(*ticket);
    confirm();
    durable_checkpoint_ = partition_->checkpoint();
    known_ = durable_checkpoint_;
    if (const auto snapshot = partition_->prepare_snapshot()) {
      partition_->snapshot_done(*snapshot, write_snapshot(disk_, *snapshot).has_value());
    }
  }

  /// The answers that the engine lets go now.
  void confirm() {
    for (auto& [producer, flight] : in_flight_) {
      std::erase_if(flight, [&, id = producer](const Flight& each) {
        if (!each.answered || each.answered->next > partition_->durable_end()) return false;
        for (auto sequence = each.sent.first; sequence <= each.sent.last; ++sequence) {
          confirmed_[{id, sequence}] = each.answered->base_offset + (sequence - each.sent.first);
        }
        return true;
      });
    }
  }

  void restart() {
    if (!partition_->close()) return;
    confirm();
    known_ = durable_checkpoint_ = partition_->checkpoint();
    partition_.reset();
    if (disk_.power_is_off()) return;
    clean_ = true;
    if (open()) clean_ = false;
  }

  void delete_some() {
    if (chance_.below(3) != 0) return;
    const auto room = static_cast<std::uint64_t>(partition_->durable_end() - partition_->start()) + 1;
    const auto answer =
        partition_->delete_records(partition_->start() + static_cast<std::int64_t>(chance_.below(room)));
    EXPECT_EQ(answer.error, ErrorCode::none) << answer.message;
    known_ = durable_checkpoint_ = partition_->checkpoint();
  }

  void repeat_everything() {
    for (auto& [id, flight] : in_flight_) {
      for (auto& [sent, answered] : flight) {
        answered = append(id, sent);
        EXPECT_TRUE(answered);
      }
    }
    flush();
    for (const auto& [id, flight] : in_flight_) EXPECT_TRUE(flight.empty());
  }

  void check_log() {
    std::map<std::pair<int, std::int32_t>, Offset> found;
    std::map<int, std::int32_t> last;
    const auto walked = partition_->log().walk(partition_->start(), [&](const record::BatchHeader&, ByteView batch) {
      const auto records = record::read_records(batch);
      EXPECT_TRUE(records);
      if (!records) return false;
      for (const auto& record : *records) {
        const std::string text(as_text(*record.value));
        const auto id = std::stoi(text);
        const auto sequence = std::stoi(text.substr(text.find(':') + 1));
        EXPECT_TRUE(found.emplace(std::pair(id, sequence), record.offset).second) << text << " is there twice";
        EXPECT_LT(sequence, next_sequence_[id]) << text << " was never sent";
        const auto before = last.emplace(id, sequence - 1).first->second;
        EXPECT_EQ(sequence, before + 1) << "producer " << id << " is out of order";
        last[id] = sequence;
      }
      return true;
    });
    EXPECT_TRUE(walked);
    for (const auto& [what, offset] : confirmed_) {
      if (offset < partition_->start()) continue;
      const auto there = found.find(what);
      ASSERT_NE(there, found.end()) << what.first << ":" << what.second << " was confirmed and is lost";
      EXPECT_EQ(there->second, offset) << what.first << ":" << what.second;
    }
  }

  struct Flight {
    Sent sent;
    std::optional<AppendAnswer> answered;
  };

  std::uint64_t seed_;
  support::SeededRandom chance_;
  support::FakeDisk disk_;
  TopicSettings settings_;
  Now now_{Instant{}, test_wall};
  std::optional<log::Checkpoint> known_;
  std::optional<log::Checkpoint> durable_checkpoint_;
  bool clean_ = false;
  std::unique_ptr<Partition> partition_;
  std::map<int, std::int32_t> next_sequence_;
  std::map<int, std::vector<Flight>> in_flight_;
  std::map<std::pair<int, std::int32_t>, Offset> confirmed_;
};

TEST(PartitionSimulation, R30PowerCutsAtEveryDiskCallLoseNothingAndDoubleNothing) {
  const auto first = support::seed_from_env(1);
  const auto count = support::seed_count_from_env(12);
  for (auto seed = first; seed < first + count; ++seed) {
    for (std::uint64_t cut_at = 1;; ++cut_at) {
      SCOPED_TRACE("MILLRACE_SEED=" + std::to_string(seed) + ", power cut at disk call " + std::to_string(cut_at));
      World world(seed, cut_at);
      const bool was_cut = world.run();
      if (HasFailure()) return;
      if (!was_cut) break;
    }
  }
}

}  // namespace
}  // namespace millrace::broker
