// How a newer letter takes the place of an open one: its state says that it is being revised, the newer one is written,
// and then it is superseded. So there is one that is open at most, wherever a crash comes: the start looks for the
// newer letter of each that it finds in between.

#include "dead_letter_topics.hpp"
#include "letters_impl.hpp"

namespace millrace::redrive {

namespace {

deadletter::Letter newer_of(const Found& older, const Letters::Revision& revision, Timestamp now) {
  auto letter = older.letter;
  ++letter.name.life;
  if (revision.original) letter.edited_at = now;
  // It has what the older one pointed to.
  if (revision.original || !older.is_source_gone) letter.is_link = false;
  if (!revision.failure) return letter;
  const auto& failure = *revision.failure;
  ++letter.attempts;
  letter.reason = failure.reason;
  letter.code = failure.code;
  letter.message = failure.message;
  letter.died_at = now;
  letter.destination = revision.destination;
  if (letter.first_failure == no_timestamp) letter.first_failure = now;
  deadletter::note(letter.history, {letter.name.group, failure.reason, 1, now, now});
  return letter;
}

deadletter::Record original_in(const Found& older, const Letters::Revision& revision) {
  if (!revision.original) return older.original;
  auto original = *revision.original;
  original.key = older.original.key;
  original.timestamp = older.original.timestamp;
  return original;
}

}  // namespace

Result<Found> Letters::Impl::revise(Found letter, const Revision& revision) {
  if (letter.family != deadletter::Family::millrace)
    return failure(Errc::unsupported, "letter " + letter.id + " was written by somebody else and is left as it is");
  const auto topic = broker.topology()->find(letter.place.topic);
  if (!topic) return failure(Errc::not_found, "topic '" + letter.place.topic + "' is gone");
  if (auto checked = check_existing(*topic); !checked) return failure_of(checked);
  const Revising revising{{{topic->topic->id, letter.place.partition}, letter.place.offset}, {}};
  const auto state = states.of(revising.older.where, revising.older.offset);
  if (state != LetterState::open)
    return failure(Errc::exists, "letter " + letter.id + " is " + std::string(name_of(state)) + " and not open");

  Found newer;
  newer.place = letter.place;
  newer.letter = newer_of(letter, revision, broker.now().wall);
  newer.original = original_in(letter, revision);
  newer.id = deadletter::id_of(newer.letter.name);
  const auto target = target_of(newer.letter.name.group);
  auto batch = LetterWriter::batch_of(newer.letter, newer.original, target, topic);
  if (!batch) return failure_of(batch);

  const std::vector<StateLog::Letter> older{revising.older};
  const auto marked = states.change(older, LetterState::open, LetterState::revising);
  if (!marked) return failure_of(marked);
  const auto at = writer.append(*topic, newer.place.partition, *std::move(batch));
  if (!at) {
    // It may be there nevertheless, or may come to be there.
    Revising unsure{revising.older, newer.id};
    if (!conclude_revision(unsure)) unconcluded.push_back(std::move(unsure));
    return failure_of(at);
  }
  newer.place.offset = *at;
  if (revision.original) note_edited(letter.id, newer);
  if (auto done = states.change(older, LetterState::revising, LetterState::superseded); !done) {
    diagnostics->error("states of letters not written why=\"{}\"", done.error().message);
    unconcluded.push_back({revising.older, newer.id});
  }
  forget_settled_links();
  return newer;
}

void Letters::Impl::recover_revisions() {
  const auto topology = broker.topology();
  for (const auto& older : states.in(LetterState::revising)) {
    const auto topic = topology->find(older.where.topic);
    const auto partition = topic ? topic->find(older.where.partition) : nullptr;
    if (!partition) continue;
    const auto record = read_record(broker, *partition, older.offset);
    if (!record || !*record) continue;
    const auto headers = deadletter::headers_of(**record);
    auto read = deadletter::read_letter(deadletter::view_of(**record, headers));
    if (!read) continue;
    ++read->letter.name.life;
    Revising revising{older, deadletter::id_of(read->letter.name)};
    if (!conclude_revision(revising)) unconcluded.push_back(std::move(revising));
  }
}

bool Letters::Impl::conclude_revision(const Revising& revision) {
  const auto& [older, newer] = revision;
  const auto topic = broker.topology()->find(older.where.topic);
  const auto partition = topic ? topic->find(older.where.partition) : nullptr;
  if (!partition) return true;
  // What is not flushed yet cannot be read, but may come to be there.
  const bool may_come = partition->with([](broker::Partition& p) { return p.high_watermark() < p.end(); });
  const auto found = find_letter(broker, *partition, older.offset + 1, newer);
  if (!found || (!*found && may_come)) return false;
  return states.change({older}, LetterState::revising, *found ? LetterState::superseded : LetterState::open)
      .has_value();
}

}  // namespace millrace::redrive
