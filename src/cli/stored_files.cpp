// The small files beside the batches, each as docs/formats says.

#include <array>
#include <functional>

#include "millrace/core/crc32c.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/log/checkpoint.hpp"
#include "millrace/log/segment_format.hpp"
#include "stored_log.hpp"
#include "times.hpp"

namespace millrace::cli {

namespace {

Json when(Timestamp ms) { return ms < 0 ? Json() : Json(time_text(ms)); }

template <class T>
T number(ByteView bytes, std::size_t at) {
  return load_be<T>(bytes.data() + at);
}

/// Entries of one size, each made a line by `entry`; what is left over is damage.
Result<void> show_entries(ByteView bytes, std::size_t size, const std::function<Json(ByteView)>& entry,
                          const Shown& show) {
  for (std::size_t at = 0; at + size <= bytes.size(); at += size) {
    Json line{{"at", at}};
    line.update(entry(bytes.subspan(at, size)));
    if (!show(line)) return {};
  }
  if (bytes.size() % size == 0) return {};
  return failure(Errc::corrupt, "position " + std::to_string(bytes.size() / size * size) + ": " +
                                    std::to_string(bytes.size() % size) + " bytes are left over, an entry has " +
                                    std::to_string(size));
}

Result<void> show_seal(ByteView bytes, const Shown& show) {
  constexpr std::size_t seal_bytes = 64;
  if (bytes.size() != seal_bytes || as_text(bytes.first(8)) != "MRSEAL01") {
    return failure(Errc::corrupt, "position 0: is no seal of 64 bytes");
  }
  show({{"base_offset", number<std::int64_t>(bytes, 8)},
        {"next_offset", number<std::int64_t>(bytes, 16)},
        {"bytes", number<std::uint64_t>(bytes, 24)},
        {"max_timestamp", when(number<std::int64_t>(bytes, 32))},
        {"max_timestamp_offset", number<std::int64_t>(bytes, 40)},
        {"index_crc", number<std::uint32_t>(bytes, 48)},
        {"time_index_crc", number<std::uint32_t>(bytes, 52)},
        {"txn_index_crc", number<std::uint32_t>(bytes, 56)}});
  if (crc32c(bytes.first(60)) == number<std::uint32_t>(bytes, 60)) return {};
  return failure(Errc::corrupt, "position 60: the seal does not match its CRC");
}

/// docs/formats/atomic_file.md
Result<ByteView> content_of(ByteView bytes) {
  constexpr std::size_t head = 20;
  if (bytes.size() < head || as_text(bytes.first(8)) != "MRATOMIC") {
    return failure(Errc::corrupt, "position 0: does not begin with MRATOMIC");
  }
  const auto content = bytes.subspan(head);
  if (number<std::uint64_t>(bytes, 8) != content.size()) {
    return failure(Errc::corrupt, "position 8: a content of " + std::to_string(number<std::uint64_t>(bytes, 8)) +
                                      " bytes, where there are " + std::to_string(content.size()));
  }
  if (crc32c(content, crc32c(bytes.subspan(8, 8))) != number<std::uint32_t>(bytes, 16)) {
    return failure(Errc::corrupt, "position 16: the content does not match its CRC");
  }
  return content;
}

Result<void> show_checkpoint(ByteView content, const Shown& show) {
  const auto checkpoints = log::decode_checkpoints(content);
  if (!checkpoints) return failure_of(checkpoints);
  for (const auto& [directory, known] : *checkpoints) {
    const bool goes_on = show({{"directory", directory},
                               {"start", known.start.value()},
                               {"durable_end", known.durable_end.value()},
                               {"segment_base", known.segment_base.value()},
                               {"segment_position", known.segment_position}});
    if (!goes_on) return {};
  }
  return {};
}

Result<void> show_compacted(ByteView content, const Shown& show) {
  if (content.size() != 16) return failure(Errc::corrupt, "position 20: is no mark of 16 bytes");
  show({{"next_offset", number<std::int64_t>(content, 0)}, {"horizon", when(number<std::int64_t>(content, 8))}});
  return {};
}

/// docs/formats/producer_snapshot.md
class Snapshot {
 public:
  Snapshot(ByteView content, const Shown& show) : rest_(content), show_(show) {}

  Result<void> run() {
    if (!has(18) || as_text(rest_.first(4)) != "MRPS") return failure(Errc::corrupt, "position 20: is no snapshot");
    rest_ = rest_.subspan(4);
    Json head{{"version", take<std::int16_t>()}, {"at", take<std::int64_t>()}};
    const auto count = take<std::uint32_t>();
    head["producers"] = count;
    show_(head);
    for (std::uint32_t i = 0; i < count; ++i) {
      if (!producer()) return failure(Errc::corrupt, "producer " + std::to_string(i) + ": the content ends early");
    }
    return rest_.empty() ? Result<void>() : failure(Errc::corrupt, "bytes are left over behind the last producer");
  }

 private:
  [[nodiscard]] bool has(std::size_t bytes) const { return rest_.size() >= bytes; }
  template <class T>
  T take() {
    const auto value = load_be<T>(rest_.data());
    rest_ = rest_.subspan(sizeof(T));
    return value;
  }
  bool producer() {
    constexpr std::size_t head_bytes = 31, batch_bytes = 24;
    if (!has(head_bytes)) return false;
    Json line{{"producer_id", take<std::int64_t>()}, {"producer_epoch", take<std::int16_t>()}};
    line["coordinator_epoch"] = take<std::int32_t>();
    line["transaction_start"] = take<std::int64_t>();
    line["last_timestamp"] = when(take<std::int64_t>());
    const auto batches = take<std::uint8_t>();
    if (!has(batches * batch_bytes)) return false;
    for (int i = 0; i < batches; ++i) {
      const auto first = take<std::int32_t>(), last = take<std::int32_t>();
      line["batch_" + std::to_string(i)] =
          std::to_string(first) + "-" + std::to_string(last) + "@" + std::to_string(take<std::int64_t>());
      take<std::int64_t>();
    }
    show_(line);
    return true;
  }

  ByteView rest_;
  const Shown& show_;
};

/// docs/formats/events_snapshot.md. The key is not shown: whoever has it can make events that are taken for others.
Result<void> show_events(ByteView content, const Shown& show) {
  constexpr std::size_t head_bytes = 34, event_bytes = 28;
  if (content.size() < head_bytes || as_text(content.first(4)) != "MRES") {
    return failure(Errc::corrupt, "position 20: is no snapshot of events");
  }
  const auto count = number<std::uint32_t>(content, 30);
  const bool goes_on = show(
      {{"version", number<std::int16_t>(content, 4)}, {"at", number<std::int64_t>(content, 6)}, {"events", count}});
  if (!goes_on) return {};
  const auto events = content.subspan(head_bytes);
  const auto event = [](ByteView entry) -> Json {
    return {{"offset", number<std::int64_t>(entry, 16)}, {"age_ms", number<std::uint32_t>(entry, 24)}};
  };
  if (auto shown = show_entries(events, event_bytes, event, show); !shown) return shown;
  if (events.size() == std::size_t{count} * event_bytes) return {};
  return failure(Errc::corrupt, "position 50: " + std::to_string(count) + " events are announced, and there are " +
                                    std::to_string(events.size() / event_bytes));
}

Json offset_entry(ByteView entry, std::int64_t base) {
  return {{"last_offset", base + number<std::int32_t>(entry, 0)}, {"position", number<std::int32_t>(entry, 4)}};
}

Json time_entry(ByteView entry, std::int64_t base) {
  return {{"timestamp", when(number<std::int64_t>(entry, 0))}, {"last_offset", base + number<std::int32_t>(entry, 8)}};
}

Json transaction_entry(ByteView entry) {
  return {{"version", number<std::int16_t>(entry, 0)},
          {"producer_id", number<std::int64_t>(entry, 2)},
          {"first_offset", number<std::int64_t>(entry, 10)},
          {"last_offset", number<std::int64_t>(entry, 18)},
          {"last_stable_offset", number<std::int64_t>(entry, 26)}};
}

Json epoch_entry(ByteView entry) {
  return {{"epoch", number<std::int32_t>(entry, 0)},
          {"first_offset", number<std::int64_t>(entry, 4)},
          {"crc", crc32c(entry.first(12)) == number<std::uint32_t>(entry, 12) ? "right" : "wrong"}};
}

/// "checkpoint.old" is a checkpoint, too.
std::string_view plain_name(std::string_view name) {
  return name.ends_with(".old") ? name.substr(0, name.size() - 4) : name;
}

using ShowContent = Result<void> (*)(ByteView content, const Shown& show);

ShowContent atomic_form(std::string_view name) {
  const auto plain = plain_name(name);
  if (plain == "checkpoint") return show_checkpoint;
  if (plain == log::compacted_prefix) return show_compacted;
  if (plain == log::events_prefix) return show_events;
  if (plain == log::producers_prefix) {
    return [](ByteView content, const Shown& show) { return Snapshot(content, show).run(); };
  }
  return nullptr;
}

}  // namespace

bool is_known_small_file(std::string_view name) {
  const auto segment = log::parse_file_name(name);
  return (segment && segment->kind != log::FileKind::log) || name == log::epochs_name || atomic_form(name) != nullptr;
}

Result<void> show_small_file(std::string_view name, ByteView bytes, const Shown& show) {
  if (const auto form = atomic_form(name)) {
    const auto content = content_of(bytes);
    return content ? form(*content, show) : failure_of(content);
  }
  if (name == log::epochs_name) return show_entries(bytes, log::epoch_entry_bytes, epoch_entry, show);
  const auto segment = log::parse_file_name(name);
  const auto base = segment ? segment->base.value() : 0;
  switch (segment ? segment->kind : log::FileKind::log) {
    case log::FileKind::index:
      return show_entries(bytes, log::offset_entry_bytes, [base](ByteView e) { return offset_entry(e, base); }, show);
    case log::FileKind::time_index:
      return show_entries(bytes, log::time_entry_bytes, [base](ByteView e) { return time_entry(e, base); }, show);
    case log::FileKind::txn_index: return show_entries(bytes, log::txn_entry_bytes, transaction_entry, show);
    case log::FileKind::seal: return show_seal(bytes, show);
    default: return failure(Errc::unsupported, "there is no form for a file of that name");
  }
}

}  // namespace millrace::cli
