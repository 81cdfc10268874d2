// What an operator is told of letters all the time: how many there are in which state, and since when one waits.

#include <algorithm>

#include "dead_letter_topics.hpp"
#include "letters_impl.hpp"

namespace millrace::redrive {

namespace {

constexpr std::size_t look_bytes = 64 * limits::KiB;  ///< a batch, of which one record is wanted

/// When the first letter at or after `from` died.
Timestamp death_at(runtime::BrokerRuntime& broker, runtime::HostedPartition& log, const LetterReader& reader,
                   PartitionIndex partition, Offset from, Offset end) {
  Timestamp died_at = no_timestamp;
  (void)walk_records(broker, log, from, end, look_bytes, [&](const Stored& stored) {
    const auto found = reader.read(partition, stored);
    died_at = found && found->letter.died_at != no_timestamp ? found->letter.died_at : stored.timestamp;
    return false;
  });
  return died_at;
}

}  // namespace

LetterFigures Letters::Impl::figures(std::size_t topics_max, std::size_t looks_max) {
  LetterFigures figures;
  figures.not_written = not_written.value();
  for (std::size_t i = 0; i < written.size(); ++i) figures.written[i] = written[i].value();
  std::vector<runtime::HostedTopicPtr> topics;
  const auto topology = broker.topology();
  topology->for_each([&](const runtime::HostedTopic& topic) {
    if (!topic.topic->is_internal && holds_letters(topic)) topics.push_back(topology->find(topic.topic->id));
  });
  std::ranges::sort(topics, {}, [](const auto& topic) { return topic->topic->name; });
  if (topics.size() > topics_max) {
    figures.topics_left = topics.size() - topics_max;
    topics.resize(topics_max);
  }
  std::map<LettersOf, Oldest> seen;
  for (const auto& topic : topics) {
    LetterFigures::Topic told{.topic = topic->topic->name};
    const LetterReader reader(told.topic, adoption_of(broker, told.topic));
    for (PartitionIndex i = 0; std::cmp_less(i, topic->partitions.size()); ++i) {
      auto& log = *topic->find(i);
      const LettersOf where{topic->topic->id, i};
      const Extent extent = extent_of(log);
      auto counts = states.counts(where, extent.start);
      const auto all = static_cast<std::uint64_t>(std::max<std::int64_t>(extent.end - extent.start, 0));
      std::uint64_t others = 0;
      for (const auto count : counts) others += count;
      counts[static_cast<std::size_t>(LetterState::open)] = all - std::min(all, others);
      for (std::size_t state = 0; state < counts.size(); ++state) told.letters[state] += counts[state];

      const auto first = states.first_open(where, extent.start, extent.end);
      if (!first) continue;
      const auto held = oldest.find(where);
      Oldest now = held == oldest.end() ? Oldest{} : held->second;
      const bool is_known = held != oldest.end() && now.letter == *first;
      if (!is_known && looks_max > 0) {
        --looks_max;
        now = {.letter = *first, .died_at = death_at(broker, log, reader, i, *first, extent.end)};
      } else if (!is_known) {
        ++figures.looks_left;
      }
      seen.emplace(where, now);
      if (now.died_at == no_timestamp) continue;
      told.oldest_open = told.oldest_open == no_timestamp ? now.died_at : std::min(told.oldest_open, now.died_at);
    }
    figures.topics.push_back(std::move(told));
  }
  oldest = std::move(seen);
  return figures;
}

}  // namespace millrace::redrive
