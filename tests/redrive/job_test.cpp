// The machine of one redrive job: what it begins, how fast, what it counts, and what is left of it after a crash.

#include "job.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "job_document.hpp"
#include "job_rate.hpp"

namespace millrace::redrive {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Now at(std::int64_t milliseconds) { return {Instant(Milliseconds(milliseconds)), 1'700'000'000'000 + milliseconds}; }

JobRecord record_of(JobWish wish, std::vector<Offset> ends) {
  JobRecord record;
  wish.topic = "dlq.billing.orders";
  record.facts.id = "job";
  record.facts.wish = std::move(wish);
  record.ends = std::move(ends);
  return record;
}

JobLetter letter(std::int64_t offset, delivery::KeyHash key = delivery::no_key) { return {{0, Offset(offset)}, key}; }

std::vector<std::int64_t> offsets(const std::vector<JobPlace>& places) {
  std::vector<std::int64_t> out;
  for (const auto& place : places) out.push_back(place.offset.value());
  return out;
}

/// A job of one partition with these letters, met.
Job job_with(JobWish wish, std::vector<JobLetter> letters) {
  Job job(record_of(std::move(wish), {Offset(1'000)}), false);
  EXPECT_TRUE(job.next_page());
  job.page(letters, std::nullopt, at(0));
  return job;
}

TEST(Job, ItIsDoneWhenItHasWalkedToTheEndAndEveryLetterHasAnOutcome) {
  Job job = job_with({}, {letter(0), letter(1), letter(2)});
  EXPECT_THAT(offsets(job.begin(at(0))), ElementsAre(0, 1, 2));
  for (const auto offset : {0, 1, 2}) job.answered({0, Offset(offset)}, JobAnswer::under_way, {}, at(0));
  job.settled({0, Offset(0)}, LetterState::resolved, at(1));
  job.settled({0, Offset(2)}, LetterState::superseded, at(1));
  EXPECT_EQ(job.facts().state, JobState::running);
  job.settled({0, Offset(1)}, LetterState::resolved, at(7));
  const auto& facts = job.facts();
  EXPECT_EQ(facts.state, JobState::done);
  EXPECT_EQ(facts.selected, 3u);
  EXPECT_EQ(facts.redriven, 3u);
  EXPECT_EQ(facts.resolved, 2u);
  EXPECT_EQ(facts.failed, 1u);
  EXPECT_EQ(facts.finished_at, at(7).wall);
}

TEST(Job, LettersThatCameAfterItBeganAreNotIts) {
  Job job(record_of({}, {Offset(2), Offset(0), Offset(1)}), false);
  EXPECT_EQ(job.next_page()->from, (Cursor{0, Offset(0)}));
  const std::vector<JobLetter> met{letter(1), letter(2), {{1, Offset(0)}, 0}, {{2, Offset(0)}, 0}};
  job.page(met, Cursor{2, Offset(1)}, at(0));
  EXPECT_THAT(job.begin(at(0)), ElementsAre(JobPlace{0, Offset(1)}, JobPlace{2, Offset(0)}));
  EXPECT_FALSE(job.next_page()) << "it has walked to the ends";
}

TEST(Job, AnOutcomeMayComeBeforeTheAnswer) {
  Job job = job_with({}, {letter(5)});
  (void)job.begin(at(0));
  job.settled({0, Offset(5)}, LetterState::resolved, at(0));
  job.answered({0, Offset(5)}, JobAnswer::under_way, {}, at(0));
  EXPECT_EQ(job.facts().state, JobState::done);
  EXPECT_EQ(job.facts().resolved, 1u);
}

TEST(Job, WhatCannotBeRedrivenCountsAsFailedAndSaysWhy) {
  Job job = job_with({}, {letter(0), letter(1)});
  (void)job.begin(at(0));
  job.answered({0, Offset(0)}, JobAnswer::refused, "there is no subscription x", at(0));
  job.answered({0, Offset(1)}, JobAnswer::not_open, {}, at(0));
  const auto& facts = job.facts();
  EXPECT_EQ(facts.state, JobState::done);
  EXPECT_EQ(facts.why, "there is no subscription x");
  EXPECT_EQ(facts.selected, 1u) << "somebody else has taken the other one";
  EXPECT_EQ(facts.redriven, 0u);
  EXPECT_EQ(facts.failed, 1u);
}

TEST(Job, WhatIsFullIsTriedAgainAfterAMoment) {
  Job job = job_with({}, {letter(0)});
  (void)job.begin(at(0));
  job.answered({0, Offset(0)}, JobAnswer::full, {}, at(0));
  EXPECT_THAT(job.begin(at(1)), IsEmpty());
  const auto next = job.next_deadline(at(1));
  ASSERT_TRUE(next);
  EXPECT_THAT(offsets(job.begin({*next, 0})), ElementsAre(0));
  EXPECT_EQ(job.facts().redriven, 1u);
}

TEST(Job, ALetterOfAKeyBeginsAfterTheOutcomeOfTheOneBefore) {
  JobWish wish;
  wish.by_key = true;
  Job job = job_with(wish, {letter(0, 7), letter(1, 7), letter(2, 8), letter(3), letter(4), letter(5, 7)});
  EXPECT_THAT(offsets(job.begin(at(0))), ElementsAre(0, 2, 3, 4));
  job.settled({0, Offset(2)}, LetterState::resolved, at(0));
  EXPECT_THAT(job.begin(at(0)), IsEmpty());
  job.settled({0, Offset(0)}, LetterState::superseded, at(0));
  EXPECT_THAT(offsets(job.begin(at(0))), ElementsAre(1));
  job.answered({0, Offset(1)}, JobAnswer::full, {}, at(0));
  EXPECT_THAT(offsets(job.begin(at(5'000))), ElementsAre(1)) << "it stays before the other one of its key";
}

TEST(Job, TheLimitCountsLettersThatNobodyElseHasTaken) {
  JobWish wish;
  wish.limit = 2;
  Job job = job_with(wish, {letter(0), letter(1), letter(2), letter(3)});
  EXPECT_THAT(offsets(job.begin(at(0))), ElementsAre(0, 1));
  EXPECT_FALSE(job.next_page());
  job.answered({0, Offset(0)}, JobAnswer::not_open, {}, at(0));
  const auto page = job.next_page();
  ASSERT_TRUE(page);
  EXPECT_EQ(page->from, (Cursor{0, Offset(2)}));
  job.page(std::vector<JobLetter>{letter(2), letter(3)}, std::nullopt, at(0));
  EXPECT_THAT(offsets(job.begin(at(0))), ElementsAre(2));
}

TEST(Job, ItPausesItselfWhenMoreThanHalfOfTheLastHundredDieAgain) {
  std::vector<JobLetter> letters;
  for (int i = 0; i < 200; ++i) letters.push_back(letter(i));
  Job job = job_with({}, letters);
  ASSERT_THAT(job.begin(at(0)), SizeIs(200));
  for (int i = 0; i < 100; ++i)
    job.settled({0, Offset(i)}, i % 2 == 0 ? LetterState::superseded : LetterState::resolved, at(0));
  EXPECT_EQ(job.facts().state, JobState::running) << "fifty of a hundred";
  job.settled({0, Offset(100)}, LetterState::superseded, at(0));
  EXPECT_EQ(job.facts().state, JobState::running) << "the first one of them is forgotten";
  job.settled({0, Offset(101)}, LetterState::superseded, at(0));
  EXPECT_EQ(job.facts().state, JobState::paused);
  EXPECT_THAT(job.facts().why, HasSubstr("51"));
  EXPECT_TRUE(job.resume());
  job.settled({0, Offset(102)}, LetterState::superseded, at(0));
  EXPECT_EQ(job.facts().state, JobState::running) << "it begins to count anew";
}

TEST(Job, ACancelledJobBeginsNothingAndCountsWhatWasUnderWay) {
  JobWish wish;
  wish.rate = 10;
  Job job = job_with(wish, {letter(0), letter(1), letter(2)});
  EXPECT_THAT(offsets(job.begin(at(0))), ElementsAre(0));
  EXPECT_TRUE(job.cancel(at(3)));
  EXPECT_THAT(job.begin(at(5'000)), IsEmpty());
  EXPECT_TRUE(job.is_live());
  job.settled({0, Offset(0)}, LetterState::resolved, at(9));
  EXPECT_FALSE(job.is_live());
  EXPECT_EQ(job.facts().state, JobState::cancelled);
  EXPECT_EQ(job.facts().selected, 1u);
  EXPECT_EQ(job.facts().resolved, 1u);
  EXPECT_FALSE(job.resume());
  EXPECT_FALSE(job.pause({}));
}

TEST(Job, ATopicThatIsGoneFailsItAndADiskThatCannotBeReadPausesIt) {
  Job gone(record_of({}, {Offset(5)}), false);
  (void)gone.next_page();
  gone.page_failed({Errc::not_found, "there is no topic"}, at(0));
  EXPECT_EQ(gone.facts().state, JobState::failed);
  Job unread(record_of({}, {Offset(5)}), false);
  (void)unread.next_page();
  unread.page_failed({Errc::io, "read: EIO"}, at(0));
  EXPECT_EQ(unread.facts().state, JobState::paused);
  EXPECT_THAT(unread.facts().why, HasSubstr("EIO"));
}

TEST(Job, ItIsStoredAtOnceWhenItsStateChangesAndOtherwiseOnceInASecond) {
  Job job = job_with({}, {letter(0), letter(1)});
  EXPECT_TRUE(job.is_to_be_stored(at(10'000)));
  (void)job.store(at(10'000));
  (void)job.begin(at(10'001));
  EXPECT_FALSE(job.is_to_be_stored(at(10'001))) << "it is being stored";
  job.stored(true);
  EXPECT_FALSE(job.is_to_be_stored(at(10'999)));
  EXPECT_EQ(job.next_deadline(at(10'999)), at(11'000).steady);
  EXPECT_TRUE(job.is_to_be_stored(at(11'000)));
  (void)job.store(at(11'000));
  job.stored(true);
  EXPECT_TRUE(job.pause({}));
  EXPECT_TRUE(job.is_to_be_stored(at(11'001)));
}

TEST(JobRate, NoSecondHasMoreWhereverItBegins) {
  for (const std::uint32_t per_second : {1u, 3u, 7u, 10u, 99u, 1'000u, 12'345u}) {
    std::mt19937 chance(per_second);
    JobRate rate(per_second);
    std::vector<std::pair<std::int64_t, std::size_t>> begun;
    std::int64_t now = 0;
    while (now < 20'000) {
      const auto allowed = rate.allowed(Instant(Milliseconds(now)));
      const auto took = chance() % 3 == 0 ? std::min<std::size_t>(allowed, chance() % 50) : allowed;
      rate.took(took, Instant(Milliseconds(now)));
      if (took > 0) begun.emplace_back(now, took);
      now += chance() % 20 == 0 ? chance() % 3'000 : chance() % 5;
    }
    std::size_t most = 0, all = 0;
    for (std::size_t from = 0; from < begun.size(); ++from) {
      std::size_t sum = 0;
      for (auto i = from; i < begun.size() && begun[i].first <= begun[from].first + 1'000; ++i) sum += begun[i].second;
      most = std::max(most, sum);
      all += begun[from].second;
    }
    EXPECT_LE(most, per_second);
    EXPECT_GE(all, per_second) << "a rate of " << per_second << " is not used";
  }
}

TEST(JobRate, TheNextIsAllowedWhenItSaysSo) {
  JobRate rate(7);
  std::int64_t begun = 0;
  Instant now{};
  for (; begun < 70; now = std::max(rate.next(), now)) {
    const auto allowed = rate.allowed(now);
    ASSERT_GT(allowed, 0u);
    rate.took(allowed, now);
    begun += static_cast<std::int64_t>(allowed);
  }
  EXPECT_LT(now, Instant(11s)) << "seventy at seven a second";
}

TEST(JobDocument, ComesBackAsItWas) {
  JobWish wish;
  wish.to = JobTarget::topic;
  wish.where = "type = 'order'";
  wish.reasons = {delivery::Reason::http_status, delivery::Reason::expired};
  wish.since = 5;
  wish.ids = {"a", "b \"quoted\""};
  wish.limit = 9'000'000'000;
  wish.rate = 50;
  wish.by_key = wish.resets_attempts = true;
  auto record = record_of(wish, {Offset(7), Offset(0)});
  record.facts.state = JobState::paused;
  record.facts.why = "by hand";
  record.facts.selected = 4;
  record.facts.redriven = 3;
  record.facts.resolved = 2;
  record.facts.failed = 1;
  record.facts.created_at = 1'700'000'000'000;
  record.walked = {1, Offset(3)};
  record.under_way = {{0, Offset(2)}, {1, Offset(1)}};
  const auto read = parse_job_document("job", to_document(record));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, record);
}

TEST(JobDocument, WhatItCannotHaveMadeIsRefused) {
  const auto good = to_document(record_of({}, {Offset(7)}));
  ASSERT_TRUE(parse_job_document("job", good));
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {R"("state":"running")", R"("state":"idle")"},
           {R"("to":"group")", R"("to":7)"},
           {R"("ends":[7])", R"("ends":[-7])"},
           {R"("walked":[0,0])", R"("walked":[0])"},
           {R"("walked":[0,0])", R"("walked":[4294967296,0])"},
           {R"("selected":0)", R"("selected":18446744073709551615)"},
           {R"("ids":[])", R"("ids":{})"},
           {R"("by_key":false)", R"("by_key":0)"},
       }) {
    auto bad = good;
    ASSERT_NE(bad.find(from), std::string::npos) << from;
    bad.replace(bad.find(from), from.size(), to);
    EXPECT_FALSE(parse_job_document("job", bad)) << to;
  }
  EXPECT_FALSE(parse_job_document("job", "[]"));
  EXPECT_FALSE(parse_job_document("job", good.substr(1)));
}

}  // namespace
}  // namespace millrace::redrive
