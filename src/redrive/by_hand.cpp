// Letters that somebody writes by hand, for a group that commits offsets and cannot say that it could not take one.

#include "dead_letter_topics.hpp"
#include "letters_impl.hpp"

namespace millrace::redrive {

namespace {

/// Whether the record can be put aside now.
Result<void> check_place(runtime::HostedPartition& log, const Letters::Reject& reject) {
  struct Bounds {
    Offset start, high_watermark, end;
  };
  const auto bounds = log.with([](broker::Partition& at) { return Bounds{at.start(), at.high_watermark(), at.end()}; });
  const auto subject = "offset: " + std::to_string(reject.offset.value());
  const auto place = reject.topic + "-" + std::to_string(reject.partition);
  if (reject.offset < bounds.start) {
    return failure(Errc::not_found,
                   subject + " is before the start of " + place + ", " + std::to_string(bounds.start.value()));
  }
  if (reject.offset >= bounds.end) {
    return failure(Errc::not_found,
                   subject + " is not below the end of " + place + ", " + std::to_string(bounds.end.value()));
  }
  if (reject.offset >= bounds.high_watermark) {
    return failure(Errc::busy, subject + " of " + place + " is not durable yet: it is not below the high watermark, " +
                                   std::to_string(bounds.high_watermark.value()));
  }
  return {};
}

}  // namespace

void Letters::Impl::reject(Reject reject, Told<Rejected> done) {
  if (auto checked = check_group(reject.group); !checked) return done(failure_of(checked));
  const auto source = broker.topology()->find(reject.topic);
  const auto name = dead_letter_topic_of(reject.group, reject.topic, target_of(reject.group));
  if (!name) return done(failure_of(name));
  const auto there = broker.topology()->find(*name);
  const bool has_some = there && !there->topic->is_internal && holds_letters(*there);
  if (reject.partition < 0 || (!source && !has_some)) {
    const auto what = source ? " has no partition " + std::to_string(reject.partition) : " does not exist";
    return done(failure(Errc::not_found, "topic '" + reject.topic + "'" + what));
  }
  const auto answer = std::make_shared<Answer<Rejected>>(std::move(done));
  if (!has_some) {
    post(writing, [this, reject = std::move(reject), answer] { (*answer)(write_by_hand(reject, no_offset)); });
    return;
  }
  // There may be many: whoever waits for a letter to be written should not wait for these to be read.
  const auto count = static_cast<PartitionIndex>(there->partitions.size());
  const Offset newest = extent_of(*there->find(reject.partition % count)).end - 1;
  const auto id = deadletter::id_of({reject.group, reject.topic, reject.partition, reject.offset, 0});
  const auto finding = std::make_shared<Finding>(*name, id, [this, reject, newest, answer](Result<Found> found) {
    if (found) return (*answer)(known(reject, *found));
    if (found.error().code != Errc::not_found) return (*answer)(failure_of(found));
    post(writing, [this, reject, newest, answer] { (*answer)(write_by_hand(reject, newest)); });
  });
  post(readers, [this, finding] { find(finding); });
}

Result<Letters::Rejected> Letters::Impl::known(const Reject& reject, const Found& letter) const {
  const auto topic = broker.topology()->find(reject.topic);
  const auto partition = topic ? topic->find(reject.partition) : nullptr;
  using Read = Result<std::optional<deadletter::Record>>;
  const auto stored = partition ? read_record(broker, *partition, reject.offset) : Read(std::nullopt);
  if (!stored) return failure_of(stored);
  if (*stored && !is_same(letter.original, **stored)) {
    return failure(Errc::exists, "letter " + letter.id + " is of another record: topic '" + reject.topic +
                                     "' was made anew since it was written");
  }
  return Rejected{.place = letter.place, .id = letter.id, .was_there = true};
}

/// `newest`: up to there its letter was looked for.
Result<Letters::Rejected> Letters::Impl::write_by_hand(const Reject& reject, Offset newest) {
  const auto topic = broker.topology()->find(reject.topic);
  const auto partition = topic ? topic->find(reject.partition) : nullptr;
  const std::string subject = "topic '" + reject.topic + "' ";
  if (!topic) return failure(Errc::not_found, subject + "does not exist");
  if (!partition || topic->topic->is_internal)
    return failure(Errc::not_found, subject + "has no partition " + std::to_string(reject.partition));
  if (auto fits = check_place(*partition, reject); !fits) return failure_of(fits);
  const auto record = read_record(broker, *partition, reject.offset);
  if (!record) return failure_of(record);
  if (!*record) {
    return failure(Errc::not_found, subject + "has no record at offset " + std::to_string(reject.offset.value()) +
                                        " of partition " + std::to_string(reject.partition));
  }
  const Timestamp now = broker.now().wall;
  ToWrite letter{.home = {reject.group, topic->topic->id, reject.partition},
                 .dead = {.offset = reject.offset,
                          .reason = delivery::Reason::manual,
                          .died_at = now,
                          .failures = {.first = now,
                                       .code = reject.code,
                                       .message = reject.message,
                                       .history = {{delivery::Reason::manual, 1, now, now}}},
                          .look_behind = newest,
                          .may_be_there = true},
                 .target = target_of(reject.group)};
  auto results = writer.write({letter});
  count(letter, results.front());
  if (!results.front()) return failure_of(std::move(results.front()));
  auto& made = *results.front();
  auto id = deadletter::id_of({reject.group, reject.topic, reject.partition, reject.offset, 0});
  if (!made.was_there) note_rejected(reject, made.place, id);
  return Rejected{.place = std::move(made.place), .id = std::move(id), .was_there = made.was_there};
}

bool Letters::Impl::is_deliverable(const Found& letter) const {
  const auto* const served = delivery.load();
  if (served == nullptr || letter.family != deadletter::Family::millrace) return false;
  const auto& name = letter.letter.name;
  const auto topic = broker.topology()->find(name.topic);
  const auto home = served->home_of(name.group, name.partition);
  return topic && home && home->topic == topic->topic->id;
}

}  // namespace millrace::redrive
