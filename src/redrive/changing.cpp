// What is done to letters on request: redriven, given up, marked; and topics that are adopted.

#include <algorithm>
#include <array>
#include <future>
#include <nlohmann/json.hpp>

#include "dead_letter_topics.hpp"
#include "letters_impl.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/core/rfc3339.hpp"

namespace millrace::redrive {

namespace {

constexpr std::array<std::string_view, 9> redrive_errors{
    "none", "not-open", "not-served", "changed", "not-dead", "not-told", "full", "source-gone", "unavailable"};

RedriveError told(delivery::RedriveError error) {
  switch (error) {
    case delivery::RedriveError::none: return RedriveError::none;
    case delivery::RedriveError::not_dead: return RedriveError::not_dead;
    case delivery::RedriveError::not_told: return RedriveError::not_told;
    case delivery::RedriveError::full: return RedriveError::full;
  }
  return RedriveError::unavailable;
}

delivery::Failures failures_in(const deadletter::Letter& letter) {
  delivery::Failures failures;
  failures.count = static_cast<std::uint16_t>(std::min<std::uint32_t>(letter.attempts, UINT16_MAX));
  failures.hand_outs = failures.count;
  failures.first = letter.first_failure;
  failures.code = letter.code;
  failures.message = letter.message;
  for (const auto& death : letter.history.deaths) {
    if (death.group != letter.name.group) continue;
    failures.history.push_back({death.reason, death.count, death.first, death.last});
  }
  // Delivery has what happened first in front.
  std::ranges::reverse(failures.history);
  return failures;
}

constexpr std::size_t group_bytes_max = 249;  ///< of a group in a mark

Result<void> check_names(const Letters::Adoption& adoption) {
  const auto& [group, source] = adoption;
  if (group.size() > group_bytes_max || !is_utf8(group))
    return failure(Errc::invalid, "group: \"" + escaped(group) + "\" is no UTF-8 of at most 249 bytes");
  if (auto checked = check_group(group); !checked) return checked;
  if (source.empty()) return {};
  // Whatever the group: the topic is judged.
  const auto named = deadletter::topic_for("g", source);
  if (!named && named.error().code == Errc::invalid)
    return failure(Errc::invalid, "source_topic: \"" + escaped(source) + "\" is no name of a topic");
  return {};
}

}  // namespace

std::string_view name_of(RedriveError error) noexcept { return redrive_errors[static_cast<std::size_t>(error)]; }

std::optional<StateLog::Letter> Letters::Impl::state_place(const LetterPlace& place) const {
  const auto topic = broker.topology()->find(place.topic);
  if (!topic) return std::nullopt;
  return StateLog::Letter{{topic->topic->id, place.partition}, place.offset};
}

Result<std::vector<RedriveError>> Letters::Impl::redrive(const std::vector<Found>& letters, bool keeps_failures) {
  auto* const served = delivery.load();
  if (served == nullptr) return failure(Errc::busy, "nothing is delivered yet");
  struct Part {
    std::vector<std::size_t> which;
    std::vector<delivery::Redrive> events;
  };
  std::map<delivery::Home, Part> parts;
  std::vector<RedriveError> errors(letters.size(), RedriveError::none);
  std::vector<std::optional<StateLog::Letter>> where(letters.size());
  for (std::size_t i = 0; i < letters.size(); ++i) {
    const auto& [place, state, id, family, letter, exception, original, is_source_gone] = letters[i];
    where[i] = state_place(place);
    if (family != deadletter::Family::millrace || !where[i] ||
        states.of(where[i]->where, where[i]->offset) != LetterState::open) {
      errors[i] = RedriveError::not_open;
      continue;
    }
    const auto source = broker.topology()->find(letter.name.topic);
    const auto partition = source ? source->find(letter.name.partition) : nullptr;
    if (!partition) {
      errors[i] = RedriveError::not_served;
      continue;
    }
    const auto stored = read_record(broker, *partition, letter.name.offset);
    if (!stored || (*stored && !is_same(original, **stored))) {
      errors[i] = stored ? RedriveError::changed : RedriveError::unavailable;
      continue;
    }
    if (letter.is_link && !*stored) {
      errors[i] = RedriveError::source_gone;
      continue;
    }
    const delivery::Home home{letter.name.group, source->topic->id, letter.name.partition};
    auto& part = parts[home];
    const bool is_there = std::ranges::any_of(
        part.events, [&, at = letter.name.offset](const auto& each) { return each.event.offset == at; });
    if (is_there) {
      errors[i] = RedriveError::not_dead;
      continue;
    }
    part.which.push_back(i);
    delivery::Redrive event;
    event.event = {letter.name.offset, original.key ? delivery::hash_of_key(*original.key) : delivery::no_key,
                   original.timestamp};
    event.life = letter.name.life;
    if (keeps_failures) event.failures = failures_in(letter);
    part.events.push_back(std::move(event));
    // Before it can be handed out: its record may be gone from its log.
    redriven.add({home, letter.name.offset},
                 {place, id, letter.name.life, *where[i], letter.edited_at != no_timestamp});
  }
  std::vector<StateLog::Letter> marked;
  for (auto& [home, part] : parts) {
    using Answered = tl::expected<std::vector<delivery::RedriveError>, ErrorCode>;
    const auto promise = std::make_shared<std::promise<Answered>>();
    served->redrive(home, std::move(part.events),
                    [promise](Answered answer) { promise->set_value(std::move(answer)); });
    const auto answer = promise->get_future().get();
    const auto unasked = !answer && answer.error() == ErrorCode::resource_not_found ? RedriveError::not_served
                                                                                    : RedriveError::unavailable;
    for (std::size_t n = 0; n < part.which.size(); ++n) {
      const std::size_t i = part.which[n];
      errors[i] = answer ? told((*answer)[n]) : unasked;
      if (errors[i] == RedriveError::none) {
        marked.push_back(*where[i]);
      } else {
        redriven.remove({home, letters[i].letter.name.offset});
      }
    }
  }
  // Their events are delivered, whatever becomes of this: the letters stay open then, until they are resolved.
  if (auto changed = states.change(marked, LetterState::open, LetterState::redriving); !changed)
    diagnostics->error("states of letters not written why=\"{}\"", changed.error().message);
  return errors;
}

Result<std::size_t> Letters::Impl::let_go(const std::vector<Found>& letters, LetterState as) {
  std::vector<StateLog::Letter> all;
  for (const auto& found : letters)
    if (const auto state = state_place(found.place)) all.push_back(*state);
  const auto changed = states.change(all, LetterState::open, as);
  if (!changed) return failure_of(changed);
  forget_settled_links();
  const std::set<StateLog::Letter> done(changed->begin(), changed->end());
  std::map<delivery::Home, std::vector<Offset>> held_back;
  for (const auto& found : letters) {
    const auto state = state_place(found.place);
    if (found.family != deadletter::Family::millrace || !state || !done.contains(*state)) continue;
    const auto& name = found.letter.name;
    if (const auto source = broker.topology()->find(name.topic))
      held_back[{name.group, source->topic->id, name.partition}].push_back(name.offset);
  }
  if (auto* const served = delivery.load()) {
    for (auto& [home, events] : held_back) served->discard(home, std::move(events), [](ErrorCode) {});
  }
  return changed->size();
}

void Letters::Impl::adopt(const std::string& topic, const std::optional<Adoption>& adoption, Told<void> done) {
  const auto hosted = broker.topology()->find(topic);
  if (adoption && !hosted) return done(failure(Errc::not_found, "there is no topic '" + topic + "'"));
  if (adoption && hosted->topic->is_internal)
    return done(failure(Errc::invalid, "topic '" + topic + "' is the broker's own"));
  if (adoption) {
    if (auto checked = check_names(*adoption); !checked) return done(failure_of(checked));
  }
  broker::ChangeDocument document{.kind = broker::DocumentKind::adoption, .id = topic, .json = std::nullopt};
  if (adoption) {
    nlohmann::json json{{"topic", topic}, {"adopted_at", rfc3339(broker.now().wall)}};
    if (!adoption->group.empty()) json["group"] = adoption->group;
    if (!adoption->source_topic.empty()) json["source_topic"] = adoption->source_topic;
    document.json = json.dump();
  }
  Answer<void> answer(std::move(done));
  broker.change_documents({std::move(document)},
                          [answer = std::move(answer)](const broker::AlterAnswer& changed) mutable {
                            if (changed.error == ErrorCode::none) return answer({});
                            const bool is_missing = changed.error == ErrorCode::resource_not_found;
                            answer(failure(is_missing ? Errc::not_found : Errc::io, changed.message));
                          });
}

}  // namespace millrace::redrive
