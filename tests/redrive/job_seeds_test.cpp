// A redrive job in a world that answers as it likes, whose power goes when it likes: whatever the seed, no letter is
// passed over, none is met twice without a crash, the rate holds, and the counts are right.

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "job.hpp"
#include "job_document.hpp"

namespace millrace::redrive {
namespace {

class SeededJob {
 public:
  explicit SeededJob(std::uint64_t seed) : chance_(seed) {
    JobRecord record;
    record.facts.id = "job";
    record.facts.wish.topic = "dlq.g.t";
    if (draw(2) == 0) record.facts.wish.rate = 20 + draw(2'000);
    record.facts.wish.by_key = draw(2) == 0;
    record.facts.wish.to = draw(3) == 0 ? JobTarget::topic : JobTarget::group;
    for (std::uint32_t partition = 0; partition < 1 + draw(4); ++partition) {
      const auto count = draw(600);
      for (std::uint32_t i = 0; i < count; ++i) {
        auto& letter = letters_[{static_cast<PartitionIndex>(partition), Offset(i)}];
        letter.key = draw(3) == 0 ? delivery::no_key : 1 + draw(20);
        letter.is_meant = draw(10) != 0;
      }
      record.ends.emplace_back(count);
    }
    deadly_ = draw(4) == 0 ? 80 : 10;
    crashes_ = draw(2) == 0;
    stored_ = record;
    job_ = std::make_unique<Job>(std::move(record), false);
  }

  void run() {
    for (int step = 0; step < 60'000 && job_->is_live(); ++step) {
      now_.steady += Milliseconds(draw(100) == 0 ? draw(1'500) : draw(4));
      now_.wall += 1;
      one_step();
      if (testing::Test::HasFatalFailure()) return;
    }
    ASSERT_FALSE(job_->is_live()) << "it never came to an end";
    check_end();
  }

 private:
  struct Letter {
    delivery::KeyHash key = delivery::no_key;
    bool is_meant = true;
    LetterState state = LetterState::open;
    int begun = 0;
  };

  std::uint32_t draw(std::uint32_t below) { return static_cast<std::uint32_t>(chance_() % below); }

  void one_step() {
    switch (draw(crashes_ ? 400 : 300)) {
      case 0: (void)job_->pause({}); break;
      case 1: was_cancelled_ = (draw(20) == 0 && job_->cancel(now_)) || was_cancelled_; break;
      case 399:
      case 398: crash(); return;
      default: break;
    }
    if (job_->facts().state == JobState::paused && draw(5) == 0) {
      ASSERT_TRUE(job_->resume());
    }
    for (const auto& place : job_->to_look_up()) looked_up_.push_back(place);
    if (const auto page = job_->next_page()) page_ = page;
    if (page_ && draw(2) == 0) list();
    begin();
    answer();
    settle();
    if (!looked_up_.empty() && draw(2) == 0) look_up();
    if (job_->is_to_be_stored(now_)) {
      stored_ = job_->store(now_);
      job_->stored(true);
    }
  }

  void list() {
    std::vector<JobLetter> met;
    std::optional<Cursor> next;
    const std::size_t limit = 1 + draw(300);
    for (auto at = letters_.lower_bound({page_->from.partition, page_->from.offset}); at != letters_.end(); ++at) {
      if (met.size() == limit) {
        next = Cursor{at->first.partition, at->first.offset};
        break;
      }
      if (at->second.is_meant && at->second.state == page_->state) met.push_back({at->first, at->second.key});
    }
    page_.reset();
    job_->page(met, next, now_);
  }

  void begin() {
    for (const auto& place : job_->begin(now_)) {
      auto& letter = letters_.at(place);
      ++letter.begun;
      begun_.emplace_back(now_.steady, place);
      if (job_->facts().wish.by_key && letter.key != delivery::no_key) {
        ASSERT_TRUE(keys_.emplace(letter.key, place).second || keys_.at(letter.key) == place)
            << "two letters of one key are under way";
      }
      asked_.push_back(place);
    }
  }

  void free_key(const JobPlace& place) {
    const auto key = keys_.find(letters_.at(place).key);
    if (key != keys_.end() && key->second == place) keys_.erase(key);
  }

  void answer() {
    for (auto left = draw(200); left > 0 && !asked_.empty(); --left) {
      const auto place = asked_.front();
      asked_.erase(asked_.begin());
      auto& letter = letters_.at(place);
      if (letter.state != LetterState::open) {
        free_key(place);
        job_->answered(place, JobAnswer::not_open, {}, now_);
        continue;
      }
      const auto luck = draw(100);
      if (luck < 3) {
        free_key(place);
        job_->answered(place, luck == 0 ? JobAnswer::unavailable : JobAnswer::full, {}, now_);
      } else if (luck < 5) {
        free_key(place);
        refused_.insert(place);
        job_->answered(place, JobAnswer::refused, "no", now_);
      } else if (job_->facts().wish.to == JobTarget::topic) {
        free_key(place);
        letter.state = LetterState::resolved;
        job_->answered(place, JobAnswer::resolved, {}, now_);
      } else {
        letter.state = LetterState::redriving;
        redriving_.push_back(place);
        if (draw(10) == 0) settle_one(redriving_.size() - 1);
        job_->answered(place, JobAnswer::under_way, {}, now_);
      }
    }
  }

  void settle() {
    for (auto left = draw(100); left > 0 && !redriving_.empty(); --left)
      settle_one(draw(static_cast<std::uint32_t>(redriving_.size())));
  }

  void settle_one(std::size_t which) {
    const auto place = redriving_[which];
    redriving_.erase(redriving_.begin() + static_cast<std::ptrdiff_t>(which));
    auto& letter = letters_.at(place);
    letter.state = draw(100) < deadly_ ? LetterState::superseded : LetterState::resolved;
    free_key(place);
    job_->settled(place, letter.state, now_);
  }

  void look_up() {
    const auto place = looked_up_.back();
    looked_up_.pop_back();
    const auto& letter = letters_.at(place);
    (void)job_->looked_up(place, letter.state, letter.key, now_);
  }

  /// What was asked may have been done, or not; what is under way goes on.
  void crash() {
    ++crashed_;
    for (const auto& place : asked_) {
      auto& letter = letters_.at(place);
      if (letter.state != LetterState::open || draw(2) == 0 || job_->facts().wish.to == JobTarget::topic) continue;
      letter.state = LetterState::redriving;
      redriving_.push_back(place);
    }
    asked_.clear();
    page_.reset();
    looked_up_.clear();
    keys_.clear();
    for (const auto& place : redriving_) keys_.emplace(letters_.at(place).key, place);
    for (auto left = draw(50); left > 0 && !redriving_.empty(); --left) {
      auto& letter = letters_.at(redriving_.back());
      letter.state = LetterState::resolved;
      free_key(redriving_.back());
      redriving_.pop_back();
    }
    now_.steady = Instant(Milliseconds(draw(1'000'000)));
    begun_.emplace_back(Instant(Milliseconds(-1)), JobPlace{});
    auto read = parse_job_document("job", to_document(stored_));
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(*read, stored_);
    job_ = std::make_unique<Job>(*std::move(read), true);
  }

  void check_end() {
    const auto& facts = job_->facts();
    std::map<LetterState, std::uint64_t> states;
    for (const auto& [place, letter] : letters_) {
      if (!letter.is_meant) {
        ASSERT_EQ(letter.begun, 0);
        continue;
      }
      ++states[letter.state];
      if (!was_cancelled_) {
        ASSERT_GT(letter.begun, 0) << "a letter was passed over: " << place.offset.value();
      }
      if (!was_cancelled_ && letter.state == LetterState::open) {
        ASSERT_TRUE(refused_.contains(place));
      }
    }
    EXPECT_EQ(facts.state, was_cancelled_ ? JobState::cancelled : JobState::done);
    EXPECT_EQ(facts.selected, facts.resolved + facts.failed);
    if (crashed_ == 0) {
      EXPECT_EQ(facts.resolved, states[LetterState::resolved]);
      EXPECT_EQ(facts.failed, states[LetterState::superseded] + refused_.size());
      EXPECT_EQ(facts.redriven + refused_.size(), facts.selected);
    }
    if (facts.wish.rate) check_rate(*facts.wish.rate);
  }

  void check_rate(std::uint32_t rate) const {
    std::size_t from = 0;
    for (std::size_t to = 0; to < begun_.size(); ++to) {
      if (begun_[to].first < Instant()) from = to + 1;  // a crash
      while (from < to && begun_[to].first - begun_[from].first > std::chrono::seconds(1)) ++from;
      if (begun_[to].first >= Instant()) {
        ASSERT_LE(to - from + 1, rate) << "within one second";
      }
    }
  }

  std::mt19937_64 chance_;
  std::map<JobPlace, Letter> letters_;
  std::unique_ptr<Job> job_;
  JobRecord stored_;
  Now now_{Instant(Milliseconds(5)), 1'700'000'000'000};
  std::uint32_t deadly_ = 10;
  bool crashes_ = false;
  bool was_cancelled_ = false;
  int crashed_ = 0;
  std::optional<JobPage> page_;
  std::vector<JobPlace> asked_, redriving_, looked_up_;
  std::set<JobPlace> refused_;
  std::map<delivery::KeyHash, JobPlace> keys_;
  std::vector<std::pair<Instant, JobPlace>> begun_;
};

TEST(JobSeeds, NoLetterIsPassedOverAndTheCountsAreRight) {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededJob(seed).run();
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace millrace::redrive
