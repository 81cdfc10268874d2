// How letters are found: a page, one of them, and what each topic has.

#include <algorithm>

#include "dead_letter_topics.hpp"
#include "letters_impl.hpp"

namespace millrace::redrive {

namespace {

// What one call looks at, and what it gives.
constexpr std::size_t looked_bytes_max = 16 * limits::MiB;
constexpr std::size_t given_bytes_max = 4 * limits::MiB;
constexpr std::size_t links_max = 1'000;                    ///< that are followed: each is a read elsewhere
constexpr std::size_t reasons_bytes_max = 8 * limits::MiB;  ///< of all topics together

std::size_t bytes_in(const deadletter::Record& record) {
  std::size_t bytes = (record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0);
  for (const auto& [key, value] : record.headers) bytes += key.size() + (value ? value->size() : 0);
  return bytes;
}

/// The first letter that is not below: those of other states than open are few, and known.
Offset first_in(const LetterStates& states, const Selection& selection, const Extent& extent, Offset from) {
  from = std::max(from, extent.start);
  if (!selection.state || *selection.state == LetterState::open) return from;
  const auto known = states.in(*selection.state);
  const auto next = std::ranges::lower_bound(known, from);
  return next == known.end() ? extent.end : *next;
}

}  // namespace

bool Letters::Impl::holds_letters(const runtime::HostedTopic& topic) const {
  return topic.settings.takes_dead_letters || is_adopted(broker, topic.topic->name);
}

Result<runtime::HostedTopicPtr> Letters::Impl::letters_topic(const std::string& name) const {
  auto topic = broker.topology()->find(name);
  if (!topic || topic->topic->is_internal || !holds_letters(*topic))
    return failure(Errc::not_found, "there is no dead-letter topic '" + name + "'");
  return topic;
}

void Letters::Impl::follow(Found& link) const {
  const auto& name = link.letter.name;
  const auto source = broker.topology()->find(name.topic);
  const auto partition = source ? source->find(name.partition) : nullptr;
  std::optional<deadletter::Record> stored;
  if (partition) stored = read_record(broker, *partition, name.offset).value_or(std::nullopt);
  link.is_source_gone = !stored || !is_same(link.original, *stored);
  if (!link.is_source_gone) link.original = *std::move(stored);
}

Result<Page> Letters::Impl::list(const std::string& name, const Selection& selection, Cursor from,
                                 std::size_t limit) const {
  const auto topic = letters_topic(name);
  if (!topic) return failure_of(topic);
  const LetterReader reader(name, adoption_of(broker, name));
  Selecting selecting(selection);
  Page page;
  std::size_t budget = looked_bytes_max, given = 0, looked_up = 0;
  const auto count = static_cast<PartitionIndex>((*topic)->partitions.size());
  for (PartitionIndex partition = std::max(from.partition, 0); partition < count; ++partition) {
    auto& log = *(*topic)->find(partition);
    const auto known = states.states({(*topic)->topic->id, partition});
    const Extent extent = extent_of(log);
    const Offset begin = partition == from.partition ? from.offset : Offset(0);
    const Offset first = first_in(known, selection, extent, begin);
    const auto walked = walk_records(broker, log, first, extent.end, budget, [&](const Stored& stored) {
      const LetterState state = known.of(stored.offset);
      if (!selecting.takes(state)) return true;
      if (page.letters.size() >= limit) return false;
      auto found = reader.read(partition, stored);
      if (!found) return true;
      found->state = state;
      if (!selecting.takes_facts(*found)) return true;
      if (found->letter.is_link) {
        if (++looked_up > links_max) return false;
        follow(*found);
      }
      if (!selecting.takes(*found)) return true;
      const std::size_t bytes = bytes_in(found->original);
      if (!page.letters.empty() && given + bytes > given_bytes_max) return false;
      given += bytes;
      page.letters.push_back(*std::move(found));
      return true;
    });
    if (!walked) return failure_of(walked);
    budget -= std::min(budget, walked->bytes);
    if (walked->is_enough) {
      page.next = Cursor{partition, walked->next};
      return page;
    }
  }
  return page;
}

void Letters::Impl::find(const std::shared_ptr<Finding>& at) {
  const auto topic = letters_topic(at->topic);
  if (!topic) return at->answer(failure_of(topic));
  const auto count = static_cast<PartitionIndex>((*topic)->partitions.size());
  const auto place = parse_place_id(at->id);
  const auto name = deadletter::parse_id(at->id);
  const auto no_such = [&] { return failure(Errc::not_found, "there is no letter '" + at->id + "' in " + at->topic); };
  if (!std::exchange(at->has_begun, true)) {
    if (!place && !name) return at->answer(no_such());
    const PartitionIndex likely = place ? place->first : name->partition % count;
    // The topic may have had fewer partitions then.
    if (!place)
      for (PartitionIndex i = 0; i < count; ++i)
        if (i != likely) at->partitions.push_back(i);
    if (likely < count) at->partitions.push_back(likely);
  }
  if (at->partitions.empty()) return at->answer(no_such());
  const PartitionIndex partition = at->partitions.back();
  const auto log = (*topic)->find(partition);
  if (!log) return at->answer(no_such());
  const LetterReader reader(at->topic, adoption_of(broker, at->topic));
  const Extent extent = extent_of(*log);
  const Offset from =
      place ? std::max(place->second, extent.start) : std::max(at->at.value_or(Offset(0)), extent.start);
  const Offset until = place ? std::min(place->second + 1, extent.end) : extent.end;
  std::optional<Found> found;
  const auto walked = walk_records(broker, *log, from, until, looked_bytes_max, [&](const Stored& stored) {
    found = reader.read(partition, stored);
    if (found && (place || found->id == at->id)) return false;
    found.reset();
    return true;
  });
  if (!walked) return at->answer(failure_of(walked));
  if (found) {
    found->state = states.of({(*topic)->topic->id, partition}, found->place.offset);
    if (found->letter.is_link) follow(*found);
    return at->answer(*std::move(found));
  }
  at->at = walked->next;
  if (!walked->is_enough) {
    at->partitions.pop_back();
    at->at.reset();
  }
  post(readers, [this, at] { find(at); });
}

Summary Letters::Impl::summary_of(const runtime::HostedTopic& topic, std::size_t& budget) const {
  Summary summary;
  summary.topic = topic.topic->name;
  if (const auto named = deadletter::named_by(summary.topic)) {
    summary.group = named->group;
    summary.source = named->topic;
  }
  const auto adoption = adoption_of(broker, summary.topic);
  summary.is_adopted = adoption.has_value();
  if (adoption && !adoption->group.empty()) summary.group = adoption->group;
  if (adoption && !adoption->source_topic.empty()) summary.source = adoption->source_topic;
  const LetterReader reader(summary.topic, adoption);
  std::map<std::string, std::uint64_t, std::less<>> reasons;
  const auto note_time = [&](Timestamp died_at) {
    if (died_at == no_timestamp) return;
    if (summary.oldest == no_timestamp || died_at < summary.oldest) summary.oldest = died_at;
    summary.newest = std::max(summary.newest, died_at);
  };
  for (PartitionIndex i = 0; std::cmp_less(i, topic.partitions.size()); ++i) {
    auto& log = *topic.find(i);
    const LettersOf where{topic.topic->id, i};
    const Extent extent = extent_of(log);
    const StateCounts counts = states.counts(where, extent.start);
    const auto in = [&](LetterState state) { return counts[static_cast<std::size_t>(state)]; };
    const std::uint64_t others = in(LetterState::redriving) + in(LetterState::resolved) + in(LetterState::discarded) +
                                 in(LetterState::superseded);
    const auto all = static_cast<std::uint64_t>(std::max<std::int64_t>(extent.end - extent.start, 0));
    summary.open += all - std::min(all, others);
    summary.redriving += in(LetterState::redriving);
    summary.resolved += in(LetterState::resolved);
    summary.discarded += in(LetterState::discarded);
    summary.superseded += in(LetterState::superseded);
    const auto known = states.states(where);
    const auto walked = walk_records(broker, log, extent.start, extent.end, budget, [&](const Stored& stored) {
      ++summary.looked_at;
      const auto found = reader.read(i, stored);
      if (!found) return true;
      note_time(found->letter.died_at);
      if (known.of(stored.offset) != LetterState::open) return true;
      const auto reason = delivery::name_of(found->letter.reason);
      ++reasons[std::string(reason.empty() ? deadletter::name_of(found->family) : reason)];
      return true;
    });
    budget -= walked ? std::min(budget, walked->bytes) : 0;
    if (!walked || walked->next < extent.end) {
      // The newest one by itself: nothing in between is looked at.
      (void)walk_records(broker, log, extent.end - 1, extent.end, SIZE_MAX, [&](const Stored& stored) {
        if (const auto found = reader.read(i, stored)) note_time(found->letter.died_at);
        return true;
      });
    }
  }
  summary.reasons.assign(reasons.begin(), reasons.end());
  return summary;
}

Result<std::vector<Summary>> Letters::Impl::summarise() const {
  std::vector<Summary> all;
  std::size_t budget = reasons_bytes_max;
  const auto topology = broker.topology();
  std::vector<runtime::HostedTopicPtr> topics;
  topology->for_each([&](const runtime::HostedTopic& topic) {
    if (!topic.topic->is_internal && holds_letters(topic)) topics.push_back(topology->find(topic.topic->id));
  });
  std::ranges::sort(topics, {}, [](const auto& topic) { return topic->topic->name; });
  for (const auto& topic : topics) all.push_back(summary_of(*topic, budget));
  return all;
}

}  // namespace millrace::redrive
