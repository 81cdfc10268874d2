#include "letter_writer.hpp"

#include <algorithm>
#include <future>

#include "dead_letter_topics.hpp"
#include "millrace/cloudevents/kafka.hpp"

namespace millrace::redrive {

namespace {

constexpr std::size_t round_bytes = 4 * limits::MiB;  ///< of letters in memory at once
constexpr std::size_t record_overhead = 64;           ///< lengths, deltas and attributes
constexpr std::size_t header_overhead = 10;
constexpr std::size_t shortened_message_bytes = 64;
constexpr std::string_view gone = "the record was gone from its topic before its letter was written";

/// At most what it takes in a batch.
std::size_t bytes_of(const deadletter::Record& record) {
  std::size_t bytes = record_overhead;
  if (record.key) bytes += record.key->size();
  if (record.value) bytes += record.value->size();
  for (const auto& [key, value] : record.headers)
    bytes += header_overhead + key.size() + (value ? value->size() : std::size_t{0});
  return bytes;
}

void add_to(record::BatchBuilder& builder, const deadletter::Record& record) {
  const auto headers = deadletter::headers_of(record);
  builder.add(deadletter::view_of(record, headers));
}

Bytes batch_of_one(const deadletter::Record& record, record::Codec codec) {
  record::BatchBuilder builder(codec);
  add_to(builder, record);
  return builder.finish();
}

void remake(const deadletter::Letter& letter, const deadletter::Record& original, const Target& target,
            deadletter::Record& into) {
  const auto headers = deadletter::headers_of(original);
  into = deadletter::to_record(letter, deadletter::view_of(original, headers), target.compat, target.bounds);
}

/// Whether runtime::Notices has written it, whoever may have copied it since, in whatever mode.
bool is_notice(const deadletter::Record& record, const std::string& cluster) {
  const auto has = [&](const std::optional<Bytes>& text) {
    return text && as_text(*text).find(cluster) != std::string_view::npos;
  };
  const bool may_be =
      has(record.value) || std::ranges::any_of(record.headers, [&](const auto& header) { return has(header.second); });
  if (!may_be) return false;
  const auto headers = deadletter::headers_of(record);
  const auto event = cloudevents::from_record(
      headers, record.value ? std::optional<ByteView>(*record.value) : std::nullopt, cloudevents::Unmarked::recognised);
  return event && event->text("source") == "/millrace/" + cluster;
}

std::size_t most_of(const runtime::HostedTopic& topic) {
  return static_cast<std::size_t>(std::max(topic.settings.rules.batch_bytes_max, 0));
}

std::string place_text(const std::string& topic, PartitionIndex partition) {
  return topic + "-" + std::to_string(partition);
}

}  // namespace

std::vector<Result<Written>> LetterWriter::write(const std::vector<ToWrite>& letters) {
  Results results(letters.size(), failure(Errc::io, "the letter was not written"));
  Round round;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    To to;
    auto prepared = prepare(letters[i], to, results[i]);
    if (!prepared) continue;
    prepared->which = i;
    bytes += prepared->bytes;
    To& all = round[{to.topic->topic->name, to.partition}];
    all.topic = std::move(to.topic);
    all.partition = to.partition;
    all.letters.push_back(*std::move(prepared));
    if (bytes < round_bytes) continue;
    store(std::exchange(round, {}), results);
    bytes = 0;
  }
  store(std::move(round), results);
  return results;
}

std::optional<LetterWriter::Prepared> LetterWriter::prepare(const ToWrite& what, To& to, Result<Written>& result) {
  const auto refuse = [&](const Error& error) {
    result = Failure(error);
    return std::nullopt;
  };
  const auto source = broker_.topology()->find(what.home.topic);
  const auto partition = source ? source->find(what.home.partition) : nullptr;
  if (!partition) return refuse({Errc::not_found, "the topic of the event is gone"});
  const auto& topic = source->topic->name;
  const auto name = dead_letter_topic_of(what.home.subscription, topic, what.target);
  if (!name) return refuse(name.error());
  auto target = ensure(broker_, *name, *source);
  if (!target) return refuse(target.error());
  to.topic = *std::move(target);
  to.partition = what.home.partition % static_cast<PartitionIndex>(to.topic->partitions.size());

  Prepared out;
  out.source = {what.home.topic, what.home.partition};
  out.letter = deadletter::letter_of(what.dead, {.group = what.home.subscription,
                                                 .topic = topic,
                                                 .partition = what.home.partition,
                                                 .destination = what.target.destination});
  out.target = &what.target;
  out.letter.is_link = what.target.links;
  auto& log = *to.topic->find(to.partition);
  if (what.dead.may_be_there) {
    // Another topic than before may have fewer letters.
    const bool is_behind = what.dead.look_behind < extent_of(log).end;
    const Offset from = is_behind ? what.dead.look_behind + 1 : Offset(0);
    const auto there = find_letter(broker_, log, from, deadletter::id_of(out.letter.name));
    if (!there) return refuse(there.error());
    if (*there) {
      result = Written{{to.topic->topic->name, to.partition, **there}, to.topic->topic->id, true};
      if (what.target.links)
        linking_.written({out.source, what.dead.offset, {to.topic->topic->id, to.partition}, **there});
      return std::nullopt;
    }
  }
  if (what.target.links) linking_.begins(out.source, what.dead.offset);
  auto original = original_of(what, *partition, out.letter);
  if (!original) return refuse(original.error());
  out.original = *std::move(original);
  remake(out.letter, out.original, what.target, out.record);
  out.bytes = bytes_of(out.record);
  return out;
}

Result<deadletter::Record> LetterWriter::original_of(const ToWrite& what, runtime::HostedPartition& source,
                                                     deadletter::Letter& letter) const {
  auto stored = read_record(broker_, source, what.dead.offset);
  if (!stored) return failure_of(stored);
  // What was delivered is what died, and an edited event was delivered from its letter.
  auto older = what.dead.life > 0 ? redriving_(what.home, what.dead.offset) : std::nullopt;
  if (older) letter.edited_at = older->letter.edited_at;
  if (*stored && letter.edited_at == no_timestamp) return **std::move(stored);
  // There is nothing that a link could point to.
  letter.is_link = false;
  if (older && !older->letter.is_link) return std::move(older->original);
  letter.message = letter.message.empty() ? std::string(gone) : std::string(gone) + "; " + letter.message;
  deadletter::Record nothing;
  nothing.timestamp = letter.died_at;
  return nothing;
}

void LetterWriter::store(Round round, Results& results) {
  std::vector<Batch> batches;
  for (auto& [where, to] : round)
    for (auto& batch : batches_of(to, results)) batches.push_back(std::move(batch));
  produce(std::move(batches), broker_.now().wall, results);
}

std::vector<LetterWriter::Batch> LetterWriter::batches_of(To& to, Results& results) {
  const std::size_t most = most_of(*to.topic);
  std::vector<Batch> batches;
  record::BatchBuilder builder;
  std::vector<const Prepared*> together;
  const auto finish = [&] {
    if (together.empty()) return;
    batches.push_back({&to, std::exchange(together, {}), builder.finish()});
  };
  for (Prepared& letter : to.letters) {
    if (record::header_bytes + letter.bytes > most) {
      auto bytes = alone(letter, to);
      if (!bytes) {
        results[letter.which] = failure_of(bytes);
        continue;
      }
      finish();
      batches.push_back({&to, {&letter}, *std::move(bytes)});
      continue;
    }
    if (record::header_bytes + builder.uncompressed_bytes() + letter.bytes > most) finish();
    add_to(builder, letter.record);
    together.push_back(&letter);
  }
  finish();
  return batches;
}

/// As it is; with marks that are shorter; compressed.
Result<Bytes> LetterWriter::alone(Prepared& letter, const To& to) {
  const std::size_t most = most_of(*to.topic);
  auto bytes = batch_of_one(letter.record, record::Codec::none);
  if (bytes.size() <= most) return bytes;
  auto compressed = batch_of_one(letter.record, record::Codec::zstd);
  if (compressed.size() <= most) return compressed;
  auto& message = letter.letter.message;
  std::size_t kept = std::min(message.size(), shortened_message_bytes);
  while (kept > 0 && kept < message.size() && (static_cast<unsigned char>(message[kept]) & 0xC0U) == 0x80U) --kept;
  message.resize(kept);
  letter.letter.history = {};
  letter.letter.destination.clear();
  remake(letter.letter, letter.original, *letter.target, letter.record);
  bytes = batch_of_one(letter.record, record::Codec::none);
  if (bytes.size() <= most) return bytes;
  compressed = batch_of_one(letter.record, record::Codec::zstd);
  if (compressed.size() <= most) return compressed;
  return failure(Errc::too_large, "letter " + deadletter::id_of(letter.letter.name) + " has " +
                                      std::to_string(compressed.size()) + " bytes, and max.message.bytes of " +
                                      to.topic->topic->name + " is " + std::to_string(most));
}

Result<Bytes> LetterWriter::batch_of(deadletter::Letter letter, deadletter::Record original, const Target& target,
                                     runtime::HostedTopicPtr topic) {
  Prepared prepared{.source = {}, .letter = std::move(letter), .original = std::move(original), .target = &target};
  remake(prepared.letter, prepared.original, target, prepared.record);
  const To to{.topic = std::move(topic)};
  return alone(prepared, to);
}

Result<Offset> LetterWriter::append(const runtime::HostedTopic& topic, PartitionIndex partition, Bytes batch) {
  runtime::ProduceRequest request;
  request.parts.push_back({.topic = {.name = {}, .id = topic.topic->id}, .partition = partition, .records = batch});
  const auto promise = std::make_shared<std::promise<std::vector<runtime::ProducePartAnswer>>>();
  broker_.produce(std::move(request), [promise](auto answers) { promise->set_value(std::move(answers)); });
  const auto answer = promise->get_future().get().front().append;
  if (answer.error == ErrorCode::none) return answer.base_offset;
  return failure(Errc::io, place_text(topic.topic->name, partition) +
                               " does not take a letter: " + std::string(name_of(answer.error)) + " " + answer.message);
}

void LetterWriter::produce(std::vector<Batch> batches, Timestamp began, Results& results) {
  if (batches.empty()) return;
  runtime::ProduceRequest request;
  for (Batch& batch : batches) {
    request.parts.push_back({.topic = {.name = {}, .id = batch.to->topic->topic->id},
                             .partition = batch.to->partition,
                             .records = batch.bytes});
  }
  const auto promise = std::make_shared<std::promise<std::vector<runtime::ProducePartAnswer>>>();
  broker_.produce(std::move(request), [promise](auto answers) { promise->set_value(std::move(answers)); });
  const auto answers = promise->get_future().get();
  std::vector<Batch> again;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const auto& answer = answers[i].append;
    const Batch& batch = batches[i];
    const auto& topic = *batch.to->topic->topic;
    for (std::size_t n = 0; n < batch.letters.size(); ++n) {
      auto& result = results[batch.letters[n]->which];
      if (answer.error == ErrorCode::none) {
        const Offset offset = answer.base_offset + static_cast<std::int64_t>(n);
        const auto& letter = *batch.letters[n];
        const bool is_of_notice = is_notice(letter.original, broker_.cluster_id());
        result = Written{{topic.name, batch.to->partition, offset}, topic.id, false, is_of_notice};
        if (letter.letter.is_link)
          linking_.written({letter.source, letter.letter.name.offset, {topic.id, batch.to->partition}, offset});
        if (on_written_) on_written_({letter.letter, letter.original, result->place, began});
        continue;
      }
      result = failure(Errc::io, place_text(topic.name, batch.to->partition) + " does not take letter " +
                                     deadletter::id_of(batch.letters[n]->letter.name) + ": " +
                                     std::string(name_of(answer.error)) + " " + answer.message);
      // One that breaks a rule of its topic must not hold up the others.
      if (answer.error == ErrorCode::kafka_storage_error || batch.letters.size() == 1) continue;
      again.push_back({batch.to, {batch.letters[n]}, batch_of_one(batch.letters[n]->record, record::Codec::none)});
    }
  }
  produce(std::move(again), began, results);
}

}  // namespace millrace::redrive
