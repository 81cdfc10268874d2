#include "millrace/webhook/redrive_sinks.hpp"

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "asking.hpp"
#include "event_at_hand.hpp"
#include "millrace/core/bytes.hpp"
#include "millrace/push/message.hpp"
#include "millrace/record/builder.hpp"
#include "millrace/record/stored.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::webhook {

namespace {

using redrive::SinkAnswer;
using redrive::SinkConsent;

/// Where all places of a sink are taken by what an earlier start of the job has sent.
constexpr Milliseconds until_a_place{100};

using WorksPtr = std::shared_ptr<const RedriveWorks>;

Result<subscriptions::SinkUrl> allowed_url(const std::string& text, const RedriveWorks& works) {
  auto url = subscriptions::read_url(text);
  if (!url) return url;
  if (!url->is_secure && !works.options.allows_http)
    return failure(Errc::invalid, "it is a URL of http, and this broker sends to https only (webhook_allow_http)");
  if (url->address) {
    auto allowed = subscriptions::judge_address(*url->address, works.allowed);
    if (!allowed) return failure_of(allowed);
  }
  return url;
}

EventAtHand event_of(const redrive::SinkLetter& letter, const runtime::BrokerRuntime& broker) {
  const auto topic = broker.topology()->find(letter.name.topic);
  const auto unmarked = topic && topic->settings.events.knows_unmarked ? cloudevents::Unmarked::recognised
                                                                       : cloudevents::Unmarked::refused;
  const auto headers = deadletter::headers_of(letter.record);
  record::BatchBuilder builder;
  builder.add(deadletter::view_of(letter.record, headers));
  const Bytes bytes = builder.finish();
  ByteView rest(bytes);
  EventAtHand told;
  Bytes inflated;
  const auto batch = record::next_batch(rest);
  if (!batch) return told;
  (void)record::for_each_record(*batch, inflated, [&](Offset, Timestamp time, const record::RecordView& view) {
    told = event_at_hand(
        {.partition = letter.name.partition, .offset = letter.name.offset, .timestamp = time, .view = view},
        letter.name.topic, unmarked);
    return true;
  });
  return told;
}

std::string words_for(push::Wait wait) {
  if (wait == push::Wait::breaker) return "too many requests to the sink have failed: it is left alone for a while";
  return {};
}

SinkAnswer answer_of(const push::Verdict& verdict, const sender::Outcome& outcome) {
  const auto status = std::to_string(outcome.status);
  const auto wait = std::max(verdict.pause, verdict.at_least);
  using Fate = SinkAnswer::Fate;
  if (verdict.fate == push::Fate::settled) return {.fate = Fate::arrived, .failure = {}, .wait = wait, .why = {}};
  if (verdict.suspension == push::Suspension::retired)
    return {.fate = Fate::retired,
            .failure = {},
            .wait = wait,
            .why = "the sink answered " + status + ": it wants no more events"};
  if (verdict.fate == push::Fate::released)
    return {.fate = Fate::unwelcome,
            .failure = {},
            .wait = wait,
            .why = "the sink answered " + status + ": letters are sent without credentials"};
  // Too many at once says nothing about the letter.
  if (verdict.health == push::Health::unknown)
    return {.fate = Fate::put_back,
            .failure = {},
            .wait = wait,
            .why = "the sink answered " + status + ": too many at once"};
  return {.fate = Fate::failed, .failure = verdict.failure, .wait = wait, .why = {}};
}

class RedriveSink final : public redrive::Sink, public std::enable_shared_from_this<RedriveSink> {
 public:
  RedriveSink(WorksPtr works, std::string url) : works_(std::move(works)), text_(std::move(url)) {}

  void ask(runtime::Callback<void(SinkConsent)> done) override {
    auto url = allowed_url(text_, *works_);
    if (!url) return done({.word = SinkConsent::Word::refused, .why = url.error().message});
    works_->send(*url, question_of(works_->options, {}), works_->options.request_timeout,
                 [self = shared_from_this(), url = *url, done = std::move(done)](sender::Outcome outcome) mutable {
                   done(self->asked(std::move(url), outcome));
                 });
  }

  void send(redrive::SinkLetter letter, runtime::Callback<void(SinkAnswer)> done) override {
    const Instant now = works_->broker.now().steady;
    push::SinkState::Answer answer;
    {
      const std::lock_guard lock(mutex_);
      if (state_) answer = state_->begin(now);
    }
    if (!answer.ticket) {
      const auto wait = answer.wake ? *answer.wake - now : until_a_place;
      return done({.fate = SinkAnswer::Fate::put_back,
                   .failure = {},
                   .wait = std::chrono::ceil<Milliseconds>(wait),
                   .why = words_for(answer.wait)});
    }
    const auto told = event_of(letter, works_->broker);
    const push::Hop hop{.origin = works_->options.origin, .subscription = letter.name.group};
    auto request =
        push::message_of(push::ContentMode::binary,
                         {.event = &told.event, .stored_json = told.stored_json, .attempt = letter.attempt}, hop);
    sender::Outgoing out{.method = "POST",
                         .target = {},
                         .fields = std::move(request.fields),
                         .content_type = std::move(request.content_type),
                         .body = std::move(request.body)};
    works_->send(url_, std::move(out), works_->options.request_timeout,
                 [self = shared_from_this(), ticket = *answer.ticket, done = std::move(done)](
                     const sender::Outcome& outcome) mutable { done(self->sent(ticket, outcome)); });
  }

 private:
  SinkConsent asked(subscriptions::SinkUrl url, const sender::Outcome& outcome) {
    const Now now = works_->broker.now();
    const auto word = word_of(works_->options, outcome, now.wall);
    const std::lock_guard lock(mutex_);
    switch (word.means) {
      case Word::Means::refused:
        return {.word = SinkConsent::Word::refused,
                .why = "it answered " + std::to_string(word.status) + ": " + word.why};
      case Word::Means::away: {
        const auto chance = load_be<std::uint64_t>(works_->broker.fresh_uuid().bytes.data());
        unanswered_ = std::min(unanswered_ + 1, 30U);
        return {.word = SinkConsent::Word::away,
                .why = "the sink has not said whether it wants events: " + word.why,
                .wait = std::max(until_next_question(unanswered_, chance), word.at_least)};
      }
      case Word::Means::granted: break;
    }
    const auto& options = works_->options;
    const push::SinkPolicy policy{.rate = word.rate, .in_flight_max = options.places, .breaker = options.breaker};
    state_.emplace(policy, now.steady);
    url_ = std::move(url);
    return {.word = SinkConsent::Word::granted, .why = {}, .wait = Milliseconds(0), .places = options.places};
  }

  SinkAnswer sent(push::SinkState::Ticket ticket, const sender::Outcome& outcome) {
    const Now now = works_->broker.now();
    const auto verdict = push::judge(sender::attempt_of(outcome), {.was_verified = true}, {}, now.wall);
    auto answer = answer_of(verdict, outcome);
    const std::lock_guard lock(mutex_);
    state_->ended(ticket, verdict.health, now.steady);
    if (answer.wait > Milliseconds(0)) state_->pause(answer.wait, now.steady);
    return answer;
  }

  const WorksPtr works_;
  const std::string text_;
  std::mutex mutex_;
  std::optional<push::SinkState> state_;  ///< once it has consented
  subscriptions::SinkUrl url_;            ///< from then on, never changed
  std::uint32_t unanswered_ = 0;
};

class RedriveSinks final : public redrive::Sinks {
 public:
  explicit RedriveSinks(RedriveWorks works) : works_(std::make_shared<const RedriveWorks>(std::move(works))) {}

  [[nodiscard]] Result<void> check(const std::string& url) const override {
    auto allowed = allowed_url(url, *works_);
    if (!allowed) return failure_of(allowed);
    return {};
  }
  [[nodiscard]] std::shared_ptr<redrive::Sink> open(const std::string& url) override {
    return std::make_shared<RedriveSink>(works_, url);
  }

 private:
  const WorksPtr works_;
};

}  // namespace

std::shared_ptr<redrive::Sinks> redrive_sinks(RedriveWorks works) {
  return std::make_shared<RedriveSinks>(std::move(works));
}

}  // namespace millrace::webhook
