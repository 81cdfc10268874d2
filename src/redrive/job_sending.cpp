// A letter that goes to its topic again: written at the end, for everybody who reads there, and then resolved.

#include "jobs_impl.hpp"
#include "millrace/broker/partitioner.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/deadletter/redriven.hpp"

namespace millrace::redrive {

namespace {

/// Where it was, if that is still there.
PartitionIndex partition_of(const Found& letter, std::int32_t partitions) {
  const auto before = letter.letter.name.partition;
  if (before >= 0 && before < partitions) return before;
  if (letter.original.key) return broker::partition_of_key(*letter.original.key, partitions);
  return static_cast<PartitionIndex>(letter.place.offset.value() % partitions);
}

}  // namespace

Result<JobSending> sending_of(const Found& letter, const std::string& job, const runtime::Topology& topology) {
  const auto& name = letter.letter.name.topic;
  if (name.empty()) return failure(Errc::not_found, "a letter does not say which topic it comes from");
  const auto topic = topology.find(name);
  if (!topic) return failure(Errc::not_found, "topic " + escaped(name) + " does not exist");
  if (letter.is_source_gone)
    return failure(Errc::not_found, "letter " + letter.id + " is a link, and its record is gone from its topic");
  if (topic->topic->is_internal) return failure(Errc::invalid, "topic " + escaped(name) + " is the broker's own");
  const auto unmarked =
      topic->settings.events.knows_unmarked ? cloudevents::Unmarked::recognised : cloudevents::Unmarked::refused;
  const auto record = deadletter::as_redriven(letter.original, job, unmarked);
  const auto headers = deadletter::headers_of(record);
  record::BatchBuilder builder;
  builder.add(deadletter::view_of(record, headers));
  return JobSending{{.name = name, .id = topic->topic->id},
                    partition_of(letter, static_cast<std::int32_t>(topic->partitions.size())),
                    builder.finish()};
}

bool Jobs::Impl::is_still_open(const JobRunPtr& run, const Found& letter) {
  // It may have waited for long.
  if (letters.state_of(letter.place) == LetterState::open) return true;
  post([this, run, place = letter.place] { answered(run, {place.partition, place.offset}, JobAnswer::not_open, {}); });
  return false;
}

void Jobs::Impl::send(const JobRunPtr& run, const std::string& job, const Found& letter) {
  if (!is_still_open(run, letter)) return;
  auto sending = sending_of(letter, job, *broker.topology());
  if (!sending) {
    post([this, run, place = letter.place, why = sending.error().message] {
      answered(run, {place.partition, place.offset}, JobAnswer::refused, why);
    });
    return;
  }
  runtime::ProduceRequest request;
  request.parts.push_back({.topic = sending->topic, .partition = sending->partition, .records = sending->batch});
  auto told = [self = shared_from_this(), run, held = std::make_shared<const Found>(letter),
               topic = sending->topic.name](std::vector<runtime::ProducePartAnswer> answers) {
    const auto& append = answers.front().append;
    auto why = append.message.empty() ? std::string(name_of(append.error)) : append.message;
    const auto& aside = answers.front().quarantined;
    if (!aside.empty()) why = "it is put aside again, " + aside.front().reason;
    self->post([impl = self.get(), run, held, topic, error = append.error, why, is_aside = !aside.empty()] {
      if (error == ErrorCode::none && !is_aside) return impl->arrived(run, *held);
      // The disk may have room again.
      const bool may_pass = error == ErrorCode::kafka_storage_error;
      impl->answered(run, {held->place.partition, held->place.offset},
                     may_pass ? JobAnswer::unavailable : JobAnswer::refused,
                     "topic " + escaped(topic) + " does not take a letter: " + why);
    });
  };
  broker.produce(std::move(request), std::move(told));
}

void Jobs::Impl::arrived(const JobRunPtr& run, const Found& found) {
  auto told = [self = shared_from_this(), run, letter = found.place](const Result<std::size_t>& changed) {
    self->post([impl = self.get(), run, letter, is_done = changed.has_value()] {
      // It is there, whatever its state says; if that could not be written, it comes there once more.
      impl->answered(run, {letter.partition, letter.offset}, is_done ? JobAnswer::resolved : JobAnswer::unavailable,
                     {});
    });
  };
  letters.resolve({found}, std::move(told));
}

}  // namespace millrace::redrive
