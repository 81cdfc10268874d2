#include "state_log.hpp"

#include <spdlog/logger.h>

#include <future>

#include "millrace/record/builder.hpp"
#include "millrace/record/record.hpp"

namespace millrace::redrive {

namespace {

const std::string letters_topic = "__millrace_letters";
constexpr std::size_t state_batch_bytes = limits::MiB;

/// The one thread that changes states waits for one flush at a time.
class FlushWait final : public runtime::AppendWait {
 public:
  void settled(std::size_t, ErrorCode error) override { promise_.set_value(error); }
  [[nodiscard]] ErrorCode get() { return promise_.get_future().get(); }

 private:
  std::promise<ErrorCode> promise_;
};

}  // namespace

Result<void> StateLog::open(spdlog::logger& diagnostics) {
  const auto topic = broker_.ensure_internal_topic(letters_topic, 1);
  if (!topic) return failure_of(topic);
  log_ = (*topic)->partitions.front();
  return replay(diagnostics);
}

Result<void> StateLog::replay(spdlog::logger& diagnostics) {
  std::size_t not_understood = 0;
  std::string why;
  const auto step_over = [&](const Error& error) {
    ++not_understood;
    why = error.message;
  };
  const auto walked = log_->with([&](broker::Partition& partition) {
    return partition.log().walk(partition.start(), [&](const record::BatchHeader& header, ByteView batch) {
      if (header.is_control()) return true;
      const auto records = record::read_records(batch);
      if (!records) {
        step_over(records.error());
        return true;
      }
      for (const auto& each : *records) {
        const auto key = each.key ? ByteView(*each.key) : ByteView();
        const auto value = each.value ? std::optional<ByteView>(*each.value) : std::nullopt;
        if (const auto record = decode(key, value)) {
          put(*record);
        } else {
          step_over(record.error());
        }
      }
      return true;
    });
  });
  if (!walked) return Failure(walked.error().within(log_->directory()));
  if (not_understood > 0) {
    diagnostics.warn("records of letters stepped over log={} count={} last=\"{}\"", log_->directory(), not_understood,
                     why);
  }
  return {};
}

void StateLog::put(const StateRecord& record) {
  states_.with([&](auto& all) {
    LetterStates& held = all[record.of];
    if (record.states) {
      held.put(*record.states);
    } else {
      held.forget(record.page);
    }
    if (held.empty()) all.erase(record.of);
  });
}

LetterState StateLog::of(const LettersOf& where, Offset letter) const {
  return states_.with([&](const auto& all) {
    const auto found = all.find(where);
    return found == all.end() ? LetterState::open : found->second.of(letter);
  });
}

StateCounts StateLog::counts(const LettersOf& where, Offset start) const {
  return states_.with([&](const auto& all) {
    const auto found = all.find(where);
    return found == all.end() ? StateCounts{} : found->second.counts(start);
  });
}

std::optional<Offset> StateLog::first_open(const LettersOf& where, Offset start, Offset end) const {
  return states_.with([&](const auto& all) -> std::optional<Offset> {
    const auto found = all.find(where);
    if (found != all.end()) return found->second.first_open(start, end);
    return start < end ? std::optional(start) : std::nullopt;
  });
}

LetterStates StateLog::states(const LettersOf& where) const {
  return states_.with([&](const auto& all) {
    const auto found = all.find(where);
    return found == all.end() ? LetterStates() : found->second;
  });
}

std::vector<StateLog::Letter> StateLog::in(LetterState state) const {
  return states_.with([&](const auto& all) {
    std::vector<Letter> found;
    for (const auto& [where, states] : all)
      for (const Offset offset : states.in(state)) found.push_back({where, offset});
    return found;
  });
}

Result<std::vector<StateLog::Letter>> StateLog::change(const std::vector<Letter>& letters, LetterState from,
                                                       LetterState to) {
  std::map<LettersOf, std::vector<Offset>> by_partition;
  for (const Letter& letter : letters) by_partition[letter.where].push_back(letter.offset);
  std::vector<Letter> changed;
  std::vector<StateRecord> records;
  for (const auto& [where, offsets] : by_partition) {
    const auto change = states(where).decide(offsets, from, to);
    for (const Offset offset : change.changed) changed.push_back({where, offset});
    for (const StatePage& page : change.pages) records.push_back({where, page.page, page});
  }
  if (auto appended = append(records); !appended) return failure_of(appended);
  return changed;
}

void StateLog::sweep() {
  const auto topology = broker_.topology();
  std::vector<StateRecord> records;
  states_.with([&](const auto& all) {
    for (const auto& [where, states] : all) {
      const auto topic = topology->find(where.topic);
      const auto partition = topic ? topic->find(where.partition) : nullptr;
      const auto gone = partition ? states.pages_below(partition->with([](broker::Partition& p) { return p.start(); }))
                                  : states.pages();
      for (const std::int64_t page : gone) records.push_back({where, page, std::nullopt});
    }
  });
  // What cannot be written now is looked at again.
  (void)append(records);
}

Result<void> StateLog::append(const std::vector<StateRecord>& records) {
  if (records.empty()) return {};
  const Now now = broker_.now();
  record::BatchBuilder builder;
  Offset end;
  for (const StateRecord& each : records) {
    const auto bytes = encode(each);
    const auto value = bytes.value ? std::optional<ByteView>(*bytes.value) : std::nullopt;
    builder.add({.timestamp = now.wall, .key = ByteView(bytes.key), .value = value, .headers = {}});
    if (&each != &records.back() && builder.uncompressed_bytes() < state_batch_bytes) continue;
    Bytes batch = builder.finish();
    broker::AppendAnswer answer;
    (void)log_->append(batch, record::read_header(batch), now, nullptr, 0, answer);
    if (answer.error != ErrorCode::none) {
      return failure(Errc::io, log_->directory() + " cannot be written: " + std::string(name_of(answer.error)) + " " +
                                   answer.message);
    }
    end = answer.next;
  }
  const auto wait = std::make_shared<FlushWait>();
  const auto error = log_->wait_for_flush(end, wait, 0) ? wait->get() : ErrorCode::none;
  const bool is_durable = log_->with([&](broker::Partition& partition) { return partition.durable_end() >= end; });
  if (error != ErrorCode::none || !is_durable) return failure(Errc::io, log_->directory() + " cannot be flushed");
  for (const StateRecord& each : records) put(each);
  return {};
}

}  // namespace millrace::redrive
