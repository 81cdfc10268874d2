// A seed makes a story: consumers that acknowledge, fail, reject, release, renew, forget and vanish; a broker that dies
// between any two records; a wall clock that jumps; policies that change; a dead-letter topic that refuses, or takes
// and does not answer; logs that lose their front. Whatever happens, the checks hold:
//
//   what was acknowledged and answered is not handed out again, unless it was redriven;
//   nothing is lost: in the end everything was acknowledged, is in the dead-letter topic, was dropped, or had gone;
//   attempts are the failures that were answered, and none that did not happen;
//   nothing is handed out while something before it in its key is unsettled;
//   each dead letter is there once.
//
// MILLRACE_SEED=<n> repeats one story.

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "millrace/delivery/partition_delivery.hpp"
#include "support/seeded_random.hpp"

namespace millrace::delivery {
namespace {

using namespace std::chrono_literals;
using support::SeededRandom;

constexpr int steps = 1'500;
constexpr std::uint64_t seeds = 40;
constexpr std::int64_t keys = 6;

/// What is known of one event from outside. Between a crash and the next hand-out some of it is not.
struct Known {
  KeyHash key = no_key;
  bool acknowledged = false;  ///< answered, since it was last redriven
  bool settled = false;       ///< surely, in this life of the broker
  bool maybe_settled = false;
  bool accounted = false;  ///< acknowledged, dead, dropped or gone at any time
  int failures_answered = 0;
  int failures = 0;
  bool failures_are_sure = true;
  bool redriven = false;      ///< its dead letter has it, whatever becomes of the log
  bool is_filtered = false;   ///< by the filter of today
  bool was_filtered = false;  ///< by some filter
};

struct Held {
  Token token;
  ConsumerId consumer{};
};

struct Letter {
  Offset event;
  std::uint32_t life = 0;
};

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : chance_(seed), scale_(seed % 4 == 0 ? 20 : 1) {
    change_policy();
    start();
    apply(machine_->begin(Offset(0)));
    flush();
  }

  void run() {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) step();
    if (!testing::Test::HasFailure()) come_to_rest();
  }

  [[nodiscard]] std::size_t letters() const { return dead_letters_.size(); }
  [[nodiscard]] int acknowledged() const { return acknowledged_; }
  [[nodiscard]] int crashes() const { return crashes_; }

 private:
  std::uint64_t pick(std::uint64_t below) { return chance_.below(below); }
  [[nodiscard]] std::int64_t end() const { return static_cast<std::int64_t>(log_.size()); }
  Known& known(Offset at) { return events_.at(at.value()); }

  void change_policy() {
    Policy policy;
    policy.order = static_cast<Order>(pick(10) == 0 ? 2 : pick(2));
    policy.dead_holds = pick(2) == 0;
    if (pick(4) == 0) {
      policy.max_deliveries.reset();
    } else {
      policy.max_deliveries = static_cast<std::uint16_t>(1 + pick(4));
    }
    if (pick(3) == 0) policy.max_age = Milliseconds(1 + pick(120'000));
    policy.backoff = {.base = Milliseconds(pick(2'000)), .factor_percent = 200, .cap = 8s, .jitter_percent = 50};
    policy.lock_time = Milliseconds(500 + pick(10'000));
    policy.in_flight_max = 1 + pick(40 * scale_);
    policy.per_key_max = 2 + pick(30);
    policy.unsettled_max = 20 + pick(2'000);
    policy.read_ahead = 1 + pick(200 * scale_);
    policy.on_target_error = pick(4) == 0 ? OnTargetError::drop : OnTargetError::hold;
    policy.texts_bytes_max = pick(2) == 0 ? 10 : limits::MiB;
    ASSERT_TRUE(check(policy).has_value());
    policy_ = std::make_shared<Policy>(policy);
  }

  void start() {
    machine_.emplace(policy_, chance_.next());
    for (const Record& record : records_) machine_->replay(record);
    apply(machine_->loaded().effects);
    start_ = machine_->facts().start;
  }

  void step() {
    switch (pick(24)) {
      case 0: publish(); break;
      case 1: wall_ += static_cast<Timestamp>(pick(20'000'000)) - 10'000'000; break;
      case 2: steady_ += Milliseconds(pick(15'000)); break;
      case 3:
        if (pick(6) == 0) crash();
        break;
      case 4:
        if (pick(4) == 0) lose_front();
        break;
      case 5:
        if (pick(4) == 0) lose_consumer();
        break;
      case 6:
        if (pick(8) == 0) new_policy();
        if (pick(8) == 0) new_filter();
        break;
      case 7: redrive(); break;
      case 8:
        if (!dead_letters_.empty()) discard(dead_letters_[pick(dead_letters_.size())].event);
        break;
      case 9:
      case 10: flush(); break;
      case 11:
      case 12: write_letters(); break;
      case 13:
      case 14: feed(); break;
      case 15:
      case 16:
      case 17: take(); break;
      default:
        settle_some();
        if (pick(40) == 0) crash();
    }
    steady_ += Milliseconds(pick(200));
    wall_ += 100;
    tick();
    check_facts();
  }

  Now now() const { return {steady_, wall_}; }

  // The log.

  void publish() {
    for (std::uint64_t i = 0, count = pick(scale_ > 1 ? 600 : 120); i < count; ++i) {
      const Offset at(end());
      if (pick(5) == 0) {
        log_.push_back(std::nullopt);  // Of no interest.
        continue;
      }
      const KeyHash key = pick(4) == 0 ? no_key : 1'000 + pick(keys);
      log_.push_back(Event{at, key, wall_ - static_cast<Timestamp>(pick(30'000))});
      events_[at.value()].key = key;
    }
  }

  void feed() {
    for (int i = 0; i < 20; ++i) {
      const auto wanted = machine_->wanted();
      if (!wanted) return;
      const std::int64_t from = std::max(wanted->from, log_start_).value();
      std::int64_t to =
          std::min(wanted->to.value_or(Offset(end())).value(), from + 1 + static_cast<std::int64_t>(pick(90 * scale_)));
      to = std::min(to, end());
      if (to <= from) return;
      std::vector<Event> events;
      for (std::int64_t at = from; at < to; ++at)
        if (log_[static_cast<std::size_t>(at)] && !known(Offset(at)).is_filtered)
          events.push_back(*log_[static_cast<std::size_t>(at)]);
      const auto told = machine_->tell(Offset(from), Offset(to), events, now());
      apply(told.effects);
      if (told.until <= Offset(from)) return;
    }
  }

  void lose_front() {
    log_start_ = Offset(std::min(log_start_.value() + static_cast<std::int64_t>(pick(80)), end()));
    for (auto& [at, event] : events_)
      if (Offset(at) < log_start_ && !event.redriven) event.accounted = event.maybe_settled = true;
    apply(machine_->log_begins(log_start_, now()));
  }

  // Consumers.

  void take() {
    const ConsumerId consumer{1 + pick(4)};
    auto taken = machine_->acquire(1 + pick(15 * scale_), consumer, now());
    apply(taken.effects);
    for (const Acquired& one : taken.events) {
      check_hand_out(one);
      held_.push_back({one.token, consumer});
    }
    EXPECT_TRUE(taken.events.empty() || machine_->facts().acquired <= policy_->in_flight_max);
  }

  void check_hand_out(const Acquired& one) {
    const Offset at = one.token.offset;
    Known& event = known(at);
    EXPECT_FALSE(event.acknowledged) << at.value() << " was acknowledged, and that was answered";
    EXPECT_FALSE(event.settled) << at.value() << " is settled";
    EXPECT_TRUE(!event.is_filtered || one.attempt > 1 || event.redriven) << at.value() << " does not pass the filter";
    event.maybe_settled = false;
    const int failures = one.attempt - 1;
    if (event.failures_are_sure) {
      EXPECT_EQ(failures, event.failures) << at.value();
    } else {
      EXPECT_GE(failures, event.failures_answered) << at.value();
      EXPECT_LE(failures, event.failures) << at.value();
    }
    event.failures = failures;
    event.failures_are_sure = true;
    EXPECT_GE(one.hand_outs, one.attempt) << at.value();
    if (policy_->order == Order::none || (policy_->order == Order::key && event.key == no_key)) return;
    if (has_no_order(at, event)) return;
    for (const auto& [earlier, before] : events_) {
      if (Offset(earlier) >= at) break;
      const bool is_same = policy_->order == Order::partition || before.key == event.key;
      EXPECT_TRUE(!is_same || before.settled || before.maybe_settled || has_no_order(Offset(earlier), before))
          << at.value() << " was handed out before " << earlier;
    }
  }

  void settle_some() {
    if (held_.empty()) return;
    std::vector<Token> tokens;
    for (std::uint64_t i = 0, count = 1 + pick(8 * scale_); i < count; ++i) {
      const std::size_t which = pick(held_.size());
      tokens.push_back(held_[which].token);
      if (pick(6) != 0) held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(which));
      if (held_.empty()) break;
    }
    const std::uint64_t what = pick(12);
    const FailedAttempt why{.reason = Reason::http_status, .code = 503, .message = "a text of some length"};
    if (what < 6) {
      acknowledge(tokens);
    } else if (what == 6) {
      (void)note(machine_->release(tokens, Milliseconds(pick(2) * pick(3'000)), now()));
    } else if (what == 7) {
      (void)note(machine_->renew(tokens, now()));
    } else if (what < 11) {
      failed(tokens, machine_->fail(tokens, why, Milliseconds(pick(2'000)), now()));
    } else {
      failed(tokens, machine_->reject(tokens, why, now()), true);
    }
  }

  std::vector<TokenError> note(PartitionDelivery::Answer answer) {
    apply(answer.effects);
    return answer.errors;
  }

  void acknowledge(const std::vector<Token>& tokens) {
    const auto errors = note(machine_->acknowledge(tokens, now()));
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (errors[i] != TokenError::none) continue;
      const Offset at = tokens[i].offset;
      EXPECT_FALSE(known(at).settled) << at.value() << " was settled with a second token";
      known(at).settled = true;
      when_durable([this, at] {
        known(at).acknowledged = known(at).accounted = true;
        ++acknowledged_;
      });
    }
  }

  /// What comes back to a log that has lost it is no failure any more, unless it was redriven; but a rejection has a
  /// letter all the same.
  void failed(const std::vector<Token>& tokens, PartitionDelivery::Answer answer, bool is_rejection = false) {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const Offset at = tokens[i].offset;
      if (answer.errors[i] == TokenError::none && (is_rejection || at >= log_start_ || known(at).redriven))
        count_failure(at);
    }
    (void)note(std::move(answer));
  }

  void count_failure(Offset at) {
    const int failures = ++known(at).failures;
    when_durable(
        [this, at, failures] { known(at).failures_answered = std::max(known(at).failures_answered, failures); });
  }

  void lose_consumer() {
    const ConsumerId consumer{1 + pick(4)};
    apply(machine_->consumer_gone(consumer, now()));
    std::erase_if(held_, [&](const Held& held) { return held.consumer == consumer; });
    if (pick(5) == 0) {
      apply(machine_->shut_down(now()));
      held_.clear();
    }
  }

  // Time. A lock that runs out is a failure that nobody asked for: it is seen in the records.

  void tick() {
    for (int i = 0; machine_->next_deadline() && *machine_->next_deadline() <= steady_; ++i) {
      ASSERT_LT(i, 10'000) << "nothing comes to rest";
      const std::uint64_t before = machine_->counts().failed;
      const Effects effects = machine_->tick(now());
      std::uint64_t seen = 0;
      for (const Record& record : effects.records) {
        const auto* event = std::get_if<EventState>(&record);
        if (event == nullptr || event->failures.count <= known(event->offset).failures) continue;
        if (!known(event->offset).failures_are_sure) continue;
        EXPECT_EQ(event->failures.count, known(event->offset).failures + 1);
        count_failure(event->offset);
        ++seen;
      }
      EXPECT_EQ(seen, machine_->counts().failed - before);
      apply(effects);
    }
  }

  void new_policy() {
    change_policy();
    apply(machine_->set_policy(policy_, now()));
    forget_dead();
  }

  /// What the filter leaves out holds back nothing; and nobody tells the key of what was redriven once its log has lost
  /// it, or the filter leaves it out.
  [[nodiscard]] bool has_no_order(Offset at, const Known& event) const {
    return event.is_filtered || (event.redriven && (event.was_filtered || at < log_start_));
  }

  /// It takes some events no longer, and others again if they are still to come.
  void new_filter() {
    for (auto& [at, event] : events_) {
      event.is_filtered = pick(4) == 0;
      event.was_filtered = event.was_filtered || event.is_filtered;
      if (event.was_filtered) event.accounted = event.maybe_settled = true;
    }
    machine_->judge_anew();
  }

  // Dead letters.

  void write_letters() {
    flush();
    const auto letters = std::exchange(letters_, {});
    for (const DeadLetter& letter : letters) {
      const std::uint64_t fate = pick(10);
      if (fate == 0) {
        fail_letter(letter);
        continue;
      }
      const Offset at = write(letter);
      if (fate == 1) {
        fail_letter(letter);  // It is there, and nobody heard of it.
      } else if (fate < 4) {
        confirmations_.emplace_back(letter.offset, at);
      } else {
        confirm(letter.offset, at);
      }
    }
    if (pick(2) == 0)
      for (const auto& [event, at] : std::exchange(confirmations_, {})) confirm(event, at);
  }

  Offset write(const DeadLetter& letter) {
    const auto same = [&](const Letter& there) { return there.event == letter.offset && there.life == letter.life; };
    const auto anywhere = std::ranges::find_if(dead_letters_, same);
    if (letter.may_be_there) {
      const auto behind = dead_letters_.begin() + static_cast<std::ptrdiff_t>(letter.look_behind.value() + 1);
      const auto found = std::find_if(behind, dead_letters_.end(), same);
      EXPECT_EQ(found, anywhere) << "it was to be looked for further in front";
      if (found != dead_letters_.end()) return Offset(found - dead_letters_.begin());
    }
    EXPECT_EQ(anywhere, dead_letters_.end()) << letter.offset.value() << " has a second letter";
    Known& event = known(letter.offset);
    if (event.failures_are_sure) {
      EXPECT_EQ(letter.failures.count, event.failures);
    }
    EXPECT_FALSE(event.acknowledged) << letter.offset.value() << " is dead, and was acknowledged";
    event.accounted = true;
    dead_letters_.push_back({letter.offset, letter.life});
    return Offset(static_cast<std::int64_t>(dead_letters_.size()) - 1);
  }

  void confirm(Offset event, Offset letter) {
    const std::size_t dead = machine_->facts().dead, archiving = machine_->facts().archiving;
    apply(machine_->archived(event, letter, now()));
    const auto facts = machine_->facts();
    if (facts.archiving == archiving) return;
    if (facts.dead > dead) {
      dead_.insert(event);
    } else {
      known(event).settled = true;
    }
  }

  void fail_letter(const DeadLetter& letter) {
    const std::size_t archiving = machine_->facts().archiving;
    apply(machine_->archive_failed(letter.offset, now()));
    if (machine_->facts().archiving == archiving) return;
    known(letter.offset).settled = known(letter.offset).accounted = true;
  }

  /// By another policy, dead events may hold back nothing any longer, and are settled.
  void forget_dead() {
    for (const Letter& letter : dead_letters_) known(letter.event).maybe_settled = true;
    dead_.clear();
  }

  void discard(Offset at) {
    const std::size_t dead = machine_->facts().dead;
    apply(machine_->discard({&at, 1}, now()));
    if (machine_->facts().dead < dead || !machine_->is_unsettled(at)) known(at).settled = true;
    dead_.erase(at);
  }

  void redrive() {
    if (dead_letters_.empty() || pick(4) != 0) return;
    flush();
    const Letter& letter = dead_letters_[pick(dead_letters_.size())];
    const Offset at = letter.event;
    std::uint32_t life = 0;
    for (const Letter& one : dead_letters_)
      if (one.event == at) life = std::max(life, one.life);
    if (!lives_are_sure(at)) return;
    const Redrive one{.event = *log_[static_cast<std::size_t>(at.value())], .life = life, .failures = {}};
    const auto redriven = machine_->redrive({&one, 1}, now());
    if (redriven.errors.at(0) != RedriveError::none) return;
    Known& event = known(at);
    event = {.key = event.key,
             .acknowledged = false,
             .settled = false,
             .maybe_settled = false,
             .accounted = true,
             .failures_answered = 0,
             .failures = 0,
             .failures_are_sure = true,
             .redriven = true,
             .is_filtered = event.is_filtered,
             .was_filtered = event.was_filtered};
    dead_.erase(at);
    apply(redriven.effects);
    flush();  // An operator waits for the answer.
  }

  /// A redrive that a crash has undone is not asked for with a life that was used.
  bool lives_are_sure(Offset at) { return known(at).settled || dead_.contains(at); }

  // The broker.

  void when_durable(std::function<void()> answer) { answers_.push_back(std::move(answer)); }

  void apply(const Effects& effects) {
    records_.insert(records_.end(), effects.records.begin(), effects.records.end());
    letters_.insert(letters_.end(), effects.letters.begin(), effects.letters.end());
  }

  void flush() {
    durable_ = records_.size();
    for (const auto& answer : std::exchange(answers_, {})) answer();
  }

  void crash() {
    ++crashes_;
    if (pick(2) == 0) compact();
    records_.resize(durable_ + pick(records_.size() - durable_ + 1));
    answers_.clear();
    letters_.clear();
    confirmations_.clear();
    dead_.clear();
    for (auto& [at, event] : events_) {
      event.maybe_settled = event.maybe_settled || event.settled;
      event.settled = false;
      event.failures_are_sure = false;
    }
    start();
    durable_ = records_.size();
    apply(machine_->log_begins(log_start_, now()));
  }

  /// Of what is durable, only the last record of each key stays.
  void compact() {
    std::set<std::string> seen;
    std::vector<Record> kept;
    for (std::size_t i = records_.size(); i-- > 0;)
      if (i >= durable_ || seen.emplace(as_text(encode({}, records_[i]).key)).second) kept.push_back(records_[i]);
    std::ranges::reverse(kept);
    durable_ -= records_.size() - kept.size();
    records_ = std::move(kept);
  }

  void check_facts() {
    const auto facts = machine_->facts();
    EXPECT_EQ(facts.unsettled,
              facts.ready + facts.parked + facts.acquired + facts.waiting + facts.archiving + facts.dead);
    EXPECT_GE(facts.start, start_) << "what is committed went back";
    start_ = facts.start;
    for (const auto& [at, event] : events_) {
      if (Offset(at) >= facts.start) break;
      EXPECT_TRUE(event.settled || event.maybe_settled || event.accounted) << at << " is below what is committed";
    }
  }

  /// Everybody acknowledges what he gets, letters are written, the dead are given up: nothing is left.
  void come_to_rest() {
    Policy policy;
    policy.order = policy_->order;
    policy_ = std::make_shared<Policy>(policy);
    apply(machine_->set_policy(policy_, now()));
    forget_dead();
    for (int i = 0; i < 20'000; ++i) {
      steady_ += 10s;
      tick();
      feed();
      std::vector<Token> tokens;
      auto taken = machine_->acquire(1'000, ConsumerId{9}, now());
      apply(taken.effects);
      for (const Acquired& one : taken.events) {
        check_hand_out(one);
        tokens.push_back(one.token);
      }
      acknowledge(tokens);
      write_letters();
      for (const Letter& letter : dead_letters_) discard(letter.event);
      const auto facts = machine_->facts();
      if (facts.unsettled == 0 && facts.told == Offset(end()) && letters_.empty() && confirmations_.empty()) break;
    }
    flush();
    EXPECT_EQ(machine_->facts().start, Offset(end()));
    for (const auto& [at, event] : events_) EXPECT_TRUE(event.accounted || event.maybe_settled) << at << " is lost";
    check_what_is_left();
  }

  void check_what_is_left() {
    compact();
    std::size_t values = 0;
    for (const Record& record : records_) values += encode({}, record).value ? 1 : 0;
    crash();
    feed();
    EXPECT_TRUE(machine_->acquire(1'000, ConsumerId{1}, now()).events.empty());
    EXPECT_LE(values, 20u) << "nothing is unsettled, and still there are records";
  }

  SeededRandom chance_;
  std::uint64_t scale_;  ///< of what consumers do at once: so that some seeds leave events far behind
  PolicyPtr policy_;
  std::optional<PartitionDelivery> machine_;
  Instant steady_{1h};
  Timestamp wall_ = 1'700'000'000'000;
  std::vector<std::optional<Event>> log_;
  Offset log_start_;
  std::map<std::int64_t, Known> events_;
  std::vector<Held> held_;
  std::vector<Record> records_;
  std::size_t durable_ = 0;
  std::vector<std::function<void()>> answers_;
  std::vector<DeadLetter> letters_;
  std::vector<Letter> dead_letters_;
  std::vector<std::pair<Offset, Offset>> confirmations_;
  std::set<Offset> dead_;
  Offset start_;
  int acknowledged_ = 0;
  int crashes_ = 0;
};

TEST(DeliverySimulation, HoldsWhatItPromises) {
  const std::uint64_t first = support::seed_from_env(1);
  std::size_t letters = 0;
  int acknowledged = 0, crashes = 0;
  for (std::uint64_t seed = first; seed < first + support::seed_count_from_env(seeds); ++seed) {
    SCOPED_TRACE("MILLRACE_SEED=" + std::to_string(seed));
    Simulation simulation(seed);
    simulation.run();
    letters += simulation.letters();
    acknowledged += simulation.acknowledged();
    crashes += simulation.crashes();
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(letters, 0u);
  EXPECT_GT(acknowledged, 0);
  EXPECT_GT(crashes, 0);
}

}  // namespace
}  // namespace millrace::delivery
