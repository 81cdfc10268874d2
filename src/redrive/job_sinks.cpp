// A letter that goes to a sink: the sink is asked whether it wants events, sent to, and what it answers becomes the
// letter's: resolved, or dead once more with a newer letter.

#include <algorithm>
#include <limits>

#include "jobs_impl.hpp"

namespace millrace::redrive {

namespace {

constexpr std::string_view quarantine_prefix = "dlq.quarantine.";

std::uint16_t attempt_of(const Found& letter, bool resets_attempts) {
  constexpr std::uint32_t most = std::numeric_limits<std::uint16_t>::max();
  return resets_attempts ? std::uint16_t{1}
                         : static_cast<std::uint16_t>(std::min(letter.letter.attempts, most - 1) + 1);
}

}  // namespace

Result<void> check_target(const JobWish& wish, const Sinks* sinks) {
  // No subscription has a name with a dot, so it is nobody else's.
  if (wish.to == JobTarget::group && wish.topic.starts_with(quarantine_prefix))
    return failure(Errc::invalid, "to: " + std::string(of_no_group) + ": say to \"topic\"");
  if (wish.to != JobTarget::sink) {
    if (wish.sink.empty()) return {};
    return failure(Errc::invalid,
                   "sink: it is for letters that go to a sink, and these go to their " + std::string(name_of(wish.to)));
  }
  if (wish.sink.empty()) return failure(Errc::invalid, "sink: where letters go to a sink its URL is needed");
  if (sinks == nullptr) return failure(Errc::invalid, "to: this broker sends letters to no sink");
  auto checked = sinks->check(wish.sink);
  if (!checked) return Failure(checked.error().within("sink"));
  return {};
}

void Jobs::Impl::ask_sink(const JobRunPtr& run) {
  const auto& wish = run->job.facts().wish;
  if (!run->sink && sinks) run->sink = sinks->open(wish.sink);
  const auto sink = run->sink;
  if (!sink) {
    return post([this, run] {
      asked_sink(run, nullptr, {SinkConsent::Word::refused, "this broker sends letters to no sink"});
    });
  }
  sink->ask([self = shared_from_this(), run, sink](SinkConsent consent) {
    self->post([impl = self.get(), run, sink, consent = std::move(consent)] { impl->asked_sink(run, sink, consent); });
  });
}

void Jobs::Impl::asked_sink(const JobRunPtr& run, const std::shared_ptr<Sink>& sink, const SinkConsent& consent) {
  if (run->sink != sink) return;
  {
    const std::lock_guard lock(mutex);
    const auto now = broker.now();
    switch (consent.word) {
      case SinkConsent::Word::granted: run->job.consented(consent.places, now); break;
      case SinkConsent::Word::away: run->job.unanswered(consent.why, consent.wait, now); break;
      case SinkConsent::Word::refused: run->job.fail("the sink wants no events: " + consent.why, now); break;
    }
  }
  drive(run);
}

void Jobs::Impl::send_to_sink(const JobRunPtr& run, const Found& letter) {
  if (!is_still_open(run, letter)) return;
  SinkLetter out{.name = letter.letter.name,
                 .record = letter.original,
                 .attempt = attempt_of(letter, run->job.facts().wish.resets_attempts)};
  run->sink->send(std::move(out), [self = shared_from_this(), run,
                                   held = std::make_shared<const Found>(letter)](SinkAnswer answer) {
    self->post([impl = self.get(), run, held, answer = std::move(answer)] { impl->sent_to_sink(run, held, answer); });
  });
}

void Jobs::Impl::sent_to_sink(const JobRunPtr& run, const LetterPtr& letter, const SinkAnswer& answer) {
  if (answer.fate == SinkAnswer::Fate::arrived) return arrived(run, *letter);
  if (answer.fate == SinkAnswer::Fate::failed) return not_taken(run, letter, answer);
  {
    const std::lock_guard lock(mutex);
    const auto now = broker.now();
    run->job.put_back({letter->place.partition, letter->place.offset}, answer.why, answer.wait, now);
    if (answer.fate == SinkAnswer::Fate::retired) run->job.fail(answer.why, now);
    // It stays as it is where it has ended.
    if (answer.fate == SinkAnswer::Fate::unwelcome) (void)run->job.pause(answer.why);
  }
  drive(run);
}

void Jobs::Impl::not_taken(const JobRunPtr& run, const LetterPtr& letter, const SinkAnswer& answer) {
  const JobPlace place{letter->place.partition, letter->place.offset};
  const auto told = "letter " + letter->id + ": " + answer.failure.message;
  {
    const std::lock_guard lock(mutex);
    run->job.hold(answer.wait, broker.now());
  }
  Letters::Revision revision{
      .original = std::nullopt, .failure = answer.failure, .destination = run->job.facts().wish.sink};
  letters.revise(
      *letter, std::move(revision), [self = shared_from_this(), run, place, told](const Result<Found>& newer) {
        // A letter whose newer one cannot be written stays as it was.
        const auto why = newer ? told : told + "; " + newer.error().message;
        self->post([impl = self.get(), run, place, why] { impl->answered(run, place, JobAnswer::died, why); });
      });
}

}  // namespace millrace::redrive
