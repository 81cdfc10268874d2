// How the records stay that open links point to. Their partitions are told from where on (broker::Partition::keep), as
// soon as a link is about to be written; what that was is not durable, so after a start nothing may go before all
// letters have been looked at once.

#include <algorithm>

#include "dead_letter_topics.hpp"
#include "letters_impl.hpp"

namespace millrace::redrive {

namespace {

// What is read of one partition in a turn.
constexpr std::size_t turn_bytes = 4 * limits::MiB;

std::shared_ptr<runtime::HostedPartition> partition_of(const runtime::BrokerRuntime& broker, const Uuid& topic,
                                                       PartitionIndex index) {
  const auto hosted = broker.topology()->find(topic);
  return hosted ? hosted->find(index) : nullptr;
}

}  // namespace

void Letters::Impl::keep_for(const Source& source, Offset record) {
  const auto known = kept.find(source);
  if (known != kept.end() && known->second <= record) return;
  kept[source] = record;
  // Until all have been looked at, what was there at the start is kept anyhow.
  if (knows_links) return keep(source, record);
  if (const auto partition = partition_of(broker, source.topic, source.partition)) {
    const auto before = partition->with([](const broker::Partition& each) { return each.kept(); });
    broker.keep(*partition, std::min(before.value_or(record), record));
  }
}

void Letters::Impl::is_linked(const LetterWriter::Link& link) {
  linked[link.where].add(link.source, link.record, link.letter);
}

void Letters::Impl::look_for_links() {
  std::set<LettersOf> all;
  broker.topology()->for_each([&](const runtime::HostedTopic& topic) {
    // Not those that were adopted: their letters are others'.
    if (topic.topic->is_internal || !topic.settings.takes_dead_letters) return;
    for (PartitionIndex i = 0; std::cmp_less(i, topic.partitions.size()); ++i) all.insert({topic.topic->id, i});
  });
  std::erase_if(linked, [&](const auto& each) { return !all.contains(each.first); });
  std::erase_if(looked_through, [&](const auto& each) { return !all.contains(each); });
  forget_settled_links();
  if (!to_look.empty()) return;
  for (const auto& where : all) {
    const auto held = linked.find(where);
    if (!looked_through.contains(where) || (held != linked.end() && held->second.is_used_up()))
      to_look.push_back(where);
  }
  looking = {};
  look_next();
}

void Letters::Impl::look_next() {
  if (!to_look.empty() && look_at(to_look.back())) {
    to_look.pop_back();
    looking = {};
  }
  if (!to_look.empty()) return post(writing, [this] { look_next(); });
  if (!std::exchange(knows_links, true)) return keep_at_first();
  keep_linked();
}

/// True when that was all of it.
bool Letters::Impl::look_at(const LettersOf& where) {
  const auto topic = broker.topology()->find(where.topic);
  const auto log = topic ? topic->find(where.partition) : nullptr;
  if (!log) return true;
  const Extent extent = extent_of(*log);
  const auto known = states.states(where);
  const LetterReader reader(topic->topic->name, std::nullopt);
  auto& [found, at] = looking;
  const auto walked = walk_records(broker, *log, at.value_or(known.first_unsettled(extent.start)), extent.end,
                                   turn_bytes, [&](const Stored& stored) {
                                     if (is_settled(known.of(stored.offset))) return true;
                                     const auto letter = reader.read(where.partition, stored);
                                     if (!letter || !letter->letter.is_link) return true;
                                     const auto source = source_of(*letter, found);
                                     if (source) found.add(*source, letter->letter.name.offset, stored.offset);
                                     return true;
                                   });
  if (!walked) {
    // As far as they were read, and another time again.
    linked[where].add(found);
    diagnostics->error("links not looked for topic={} partition={} why=\"{}\"", topic->topic->name, where.partition,
                       walked.error().message);
    return true;
  }
  if (walked->next < extent.end) {
    at = walked->next;
    return false;
  }
  looked_through.insert(where);
  linked[where] = std::move(found);
  return true;
}

/// Of a link whose record is there, and should be remembered.
std::optional<Source> Letters::Impl::source_of(const Found& link, const LinkedRecords& among) const {
  const auto& name = link.letter.name;
  const auto topic = broker.topology()->find(name.topic);
  const auto partition = topic ? topic->find(name.partition) : nullptr;
  if (!partition) return std::nullopt;
  const Source source{topic->topic->id, name.partition};
  if (!among.takes(source, name.offset)) return std::nullopt;
  const auto stored = read_record(broker, *partition, name.offset);
  // What cannot be read now may be read later.
  const bool is_there = !stored || (*stored && is_same(link.original, **stored));
  return is_there ? std::optional(source) : std::nullopt;
}

void Letters::Impl::forget_settled_links() {
  bool has_forgotten = false;
  for (auto& [where, records] : linked) {
    const auto letters = partition_of(broker, where.topic, where.partition);
    const Offset start = letters ? extent_of(*letters).start : Offset(0);
    has_forgotten |= records.forget([&](const Source& source, Offset record, Offset letter) {
      if (!letters || letter < start || is_settled(states.of(where, letter))) return true;
      const auto partition = partition_of(broker, source.topic, source.partition);
      return !partition || record < extent_of(*partition).start;
    });
  }
  std::erase_if(linked, [](const auto& each) { return each.second.empty(); });
  if (has_forgotten) keep_linked();
}

std::map<Source, Offset> Letters::Impl::first_linked() const {
  std::map<Source, Offset> first;
  for (const auto& [where, records] : linked) {
    for (const auto& [source, record] : records.first()) {
      const auto at = first.emplace(source, record).first;
      at->second = std::min(at->second, record);
    }
  }
  return first;
}

/// So far everything was kept that there was at the start.
void Letters::Impl::keep_at_first() {
  kept = first_linked();
  broker.topology()->for_each([&](const runtime::HostedTopic& topic) {
    for (PartitionIndex i = 0; std::cmp_less(i, topic.partitions.size()); ++i) {
      const auto first = kept.find({topic.topic->id, i});
      broker.keep(*topic.find(i), first == kept.end() ? std::nullopt : std::optional(first->second));
    }
  });
}

void Letters::Impl::keep_linked() {
  if (!knows_links) return;
  auto now = first_linked();
  for (const auto& [source, record] : now) keep(source, record);
  for (const auto& [source, record] : std::exchange(kept, now))
    if (!now.contains(source)) keep(source, std::nullopt);
}

void Letters::Impl::keep(const Source& source, std::optional<Offset> from) const {
  const auto partition = partition_of(broker, source.topic, source.partition);
  if (!partition) return;
  const auto before = broker.keep(*partition, from);
  if (before && from) return;
  diagnostics->info("records are {} for links of dead letters log={}", from ? "kept" : "kept no longer",
                    partition->directory());
}

}  // namespace millrace::redrive
