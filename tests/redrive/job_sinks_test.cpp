// Letters that a job sends to a sink, whose answers are a script.

#include <deque>

#include "redrive/job_bench.hpp"

namespace millrace::redrive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* url = "https://sink.example/hook";

/// Says yes and takes everything, unless a test says otherwise. It is asked on the thread of jobs.
class ScriptedSinks final : public Sinks {
 public:
  struct Said {
    std::mutex mutex;
    std::size_t questions = 0;
    std::vector<SinkLetter> letters;
    std::deque<SinkConsent> consents;  ///< the next ones; then yes
    std::deque<SinkAnswer> answers;    ///< likewise; then `always`
    SinkAnswer always{.fate = SinkAnswer::Fate::arrived};
  };

  [[nodiscard]] Result<void> check(const std::string& text) const override {
    if (text == url) return {};
    return failure(Errc::invalid, "\"" + text + "\" is not " + url);
  }
  [[nodiscard]] std::shared_ptr<Sink> open(const std::string&) override { return std::make_shared<One>(said); }

  std::shared_ptr<Said> said = std::make_shared<Said>();

 private:
  class One final : public Sink {
   public:
    explicit One(std::shared_ptr<Said> said) : said_(std::move(said)) {}
    void ask(runtime::Callback<void(SinkConsent)> done) override {
      SinkConsent consent{.word = SinkConsent::Word::granted, .places = 5};
      {
        const std::lock_guard lock(said_->mutex);
        ++said_->questions;
        if (!said_->consents.empty()) {
          consent = said_->consents.front();
          said_->consents.pop_front();
        }
      }
      done(std::move(consent));
    }
    void send(SinkLetter letter, runtime::Callback<void(SinkAnswer)> done) override {
      SinkAnswer answer;
      {
        const std::lock_guard lock(said_->mutex);
        said_->letters.push_back(std::move(letter));
        answer = said_->always;
        if (!said_->answers.empty()) {
          answer = said_->answers.front();
          said_->answers.pop_front();
        }
      }
      done(std::move(answer));
    }

   private:
    std::shared_ptr<Said> said_;
  };
};

SinkAnswer refusal(std::int32_t status) {
  return {.fate = SinkAnswer::Fate::failed,
          .failure = {.reason = delivery::Reason::http_status,
                      .code = status,
                      .message = "the sink answered " + std::to_string(status)}};
}

class SinkJobs : public testing::Test {
 protected:
  explicit SinkJobs(std::size_t letters = 3) {
    bench.serve_sinks(sinks);
    bench.send(letters);
    bench.bury(letters);
  }
  JobFacts created(JobWish wish = {}) {
    wish.to = JobTarget::sink;
    wish.sink = url;
    const auto job = bench.create(std::move(wish));
    EXPECT_TRUE(job) << job.error().message;
    return job ? *job : JobFacts();
  }
  /// Each letter as "offset life state".
  std::vector<std::string> lines() {
    Selection selection;
    selection.state.reset();
    runtime::Answered<Result<Page>> answer;
    bench.letters->list(JobBench::letters_topic, selection, {}, 1'000, answer.callback());
    const auto page = answer.get();
    std::vector<std::string> out;
    if (!page) return out;
    for (const auto& each : page->letters) {
      const auto& name = each.letter.name;
      out.push_back(std::to_string(name.offset.value()) + " " + std::to_string(name.life) + " " +
                    std::string(name_of(each.state)));
    }
    std::ranges::sort(out);
    return out;
  }
  std::size_t sent() {
    const std::lock_guard lock(said().mutex);
    return said().letters.size();
  }
  ScriptedSinks::Said& said() { return *sinks->said; }

  std::shared_ptr<ScriptedSinks> sinks = std::make_shared<ScriptedSinks>();
  JobBench bench;
};

TEST_F(SinkJobs, EachLetterIsSentAsItDiedAndResolvedWhenItHasArrived) {
  const auto done = bench.until(created().id, JobState::done);
  EXPECT_EQ(done.wish.sink, url);
  EXPECT_EQ(done.selected, 3U);
  EXPECT_EQ(done.redriven, 3U);
  EXPECT_EQ(done.resolved, 3U);
  EXPECT_EQ(said().questions, 1U);
  ASSERT_THAT(said().letters, SizeIs(3));
  const auto& first = said().letters.front();
  EXPECT_EQ(first.name.topic, "orders");
  EXPECT_EQ(first.name.group, "s");
  EXPECT_EQ(as_text(*first.record.value), "0.0");
  EXPECT_EQ(first.record.timestamp, 1'700'000'000'000);
  EXPECT_THAT(first.record.headers, SizeIs(4)) << "no marks of letters";
  EXPECT_EQ(first.attempt, 2) << "one has failed before";
  EXPECT_THAT(lines(), ElementsAre("0 0 resolved", "1 0 resolved", "2 0 resolved"));
  EXPECT_THAT(bench.take(), IsEmpty()) << "the group gets nothing of it";
}

TEST_F(SinkJobs, WhatIsNotTakenIsDeadOnceMoreWithANewerLetter) {
  said().answers = {refusal(500)};
  const auto done = bench.until(created({.limit = 1}).id, JobState::done);
  EXPECT_EQ(done.failed, 1U);
  EXPECT_THAT(done.why, HasSubstr("the sink answered 500"));
  EXPECT_THAT(lines(), ElementsAre("0 0 superseded", "0 1 open", "1 0 open", "2 0 open"));
  runtime::Answered<Result<Found>> found;
  bench.letters->find(JobBench::letters_topic, "s~orders~0~0~1", found.callback());
  const auto newer = found.get();
  ASSERT_TRUE(newer) << newer.error().message;
  const auto& letter = newer->letter;
  EXPECT_EQ(letter.attempts, 2U);
  EXPECT_EQ(letter.reason, delivery::Reason::http_status);
  EXPECT_EQ(letter.code, 500);
  EXPECT_EQ(letter.destination, url);
  ASSERT_THAT(letter.history.deaths, SizeIs(2));
  EXPECT_EQ(letter.history.deaths[0].reason, delivery::Reason::http_status);
  EXPECT_EQ(letter.history.deaths[1].reason, delivery::Reason::rejected);
  // The next job sends that one.
  EXPECT_EQ(bench.until(created().id, JobState::done).resolved, 3U);
  EXPECT_THAT(lines(), ElementsAre("0 0 superseded", "0 1 resolved", "1 0 resolved", "2 0 resolved"));
}

TEST_F(SinkJobs, WhatIsPutBackIsSentAgainAfterItsPause) {
  said().answers = {{.fate = SinkAnswer::Fate::put_back, .wait = 50ms, .why = "the sink answered 429"}};
  const auto done = bench.until(created({.limit = 1}).id, JobState::done);
  EXPECT_EQ(done.resolved, 1U);
  EXPECT_EQ(done.redriven, 1U);
  EXPECT_EQ(sent(), 2U);
  EXPECT_THAT(lines(), ElementsAre("0 0 resolved", "1 0 open", "2 0 open")) << "nobody has judged it";
}

TEST_F(SinkJobs, ASinkThatWantsNoneFailsTheJob) {
  said().consents = {{.word = SinkConsent::Word::refused, .why = "it said nothing"}};
  const auto failed = bench.until(created().id, JobState::failed);
  EXPECT_EQ(failed.why, "the sink wants no events: it said nothing");
  EXPECT_EQ(failed.selected, 0U);
  EXPECT_EQ(sent(), 0U);
  EXPECT_THAT(lines(), ElementsAre("0 0 open", "1 0 open", "2 0 open"));
}

TEST_F(SinkJobs, ASinkThatIsAwayIsAskedAgain) {
  said().consents = {{.word = SinkConsent::Word::away, .why = "nobody is there", .wait = 20ms},
                     {.word = SinkConsent::Word::away, .why = "nobody is there", .wait = 20ms}};
  const auto done = bench.until(created().id, JobState::done);
  EXPECT_EQ(done.resolved, 3U);
  EXPECT_EQ(done.why, "") << "it has come back";
  EXPECT_EQ(said().questions, 3U);
}

TEST_F(SinkJobs, ASinkThatWantsNoMoreFailsTheJobAndOneThatRefusesTheSenderPausesIt) {
  said().answers = {{.fate = SinkAnswer::Fate::unwelcome, .why = "the sink answered 401"}};
  const auto id = created({.limit = 1}).id;
  EXPECT_EQ(bench.until(id, JobState::paused).why, "the sink answered 401");
  EXPECT_THAT(lines(), ElementsAre("0 0 open", "1 0 open", "2 0 open"));
  said().answers = {{.fate = SinkAnswer::Fate::retired, .why = "the sink answered 410"}};
  EXPECT_TRUE(bench.change(&Jobs::resume, id));
  EXPECT_EQ(bench.until(id, JobState::failed).why, "the sink answered 410");
  EXPECT_EQ(said().questions, 2U) << "asked at each start";
  EXPECT_THAT(lines(), ElementsAre("0 0 open", "1 0 open", "2 0 open"));
  EXPECT_EQ(bench.until(created().id, JobState::done).resolved, 3U) << "another job takes them";
}

TEST_F(SinkJobs, AWishIsRefusedWhoseSinkDoesNotFit) {
  const auto word = [this](JobTarget to, const std::string& sink) {
    JobWish wish;
    wish.to = to;
    wish.sink = sink;
    const auto counted = bench.count(wish);
    const auto made = bench.create(std::move(wish));
    EXPECT_FALSE(counted);
    return made ? std::string("made") : made.error().message;
  };
  EXPECT_THAT(word(JobTarget::sink, ""), HasSubstr("sink: where letters go to a sink its URL is needed"));
  EXPECT_THAT(word(JobTarget::sink, "https://elsewhere"), HasSubstr("sink: \"https://elsewhere\" is not"));
  EXPECT_THAT(word(JobTarget::topic, url), HasSubstr("these go to their topic"));
}

TEST_F(SinkJobs, ALetterThatWasGivenUpMeanwhileIsNotSent) {
  said().consents = {{.word = SinkConsent::Word::away, .why = "nobody is there", .wait = 300ms}};
  const auto id = created().id;
  bench.until([&] { return bench.jobs->find(id)->selected == 3; });
  runtime::Answered<Result<Page>> page;
  bench.letters->list(JobBench::letters_topic, {}, {}, 1, page.callback());
  runtime::Answered<Result<std::size_t>> discarded;
  bench.letters->discard(page.get()->letters, discarded.callback());
  EXPECT_EQ(*discarded.get(), 1U);
  const auto done = bench.until(id, JobState::done);
  EXPECT_EQ(done.selected, 2U);
  EXPECT_EQ(sent(), 2U);
}

class ManySinkJobs : public SinkJobs {
 protected:
  ManySinkJobs() : SinkJobs(200) {}
};

TEST_F(ManySinkJobs, TheJobPausesItselfWhenTheSinkTakesNothing) {
  said().always = refusal(503);
  const auto id = created().id;
  const auto paused = bench.until(id, JobState::paused);
  EXPECT_THAT(paused.why, HasSubstr("letters that were sent 51 were not taken"));
  bench.until([&] { return bench.state(LetterState::superseded) == sent(); });
  EXPECT_EQ(bench.state(LetterState::open), 200U) << "each has one that is open";
  EXPECT_LE(sent(), 56U);
}

TEST_F(ManySinkJobs, ItGoesOnAfterARestartAndACrash) {
  const auto id = created({.rate = 500}).id;
  bench.until([&] { return bench.jobs->find(id)->resolved >= 50; });
  bench.restart();
  bench.until([&] { return bench.jobs->find(id)->resolved >= 100; });
  bench.crash();
  EXPECT_EQ(bench.until(id, JobState::done).failed, 0U);
  EXPECT_EQ(bench.state(LetterState::resolved), 200U);
  EXPECT_GE(sent(), 200U) << "at least once";
}

}  // namespace
}  // namespace millrace::redrive
