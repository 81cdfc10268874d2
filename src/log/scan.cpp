#include "scan.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "millrace/core/crc32c.hpp"
#include "millrace/log/segment_format.hpp"

namespace millrace::log {

namespace {

constexpr std::size_t scan_step = std::size_t{256} << 10;
constexpr std::int64_t relative_max = std::numeric_limits<std::int32_t>::max();

bool all_zero(ByteView bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

/// CRC-32C of [begin, end), a window at a time. Nothing when the file ends before.
Result<std::optional<std::uint32_t>> crc_of(Window& window, std::uint64_t begin, std::uint64_t end) {
  std::uint32_t crc = 0;
  while (begin < end) {
    const auto piece = window.at(begin, static_cast<std::size_t>(std::min<std::uint64_t>(end - begin, window.step())));
    if (!piece) return failure_of(piece);
    if (piece->empty()) return std::nullopt;
    crc = crc32c(*piece, crc);
    begin += piece->size();
  }
  return crc;
}

std::string number(std::int64_t value) { return std::to_string(value); }

/// Everything but the CRC and the expectation of an offset.
std::optional<std::string> fault_of_header(ByteView bytes, std::uint64_t room) {
  if (bytes.size() < record::header_bytes) return number(static_cast<std::int64_t>(bytes.size())) + " bytes are left";
  if (all_zero(bytes.first(record::header_bytes))) return "zeros where a batch should be";
  const auto header = record::read_header(bytes);
  if (header.magic != record::magic_2) return "magic is " + number(header.magic) + ", must be 2";
  if (header.size() < static_cast<std::int64_t>(record::header_bytes)) {
    return "batch_length is " + number(header.batch_length);
  }
  if (static_cast<std::uint64_t>(header.size()) > room) {
    return "batch_length is " + number(header.batch_length) + ", beyond the end of the data";
  }
  if (header.last_offset_delta < 0) return "last_offset_delta is " + number(header.last_offset_delta);
  if (header.base_offset.value() < 0 || header.base_offset > offset_max) {
    return "base_offset is " + number(header.base_offset.value());
  }
  return std::nullopt;
}

/// Is a whole batch with a base offset in (after, below) at `position`?
Result<std::optional<record::BatchHeader>> plausible(Window& window, std::uint64_t position, Offset after,
                                                     std::optional<Offset> below, const Epochs& epochs) {
  const auto bytes = window.at(position, record::header_bytes);
  if (!bytes) return failure_of(bytes);
  if (fault_of_header(*bytes, window.end() - position)) return std::nullopt;
  const auto header = record::read_header(*bytes);
  if (header.base_offset <= after || header.base_offset - after > relative_max) return std::nullopt;
  if (below && header.next_offset() > *below) return std::nullopt;
  auto judged = judge(window, position, header.base_offset, epochs);
  if (!judged) return failure_of(judged);
  return judged->batch;
}

/// One scan; the steps share the place where it stands.
class Scan {
 public:
  Scan(const ScanRequest& request, Epochs& epochs, bool learn)
      : request_(request), epochs_(epochs), learn_(learn), window_(request.file, request.end, scan_step) {
    result_.position = request.begin;
    result_.next = request.expected;
  }

  Result<Scanned> run() {
    while (result_.position < request_.end && !(request_.next && result_.next == *request_.next)) {
      if (learn_) learn();
      auto judged = judge(window_, result_.position, result_.next, epochs_);
      if (!judged) return failure_of(judged);
      if (judged->batch && request_.next && judged->batch->next_offset() > *request_.next) {
        judged->batch.reset();
        judged->reason = "reaches into the next segment";
      }
      if (judged->batch) {
        accept(*judged->batch);
        continue;
      }
      // Behind the flushed mark a torn tail may hold anything, and no more of it than this is kept.
      const bool may_be_torn = result_.next >= request_.durable;
      const auto limit = may_be_torn ? result_.position + torn_bytes_max : request_.end;
      const auto nonzero = end_of_nonzero(window_, result_.position, limit);
      if (!nonzero) return failure_of(nonzero);
      if (*nonzero == result_.position) break;
      const auto on = step_over(std::move(judged->reason), *nonzero);
      if (!on) return failure_of(on);
      if (!*on) return finish();
    }
    return end_of_data();
  }

 private:
  void learn() {
    const auto bytes = window_.at(result_.position, record::header_bytes);
    if (!bytes || bytes->size() < record::header_bytes) return;
    const auto header = record::read_header(*bytes);
    if (header.base_offset != result_.next || header.magic != record::magic_2) return;
    if (header.leader_epoch <= epochs_.latest()) return;
    if (!epochs_.entries().empty() && result_.next < epochs_.entries().back().first) return;
    // Only a batch that is right in everything else may teach us an epoch.
    Epochs with = epochs_;
    with.add(header.leader_epoch, result_.next);
    const auto judged = judge(window_, result_.position, result_.next, with);
    if (judged && judged->batch) epochs_ = std::move(with);
  }

  void accept(const record::BatchHeader& batch) {
    const auto size = static_cast<std::uint64_t>(batch.size());
    result_.has_control = result_.has_control || batch.is_control();
    result_.caches.add(batch, result_.position, request_.base, request_.index_interval_bytes);
    if (result_.runs.empty() || result_.runs.back().end != result_.position) {
      result_.runs.push_back({result_.position, result_.position, batch.base_offset, batch.base_offset});
    }
    result_.position += size;
    result_.next = batch.next_offset();
    result_.runs.back().end = result_.position;
    result_.runs.back().next = result_.next;
  }

  /// True when there is somewhere to go on.
  Result<bool> step_over(std::string reason, std::uint64_t nonzero_end) {
    if (result_.next >= request_.durable) {
      result_.torn = true;
      result_.torn_end = nonzero_end;
      return false;
    }
    const auto on = resync(window_, result_.position, result_.next, request_.next, epochs_);
    if (!on) return failure_of(on);
    if (!*on) {
      hole_to_end(std::move(reason));
      return false;
    }
    const auto bytes = window_.at(**on, record::header_bytes);
    if (!bytes) return failure_of(bytes);
    hole(record::read_header(*bytes).base_offset, std::move(reason));
    result_.position = **on;
    return true;
  }

  Result<Scanned> end_of_data() {
    const bool short_of_next = request_.next && result_.next < *request_.next;
    if (result_.next < request_.durable && (short_of_next || !request_.next)) {
      hole_to_end("the data ends here");
    } else if (short_of_next) {
      result_.torn = true;
      result_.torn_end = result_.position;
    }
    return finish();
  }

  void hole(Offset next, std::string reason) {
    result_.holes.push_back({.first = result_.next,
                             .next = next,
                             .segment = request_.name,
                             .position = result_.position,
                             .reason = std::move(reason)});
    result_.next = next;
  }

  void hole_to_end(std::string reason) {
    hole(request_.next ? *request_.next : request_.durable, std::move(reason));
    result_.ends_in_hole = true;
    result_.position = request_.end;
  }

  Result<Scanned> finish() {
    result_.scanned_bytes = result_.position - request_.begin;
    return std::move(result_);
  }

  const ScanRequest& request_;
  Epochs& epochs_;
  bool learn_;
  Window window_;
  Scanned result_;
};

}  // namespace

Result<std::optional<std::uint64_t>> resync(Window& window, std::uint64_t position, Offset expected,
                                            std::optional<Offset> below, const Epochs& epochs) {
  const auto head = window.at(position, record::header_bytes);
  if (!head) return failure_of(head);
  if (!fault_of_header(*head, window.end() - position)) {
    const auto next = position + static_cast<std::uint64_t>(record::read_header(*head).size());
    const auto there = plausible(window, next, expected, below, epochs);
    if (!there) return failure_of(there);
    if (*there) return next;
  }
  constexpr std::size_t magic_at = 16;
  for (std::uint64_t at = position + 1; at + record::header_bytes <= window.end();) {
    const auto bytes = window.at(at, window.step());
    if (!bytes) return failure_of(bytes);
    if (bytes->size() < record::header_bytes) break;
    const auto* const first = bytes->data() + magic_at;
    const std::size_t candidates = bytes->size() - record::header_bytes + 1;
    const auto* const found = static_cast<const std::byte*>(std::memchr(first, record::magic_2, candidates));
    if (found == nullptr) {
      at += candidates;
      continue;
    }
    at += static_cast<std::uint64_t>(found - first);
    const auto there = plausible(window, at, expected, below, epochs);
    if (!there) return failure_of(there);
    if (*there) return at;
    ++at;
  }
  return std::nullopt;
}

Result<Judgement> judge(Window& window, std::uint64_t position, Offset expected, const Epochs& epochs) {
  const auto bytes = window.at(position, record::header_bytes);
  if (!bytes) return failure_of(bytes);
  if (auto fault = fault_of_header(*bytes, window.end() - position)) return Judgement{{}, std::move(*fault)};
  const auto header = record::read_header(*bytes);
  if (header.base_offset != expected) {
    return Judgement{{},
                     "base_offset is " + number(header.base_offset.value()) + ", expected " + number(expected.value())};
  }
  if (header.leader_epoch != epochs.at(expected)) {
    return Judgement{{},
                     "leader epoch is " + number(header.leader_epoch) + ", expected " + number(epochs.at(expected))};
  }
  const auto end = position + static_cast<std::uint64_t>(header.size());
  const auto crc = crc_of(window, position + record::crc_covers_from, end);
  if (!crc) return failure_of(crc);
  if (!*crc) return Judgement{{}, "the file ends inside the batch"};
  if (**crc != header.crc) {
    return Judgement{{}, "crc is " + number(header.crc) + ", the bytes give " + number(**crc)};
  }
  return Judgement{header, {}};
}

Result<std::uint64_t> end_of_nonzero(Window& window, std::uint64_t position, std::uint64_t limit) {
  limit = std::min(window.end(), limit);
  std::uint64_t nonzero_end = position;
  for (auto at = position; at < limit;) {
    const auto bytes = window.at(at, static_cast<std::size_t>(std::min<std::uint64_t>(limit - at, window.step())));
    if (!bytes) return failure_of(bytes);
    if (bytes->empty()) break;
    const auto last = std::find_if(bytes->rbegin(), bytes->rend(), [](std::byte b) { return b != std::byte{0}; });
    if (last != bytes->rend()) nonzero_end = at + static_cast<std::uint64_t>(bytes->rend() - last);
    at += bytes->size();
  }
  return nonzero_end;
}

Result<Scanned> scan(const ScanRequest& request, Epochs& epochs, bool learn_epochs) {
  return Scan(request, epochs, learn_epochs).run();
}

}  // namespace millrace::log
