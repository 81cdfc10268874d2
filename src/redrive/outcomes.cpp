// What becomes of letters that were redriven: resolved, superseded by a newer one, or open again.

#include <algorithm>

#include "dead_letter_topics.hpp"
#include "letters_impl.hpp"

namespace millrace::redrive {

void Letters::Impl::remember_redriven() {
  const auto topology = broker.topology();
  std::vector<StateLog::Letter> lost;
  for (const auto& state : states.in(LetterState::redriving)) {
    const auto topic = topology->find(state.where.topic);
    const auto partition = topic ? topic->find(state.where.partition) : nullptr;
    if (!partition) continue;
    const auto record = read_record(broker, *partition, state.offset);
    if (!record || !*record) continue;
    const auto headers = deadletter::headers_of(**record);
    const auto read = deadletter::read_letter(deadletter::view_of(**record, headers));
    const auto source = read ? topology->find(read->letter.name.topic) : nullptr;
    if (!source) {
      lost.push_back(state);
      continue;
    }
    const auto& name = read->letter.name;
    Redriven::Entry entry{{{name.group, source->topic->id, name.partition}, name.offset},
                          {{topic->topic->name, state.where.partition, state.offset},
                           deadletter::id_of(name),
                           name.life,
                           state,
                           read->letter.edited_at != no_timestamp}};
    redriven.add(entry.first, entry.second);
    unknown.push_back(std::move(entry));
  }
  if (auto changed = states.change(lost, LetterState::redriving, LetterState::open); !changed)
    diagnostics->error("states of letters not written why=\"{}\"", changed.error().message);
}

void Letters::Impl::reconcile() {
  std::erase_if(unconcluded, [this](const Revising& revision) { return conclude_revision(revision); });
  if (unknown.empty()) return;
  const auto* const served = delivery.load();
  const auto catalog = broker.catalog();
  const auto& subscriptions = catalog->documents(broker::DocumentKind::subscription);
  std::vector<Redriven::Entry> resolved, nobodys, asked_again;
  for (auto& entry : std::exchange(unknown, {})) {
    const auto& [event, letter] = entry;
    // It may have ended since.
    if (!redriven.find(event)) continue;
    const auto is_unsettled = served->is_unsettled(event.home, event.offset);
    if (is_unsettled && *is_unsettled) continue;
    auto& into = is_unsettled ? resolved : subscriptions.contains(event.home.subscription) ? asked_again : nobodys;
    into.push_back(std::move(entry));
  }
  unknown = std::move(asked_again);
  if (!end_redriving(resolved, LetterState::resolved)) std::ranges::move(resolved, std::back_inserter(unknown));
  if (!end_redriving(nobodys, LetterState::open)) std::ranges::move(nobodys, std::back_inserter(unknown));
}

void Letters::Impl::resolve(const delivery::Home& home, const std::vector<delivery::Resolved>& resolved) {
  std::vector<Redriven::Entry> letters;
  for (const auto& each : resolved) {
    auto letter = redriven.find({home, each.offset});
    if (!letter || letter->life != each.life) letter = letter_named(home, each.offset, each.life);
    if (letter) letters.emplace_back(Redriven::Event{home, each.offset}, *std::move(letter));
  }
  (void)end_redriving(letters, LetterState::resolved);
}

bool Letters::Impl::end_redriving(const std::vector<Redriven::Entry>& letters, LetterState as) {
  if (letters.empty()) return true;
  std::vector<StateLog::Letter> all;
  for (const auto& [event, letter] : letters) all.push_back(letter.state);
  auto changed = states.change(all, LetterState::redriving, as);
  // A crash may have come between an event that was redriven and the state of its letter.
  auto others = changed && as != LetterState::open ? states.change(all, LetterState::open, as) : changed;
  for (const auto& result : {&changed, &others}) {
    if (*result) continue;
    diagnostics->error("states of letters not written why=\"{}\"", result->error().message);
    return false;
  }
  for (const auto& [event, letter] : letters) {
    const auto held = redriven.find(event);
    if (held && held->id == letter.id) redriven.remove(event);
  }
  if (as != LetterState::open) forget_settled_links();
  std::set<StateLog::Letter> done(changed->begin(), changed->end());
  done.insert(others->begin(), others->end());
  for (const auto& [event, letter] : letters)
    if (on_outcome && done.contains(letter.state)) on_outcome({letter.place, letter.id, as});
  return true;
}

std::vector<Redriven::Entry> Letters::Impl::older_of(const std::vector<ToWrite>& asked,
                                                     const std::vector<Result<Written>>& results) {
  std::vector<Redriven::Entry> older;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const auto& [home, dead, target] = asked[i];
    if (!results[i] || dead.life == 0) continue;
    auto letter = redriven.find({home, dead.offset});
    if (!letter || letter->life + 1 != dead.life) letter = letter_named(home, dead.offset, dead.life - 1);
    if (letter) older.emplace_back(Redriven::Event{home, dead.offset}, *std::move(letter));
  }
  return older;
}

std::optional<Redriven::Letter> Letters::Impl::letter_named(const delivery::Home& home, Offset event,
                                                            std::uint32_t life) {
  const auto topology = broker.topology();
  const auto source = topology->find(home.topic);
  if (!source) return std::nullopt;
  const auto name = dead_letter_topic_of(home.subscription, source->topic->name, target_of(home.subscription));
  const auto topic = name ? topology->find(*name) : nullptr;
  if (!topic) return std::nullopt;
  const auto partition = home.partition % static_cast<PartitionIndex>(topic->partitions.size());
  const auto id = deadletter::id_of({home.subscription, source->topic->name, home.partition, event, life});
  const auto found = find_letter(broker, *topic->find(partition), Offset(0), id);
  if (!found || !*found) return std::nullopt;
  return Redriven::Letter{{*name, partition, **found}, id, life, {{topic->topic->id, partition}, **found}};
}

void Letters::Impl::reopen(const std::string& subscription) {
  std::erase_if(homes_held, [&](const auto& home) { return home.subscription == subscription; });
  (void)end_redriving(
      redriven.find_all([&](const Redriven::Event& event) { return event.home.subscription == subscription; }),
      LetterState::open);
}

void Letters::Impl::sweep() {
  states.sweep();
  const auto topology = broker.topology();
  (void)end_redriving(
      redriven.find_all([&](const Redriven::Event& event) { return topology->find(event.home.topic) == nullptr; }),
      LetterState::open);
}

std::optional<deadletter::Read> Letters::Impl::redriving(const delivery::Home& home, Offset event) const {
  const auto letter = redriven.find({home, event});
  if (!letter) return std::nullopt;
  const auto topic = broker.topology()->find(letter->state.where.topic);
  const auto partition = topic ? topic->find(letter->state.where.partition) : nullptr;
  if (!partition) return std::nullopt;
  const auto record = read_record(broker, *partition, letter->place.offset);
  if (!record || !*record) return std::nullopt;
  const auto headers = deadletter::headers_of(**record);
  return deadletter::read_letter(deadletter::view_of(**record, headers));
}

std::optional<deadletter::Record> Letters::Impl::original_of(const delivery::Home& home, Offset event) const {
  auto read = redriving(home, event);
  // A link has nothing that could be delivered.
  if (!read || read->letter.is_link) return std::nullopt;
  return std::move(read->original);
}

}  // namespace millrace::redrive
