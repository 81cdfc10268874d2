// Events and their repeats against a partition whose power is cut at every disk call in turn. Whatever moment it is: an
// event that was confirmed and is repeated within its window is answered with its first offset, no event is in the log
// twice within a window, and an idempotent producer goes on behind batches that were nothing but repeats.

#include <gtest/gtest.h>

#include <map>

#include "broker/event_language.hpp"
#include "support/seeded_random.hpp"

namespace millrace::broker {
namespace {

constexpr Milliseconds window{100};
constexpr ProducerId producer = 7;

class World {
 public:
  World(std::uint64_t seed, std::uint64_t cut_at) : seed_(seed), chance_(seed) {
    settings_ = settings_with_window(window);
    settings_.log.segment_bytes = 4000;
    disk_.cut_power(cut_at);
  }

  /// True when the power was cut on the way: then there is a later moment to try.
  bool run() {
    (void)open();
    for (int step = 0; step < 50 && !disk_.power_is_off(); ++step) one_step();
    const bool was_cut = disk_.power_is_off();
    partition_.reset();
    constexpr support::Crash kinds[] = {support::Crash::lose, support::Crash::keep, support::Crash::random,
                                        support::Crash::tear, support::Crash::zero_fill};
    disk_.crash(kinds[chance_.below(std::size(kinds))], seed_);
    waiting_.clear();  // those who wait for an answer lose their connection
    clean_ = false;
    EXPECT_TRUE(open());
    if (!partition_) return false;
    send_in_flight();
    check_log();
    for (int step = 0; step < 20; ++step) one_step();
    flush();
    check_log();
    return was_cut;
  }

 private:
  struct Sent {
    std::string ids;
    Sender by;
    std::optional<AppendAnswer> answered;
  };

  [[nodiscard]] bool open() {
    // The steady clock of another process begins somewhere else.
    now_.steady = Instant(Milliseconds(1'000 * chance_.below(1'000)));
    auto opened =
        Partition::open(disk_, "orders-0", settings_, known_, clean_, now_, {}, {.key = {chance_.next(), seed_}});
    if (!opened) {
      EXPECT_TRUE(disk_.power_is_off()) << opened.error().message;
      return false;
    }
    partition_ = std::move(opened->partition);
    return true;
  }

  void one_step() {
    if (!partition_) return;
    switch (chance_.below(12)) {
      case 0:
      case 1:
      case 2: flush(); break;
      case 3: restart(); break;
      case 4:
      case 5: wait(); break;
      case 6:
      case 7:
      case 8: send_as_producer(); break;
      default: send(any_ids());
    }
  }

  void wait() {
    const Milliseconds time(chance_.below(60));
    now_.steady += time;
    uptime_ += time;
    now_.wall += static_cast<Timestamp>(chance_.below(2'000'000)) - 1'000'000;
  }

  /// New ones, and such that were there before.
  std::string any_ids() {
    std::string ids;
    for (auto left = 1 + chance_.below(4); left > 0; --left) {
      const bool is_new = next_id_ == 0 || chance_.chance(40);
      const auto id =
          is_new ? next_id_++
                 : next_id_ - 1 - static_cast<int>(chance_.below(static_cast<std::uint64_t>(std::min(next_id_, 12))));
      ids += (ids.empty() ? "" : " ") + (chance_.chance(5) ? std::string("-") : std::to_string(id));
    }
    return ids;
  }

  /// Nothing when the disk failed.
  std::optional<AppendAnswer> send(const std::string& ids, Sender by = {}) {
    constexpr record::Codec codecs[] = {record::Codec::none, record::Codec::lz4, record::Codec::zstd};
    by.codec = codecs[chance_.below(std::size(codecs))];
    auto batch = events(ids, by);
    const auto end = partition_->end();
    const auto answer = append_round(*partition_, batch, record::read_header(batch), now_);
    if (answer.error != ErrorCode::none) {
      EXPECT_TRUE(disk_.power_is_off()) << name_of(answer.error) << " " << answer.message;
      return std::nullopt;
    }
    for (auto at = end; at < partition_->end(); at = at + 1) came_at_[at] = uptime_;
    const auto words = words_of(ids);
    for (std::size_t i = 0; i < words.size(); ++i) {
      const auto known = confirmed_.find(words[i]);
      if (known == confirmed_.end() || uptime_ - came_at_[known->second] >= window) continue;
      EXPECT_EQ(place_of(answer, i), known->second) << words[i] << " was confirmed and came within its window";
    }
    if (by.producer < 0) waiting_.push_back({ids, by, answer});
    return answer;
  }

  void send_as_producer() {
    if (in_flight_.size() == remembered_batches) return;
    const auto ids = any_ids();
    const Sender by{.producer = producer, .sequence = next_sequence_};
    next_sequence_ += static_cast<std::int32_t>(words_of(ids).size());
    in_flight_.push_back({ids, by, std::nullopt});
    in_flight_.back().answered = send(ids, by);
    if (in_flight_.back().answered && chance_.chance(20)) send_in_flight();
  }

  void send_in_flight() {
    for (auto& each : in_flight_) {
      each.answered = send(each.ids, each.by);
      if (!each.answered) return;
    }
  }

  /// -1 where a retry of a producer holds what was a repeat the first time, of an event whose window is over.
  static Offset place_of(const AppendAnswer& answer, std::size_t at) {
    const auto first = at < answer.first_copies.size() ? answer.first_copies[at] : no_offset;
    if (first != no_offset || answer.duplicate) return first;
    return answer.base_offset + static_cast<std::int64_t>(at);
  }

  void flush() {
    if (const auto ticket = partition_->prepare_flush()) {
      if (const auto done = log::perform(disk_, ticket->work); !done) {
        partition_->take_offline(done.error());
        return;
      }
      (void)partition_->flushed(*ticket);
    }
    confirm();
    known_ = partition_->checkpoint();
    partition_->expire(now_);
  }

  /// The answers that the engine lets go now.
  void confirm() {
    for (auto* sent : {&waiting_, &in_flight_}) {
      std::erase_if(*sent, [&](const Sent& each) {
        if (!each.answered || each.answered->next > partition_->durable_end()) return false;
        const auto words = words_of(each.ids);
        for (std::size_t i = 0; i < words.size(); ++i) {
          const auto place = place_of(*each.answered, i);
          if (words[i] != "-" && place != no_offset) confirmed_[words[i]] = place;
        }
        return true;
      });
    }
  }

  void restart() {
    if (!partition_->close()) return;
    confirm();
    known_ = partition_->checkpoint();
    partition_.reset();
    if (disk_.power_is_off()) return;
    clean_ = true;
    if (open()) clean_ = false;
  }

  void check_log() {
    std::map<std::string, Offset> last;
    std::map<Offset, std::string> found;
    const auto walked = partition_->log().walk(partition_->start(), [&](const record::BatchHeader&, ByteView batch) {
      const auto records = record::read_records(batch);
      EXPECT_TRUE(records);
      if (!records) return false;
      for (const auto& record : *records) {
        if (record.headers.empty()) continue;
        const std::string id(as_text(*record.value));
        found[record.offset] = id;
        if (const auto before = last.find(id); before != last.end()) {
          EXPECT_GE(came_at_[record.offset] - came_at_[before->second], window)
              << id << " is there twice, at " << before->second.value() << " and " << record.offset.value();
        }
        last[id] = record.offset;
      }
      return true;
    });
    EXPECT_TRUE(walked);
    for (const auto& [id, offset] : confirmed_) {
      EXPECT_EQ(found[offset], id) << "confirmed at " << offset.value() << " and not there";
    }
  }

  std::uint64_t seed_;
  support::SeededRandom chance_;
  support::FakeDisk disk_;
  TopicSettings settings_;
  Now now_{Instant{}, test_wall};
  Milliseconds uptime_{0};  ///< of all processes together
  std::optional<log::Checkpoint> known_;
  bool clean_ = false;
  std::unique_ptr<Partition> partition_;
  int next_id_ = 0;
  std::int32_t next_sequence_ = 0;
  std::vector<Sent> waiting_;    ///< of nobody's producer
  std::vector<Sent> in_flight_;  ///< of the producer, in order
  std::map<Offset, Milliseconds> came_at_;
  std::map<std::string, Offset> confirmed_;
};

TEST(PartitionEventsSimulation, PowerCutsAtEveryDiskCallLoseNoEventAndStoreNoneTwice) {
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
