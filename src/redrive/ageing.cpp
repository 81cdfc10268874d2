// How letters go: those whose time is over are given up, and the records at the front of a partition that nobody needs
// any more are deleted. Retention by a record's timestamp cannot do it, which a letter has from the record that died.

#include <algorithm>
#include <future>

#include "dead_letter_topics.hpp"
#include "letters_impl.hpp"

namespace millrace::redrive {

namespace {

// What is read of one partition in a turn.
constexpr std::size_t old_read_bytes = 4 * limits::MiB;
constexpr std::size_t settled_read_bytes = 16 * limits::MiB;

/// Letters of others have the time of their record, and so has what does not tell it, or is no letter.
Timestamp died_at(const std::optional<Found>& found, const Stored& stored) {
  return found && found->letter.died_at != no_timestamp ? found->letter.died_at : stored.timestamp;
}

bool is_over(Timestamp died_at, Milliseconds retention, Timestamp now) {
  return retention >= Milliseconds(0) && died_at <= now - retention.count();
}

/// Whether letters of that group may lie there.
bool may_lie_in(const std::string& topic, const std::string& group, const Target& target) {
  if (!target.dead_letter_topic.empty()) return target.dead_letter_topic == topic;
  auto any = deadletter::topic_for(group, "t");
  if (!any) return false;
  any->pop_back();
  return topic.starts_with(*any);
}

}  // namespace

/// How long the letters of a topic stay. Negative: for good.
struct Letters::Impl::Ages {
  Milliseconds open{-1};     ///< of groups that say nothing themselves
  Milliseconds settled{-1};  ///< of any
  std::map<std::string, Milliseconds> of_group;
  std::optional<Milliseconds> shortest;  ///< of open ones; unset: nothing is ever too old

  [[nodiscard]] Milliseconds of(const std::string& group) const {
    const auto found = of_group.find(group);
    return found == of_group.end() ? open : found->second;
  }
};

Letters::Impl::Ages Letters::Impl::ages_of(const runtime::HostedTopic& topic) const {
  Ages ages{.open = topic.settings.letters_retention,
            .settled = topic.settings.settled_letters_retention,
            .of_group = {},
            .shortest = {}};
  if (ages.open >= Milliseconds(0)) ages.shortest = ages.open;
  targets.with([&](const auto& all) {
    for (const auto& [group, target] : all) {
      if (!target.retention || !may_lie_in(topic.topic->name, group, target)) continue;
      ages.of_group.emplace(group, *target.retention);
      ages.shortest = std::min(ages.shortest.value_or(*target.retention), *target.retention);
    }
  });
  return ages;
}

void Letters::Impl::age() {
  if (delivery.load() == nullptr) return;
  if (!to_age.empty()) {
    ages_again = true;
    return;
  }
  broker.topology()->for_each([&](const runtime::HostedTopic& topic) {
    // Not those that were adopted: their records are others'.
    if (topic.topic->is_internal || !topic.settings.takes_dead_letters) return;
    for (PartitionIndex i = 0; std::cmp_less(i, topic.partitions.size()); ++i) to_age.push_back({topic.topic->id, i});
  });
  std::ranges::sort(to_age);
  const auto is_aged = [&](const auto& each) { return std::ranges::binary_search(to_age, each.first); };
  std::erase_if(looked_until, [&](const auto& each) { return !is_aged(each); });
  std::erase_if(settled_heads, [&](const auto& each) { return !is_aged(each); });
  age_next();
}

void Letters::Impl::age_next() {
  if (to_age.empty()) return;
  const LettersOf where = to_age.back();
  to_age.pop_back();
  if (const auto topic = broker.topology()->find(where.topic); topic && topic->find(where.partition)) {
    const Ages ages = ages_of(*topic);
    give_up_old(*topic, where.partition, ages);
    free_settled(*topic, where.partition, ages);
  }
  if (!to_age.empty()) return post(writing, [this] { age_next(); });
  if (std::exchange(ages_again, false)) age();
}

bool Letters::Impl::can_be_told(const deadletter::LetterName& name) const {
  const bool is_served = targets.with([&](const auto& all) { return all.contains(name.group); });
  const auto source = is_served ? broker.topology()->find(name.topic) : nullptr;
  return !source || delivery.load()->is_unsettled({name.group, source->topic->id, name.partition}, name.offset);
}

void Letters::Impl::give_up_old(const runtime::HostedTopic& topic, PartitionIndex partition, const Ages& ages) {
  const LettersOf where{topic.topic->id, partition};
  if (!ages.shortest) {
    looked_until.erase(where);
    return;
  }
  auto& log = *topic.find(partition);
  const Extent extent = extent_of(log);
  const auto known = states.states(where);
  const Timestamp now = broker.now().wall;
  const LetterReader reader(topic.topic->name, adoption_of(broker, topic.topic->name));
  const auto from = looked_until.find(where);
  const Offset begin = from == looked_until.end() ? extent.start : std::max(from->second, extent.start);
  std::vector<Found> old;
  bool is_young = false;
  const auto walked = walk_records(broker, log, begin, extent.end, old_read_bytes, [&](const Stored& stored) {
    if (known.of(stored.offset) != LetterState::open) return true;
    auto found = reader.read(partition, stored);
    const Timestamp died = died_at(found, stored);
    // They lie in the order of their deaths, or nearly so.
    is_young = !is_over(died, *ages.shortest, now);
    if (is_young) return false;
    if (!found) found.emplace().place = {topic.topic->name, partition, stored.offset};
    found->original = {};
    if (is_over(died, ages.of(found->letter.name.group), now) && can_be_told(found->letter.name))
      old.push_back(*std::move(found));
    return true;
  });
  if (!walked) {
    diagnostics->error("letters not aged why=\"{}\"", walked.error().message);
    return;
  }
  if (walked->is_enough && !is_young) {
    looked_until[where] = walked->next;
  } else {
    looked_until.erase(where);
  }
  if (old.empty()) return;
  const auto given_up = let_go(old, LetterState::discarded);
  if (!given_up) {
    diagnostics->error("letters not given up topic={} why=\"{}\"", topic.topic->name, given_up.error().message);
    return;
  }
  tell_expired(old);
  diagnostics->info("letters given up: their time is over topic={} partition={} count={}", topic.topic->name, partition,
                    *given_up);
}

void Letters::Impl::free_settled(const runtime::HostedTopic& topic, PartitionIndex partition, const Ages& ages) {
  const LettersOf where{topic.topic->id, partition};
  if (ages.settled < Milliseconds(0) || !topic.settings.retention.delete_enabled) return;
  auto& log = *topic.find(partition);
  const Extent extent = extent_of(log);
  const Offset until = std::min(states.states(where).first_unsettled(extent.start), extent.end);
  if (until <= extent.start) return;
  const Timestamp now = broker.now().wall;
  const auto head = settled_heads.find(where);
  if (head != settled_heads.end() && head->second.offset == extent.start &&
      !is_over(head->second.died_at, ages.settled, now))
    return;
  const LetterReader reader(topic.topic->name, adoption_of(broker, topic.topic->name));
  const auto walked = walk_records(broker, log, extent.start, until, settled_read_bytes, [&](const Stored& stored) {
    const Timestamp died = died_at(reader.read(partition, stored), stored);
    if (is_over(died, ages.settled, now)) return true;
    settled_heads[where] = {stored.offset, died};
    return false;
  });
  if (!walked) {
    diagnostics->error("letters not aged why=\"{}\"", walked.error().message);
    return;
  }
  if (walked->next <= extent.start) return;
  const auto promise = std::make_shared<std::promise<broker::DeleteRecordsAnswer>>();
  std::vector<runtime::DeleteRecordsPart> parts(1);
  parts.front().topic = topic.topic->name;
  parts.front().partition = partition;
  parts.front().before = walked->next;
  broker.delete_records(std::move(parts), [promise](auto answers) { promise->set_value(std::move(answers.front())); });
  const auto answer = promise->get_future().get();
  if (answer.error != ErrorCode::none) {
    diagnostics->error("settled letters not deleted topic={} partition={} why=\"{}\"", topic.topic->name, partition,
                       answer.message);
    return;
  }
  diagnostics->info("settled letters deleted topic={} partition={} before={}", topic.topic->name, partition,
                    walked->next.value());
}

}  // namespace millrace::redrive
