#include "millrace/log/inspect.hpp"

#include <algorithm>
#include <array>

#include "epochs.hpp"
#include "index_check.hpp"
#include "millrace/core/crc32c.hpp"
#include "millrace/disk/atomic_file.hpp"
#include "millrace/log/segment_format.hpp"
#include "scan.hpp"
#include "seal.hpp"
#include "small_file.hpp"

namespace millrace::log {

namespace {

constexpr std::size_t read_step = std::size_t{256} << 10;

std::string number(std::int64_t value) { return std::to_string(value); }

/// Beside segments and what belongs to them.
bool is_expected(const disk::Entry& entry) {
  const std::string_view name = entry.name;
  const auto ends = [name](std::string_view suffix) { return name.ends_with(suffix); };
  if (entry.is_directory) return false;
  if (parse_file_name(name) || name == epochs_name || name.starts_with(torn_prefix)) return true;
  if (ends(deleted_suffix) || ends(temporary_suffix) || ends(cleaned_suffix) || parse_swap_name(name)) return true;
  return name.starts_with(compacted_prefix) || name.starts_with(producers_prefix) || name.starts_with(events_prefix) ||
         name.starts_with(topic_file_prefix);
}

class Inspector {
 public:
  Inspector(disk::Disk& disk, const std::string& directory, const std::optional<Checkpoint>& known,
            const std::function<void(std::uint64_t)>& seen)
      : disk_(disk), directory_(directory), known_(known), seen_(seen) {}

  Result<Inspection> run() {
    if (auto listed = list(); !listed) return failure_of(listed);
    if (auto read = read_epochs(); !read) return failure_of(read);
    for (const auto name : {producers_prefix, events_prefix, compacted_prefix}) judge_atomic(std::string(name));
    for (std::size_t i = 0; i < bases_.size(); ++i) {
      const auto next = i + 1 < bases_.size() ? std::optional(bases_[i + 1]) : std::nullopt;
      if (auto judged = judge_segment(bases_[i], next); !judged) return failure_of(judged);
    }
    return std::move(result_);
  }

 private:
  /// A segment while it is judged.
  struct Segment {
    Offset base;
    std::optional<Offset> next;
    std::uint64_t size = 0;      ///< of its file
    std::uint64_t position = 0;  ///< where it stands, and at last where the batches end
    Offset expected;
    bool is_cut = false;  ///< damage behind which nothing could be read
  };

  [[nodiscard]] std::string path(const std::string& name) const { return directory_ + "/" + name; }
  void fault(const std::string& name, std::uint64_t position, std::string what) {
    result_.faults.push_back({path(name), position, std::move(what)});
  }

  Result<void> list() {
    const auto entries = disk_.list(directory_);
    if (!entries) return failure_of(entries);
    for (const auto& entry : *entries) {
      const auto file = parse_file_name(entry.name);
      if (file && file->kind == FileKind::log && !entry.is_directory) bases_.push_back(file->base);
      if (parse_swap_name(entry.name)) fault(entry.name, 0, "compaction was interrupted; the next start finishes it");
      if (!is_expected(entry)) fault(entry.name, 0, "is nothing that belongs to a partition");
    }
    std::ranges::sort(bases_);
    result_.segments = bases_.size();
    if (bases_.empty()) fault("", 0, "holds no segment");
    return {};
  }

  Result<void> read_epochs() {
    const auto bytes = read_small_file(disk_, path(std::string(epochs_name)));
    if (!bytes) return bytes.error().code == Errc::not_found ? Result<void>() : failure_of(bytes);
    auto decoded = Epochs::decode(*bytes);
    epochs_ = std::move(decoded.epochs);
    const auto whole = epochs_.entries().size() * epoch_entry_bytes;
    if (!decoded.whole) fault(std::string(epochs_name), whole, "the entry is torn or does not match its CRC");
    return {};
  }

  void judge_atomic(const std::string& name) {
    const auto newest = disk_.exists(path(name));
    const auto read = disk::read_atomic(disk_, path(name));
    if (!read && read.error().code != Errc::not_found) fault(name, 0, read.error().message);
    if (read && read->used_older && newest && *newest) fault(name, 0, "is damaged; its older generation is whole");
  }

  /// Its bytes; none when there is no such file.
  Bytes small_file(Offset base, FileKind kind, bool& is_there) {
    auto bytes = read_small_file(disk_, path(file_name(base, kind)));
    is_there = bytes.has_value();
    return bytes ? std::move(*bytes) : Bytes();
  }

  Result<void> judge_segment(Offset base, std::optional<Offset> next) {
    const auto name = file_name(base, FileKind::log);
    const auto file = disk_.open(path(name), disk::Open::read);
    if (!file) return failure_of(file);
    const auto size = (*file)->size();
    if (!size) return failure_of(size);
    Segment segment{.base = base, .next = next, .size = *size, .position = 0, .expected = base};
    bool is_there = false;
    OffsetIndexCheck offsets(small_file(base, FileKind::index, is_there), base);
    TimeIndexCheck times(small_file(base, FileKind::time_index, is_there), base);
    if (auto walked = walk(**file, segment, offsets, times); !walked) return walked;
    if (const auto& wrong = offsets.wrong()) fault(file_name(base, FileKind::index), wrong->position, wrong->what);
    if (const auto& wrong = times.wrong()) fault(file_name(base, FileKind::time_index), wrong->position, wrong->what);
    result_.next = segment.expected;
    if (segment.is_cut) return {};
    judge_end(segment);
    judge_aborted(segment);
    judge_seal(segment);
    return {};
  }

  Result<void> walk(const disk::File& file, Segment& segment, OffsetIndexCheck& offsets, TimeIndexCheck& times) {
    const auto name = file_name(segment.base, FileKind::log);
    Window window(file, segment.size, read_step);
    while (segment.position < segment.size) {
      auto judged = judge(window, segment.position, segment.expected, epochs_);
      if (!judged) return failure_of(judged);
      if (judged->batch && segment.next && judged->batch->next_offset() > *segment.next) {
        judged->reason = "reaches into the next segment";
        judged->batch.reset();
      }
      if (judged->batch) {
        accept(*judged->batch, segment, offsets, times);
        continue;
      }
      const auto nonzero = end_of_nonzero(window, segment.position, segment.size);
      if (!nonzero) return failure_of(nonzero);
      // Blocks that were reserved and not used yet.
      if (*nonzero == segment.position && !segment.next) break;
      fault(name, segment.position, std::move(judged->reason));
      const auto on = resync(window, segment.position, segment.expected, segment.next, epochs_);
      if (!on) return failure_of(on);
      times.give_up();
      if (!*on) {
        offsets.skip_to(segment.size);
        segment.is_cut = true;
        seen_(segment.size - segment.position);
        return {};
      }
      const auto header = window.at(**on, record::header_bytes);
      if (!header) return failure_of(header);
      seen_(**on - segment.position);
      segment.position = **on;
      segment.expected = record::read_header(*header).base_offset;
      offsets.skip_to(segment.position);
    }
    seen_(segment.size - segment.position);
    offsets.finish(segment.position);
    times.finish();
    return {};
  }

  void accept(const record::BatchHeader& batch, Segment& segment, OffsetIndexCheck& offsets, TimeIndexCheck& times) {
    ++result_.batches;
    result_.records += static_cast<std::uint64_t>(batch.record_count);
    offsets.batch(batch, segment.position);
    times.batch(batch);
    const auto size = static_cast<std::uint64_t>(batch.size());
    segment.position += size;
    segment.expected = batch.next_offset();
    seen_(size);
  }

  void judge_end(const Segment& segment) {
    const auto name = file_name(segment.base, FileKind::log);
    if (segment.next && segment.expected < *segment.next) {
      fault(name, segment.position,
            "ends before offset " + number(segment.expected.value()) + ", the next segment begins at " +
                number(segment.next->value()));
    }
    if (!segment.next && known_ && segment.expected < known_->durable_end) {
      fault(name, segment.position,
            "ends before offset " + number(segment.expected.value()) +
                ", but the checkpoint says that everything below " + number(known_->durable_end.value()) +
                " was flushed");
    }
  }

  void judge_aborted(const Segment& segment) {
    bool is_there = false;
    const auto bytes = small_file(segment.base, FileKind::txn_index, is_there);
    const auto wrong = check_transaction_index(bytes, segment.base, segment.expected);
    if (wrong) fault(file_name(segment.base, FileKind::txn_index), wrong->position, wrong->what);
  }

  /// A seal may be older than the segment; of one that is just as long it must be right.
  void judge_seal(const Segment& segment) {
    const auto name = file_name(segment.base, FileKind::seal);
    bool is_there = false;
    const auto bytes = small_file(segment.base, FileKind::seal, is_there);
    if (!is_there) return;
    const auto seal = Seal::decode(bytes);
    if (!seal) return fault(name, 0, seal.error().message);
    if (seal->base != segment.base) return fault(name, 8, "base is " + number(seal->base.value()));
    if (seal->size > segment.position) {
      return fault(name, 24,
                   "the segment had " + std::to_string(seal->size) + " bytes of batches when it was sealed, now " +
                       std::to_string(segment.position));
    }
    if (seal->size < segment.position) return;
    if (seal->next != segment.expected) {
      return fault(
          name, 16,
          "next is " + number(seal->next.value()) + ", the batches end before " + number(segment.expected.value()));
    }
    const std::array<std::pair<FileKind, std::uint32_t>, 3> sealed{{{FileKind::index, seal->index_crc},
                                                                    {FileKind::time_index, seal->time_index_crc},
                                                                    {FileKind::txn_index, seal->txn_index_crc}}};
    for (const auto& [kind, crc] : sealed) {
      const auto content = small_file(segment.base, kind, is_there);
      if (crc32c(content) != crc) fault(file_name(segment.base, kind), 0, "does not match the CRC in the seal");
    }
  }

  disk::Disk& disk_;
  const std::string& directory_;
  const std::optional<Checkpoint>& known_;
  const std::function<void(std::uint64_t)>& seen_;
  Epochs epochs_;
  std::vector<Offset> bases_;
  Inspection result_;
};

}  // namespace

Result<std::uint64_t> batch_bytes(disk::Disk& disk, const std::string& directory) {
  const auto entries = disk.list(directory);
  if (!entries) return failure_of(entries);
  std::uint64_t bytes = 0;
  for (const auto& entry : *entries) {
    const auto file = parse_file_name(entry.name);
    if (!file || file->kind != FileKind::log) continue;
    const auto size = disk.size_of(directory + "/" + entry.name);
    if (!size) return failure_of(size);
    bytes += *size;
  }
  return bytes;
}

Result<Inspection> inspect(disk::Disk& disk, const std::string& directory, const std::optional<Checkpoint>& known,
                           const std::function<void(std::uint64_t)>& seen) {
  return Inspector(disk, directory, known, seen).run();
}

}  // namespace millrace::log
