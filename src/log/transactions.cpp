// Aborted transactions of a log, kept per segment of their abort marker. The index files are caches like the others:
// markers and the batches before them tell everything again, only slower.

#include <algorithm>

#include "log_impl.hpp"
#include "millrace/core/crc32c.hpp"
#include "millrace/record/record.hpp"
#include "small_file.hpp"

namespace millrace::log {

Result<void> Log::append_aborted(const AbortedTransaction& transaction) {
  auto& impl = *impl_;
  if (impl.offline) return Failure(*impl.offline);
  if (transaction.last_offset < impl.segments.front()->base || transaction.last_offset >= impl.end()) {
    return failure(Errc::invalid,
                   "abort marker at offset " + std::to_string(transaction.last_offset.value()) + " is not in the log");
  }
  if (transaction.first_offset >= transaction.last_offset || transaction.first_offset.value() < 0) {
    return failure(Errc::invalid, "a transaction that begins at offset " +
                                      std::to_string(transaction.first_offset.value()) + " cannot end at " +
                                      std::to_string(transaction.last_offset.value()));
  }
  auto& segment = *impl.segments[impl.index_of(transaction.last_offset)];
  if (auto loaded = impl.load_aborted(segment); !loaded) return loaded;
  if (!segment.aborted.insert(transaction)) return {};
  // A seal of the active segment speaks of fewer bytes than there are now; any other would go on vouching for the file.
  if (!segment.active) (void)impl.disk.remove_file(segment.path(impl.directory, FileKind::seal));
  segment.sealed_on_disk = false;
  return {};
}

Result<std::vector<AbortedTransaction>> Log::aborted(Offset from, Offset below) {
  auto& impl = *impl_;
  std::vector<AbortedTransaction> found;
  from = std::max(from, impl.segments.front()->base);
  if (from >= std::min(below, impl.end())) return found;
  for (std::size_t i = impl.index_of(from); i < impl.segments.size(); ++i) {
    auto& segment = *impl.segments[i];
    if (auto loaded = impl.load_aborted(segment); !loaded) return failure_of(loaded);
    bool enough = false;
    for (const AbortedTransaction& entry : segment.aborted.entries()) {
      if (entry.last_offset >= from && entry.first_offset < below) found.push_back(entry);
      // Whatever ends later began at or above what was stable when this one ended.
      enough = enough || entry.last_stable_offset >= below;
    }
    if (enough) break;
  }
  std::ranges::sort(found, {}, &AbortedTransaction::first_offset);
  return found;
}

/// From the file, if a seal of exactly these bytes vouches for it; else from the batches.
Result<void> Log::Impl::load_aborted(Segment& segment) {
  if (segment.aborted_loaded) return {};
  const auto seal = segment.read_seal(surroundings());
  if (!seal || seal->size != segment.found_size) return rebuild_aborted(segment);
  const auto bytes = read_small_file(disk, segment.path(directory, FileKind::txn_index));
  if (!bytes && bytes.error().code != Errc::not_found) return failure_of(bytes);
  const Bytes content = bytes.value_or(Bytes{});
  if (crc32c(content) != seal->txn_index_crc) return rebuild_aborted(segment);
  segment.aborted = TransactionIndex::decode(content, segment.base, segment.next);
  segment.aborted_loaded = true;
  return {};
}

Result<void> Log::Impl::rebuild_aborted(Segment& segment) {
  std::vector<record::BatchHeader> markers;
  const auto collect = [&](const record::BatchHeader& batch) {
    if (batch.is_control() && batch.has_producer()) markers.push_back(batch);
    return true;
  };
  if (const auto walked = walk_headers(segment, segment.base, collect); !walked) return failure_of(walked);
  TransactionIndex aborted;
  for (const record::BatchHeader& marker : markers) {
    const auto abort = is_abort(segment, marker.base_offset);
    if (!abort) return failure_of(abort);
    if (!*abort) continue;
    const auto first = transaction_start(marker.producer_id, marker.base_offset);
    if (!first) return failure_of(first);
    if (!*first) continue;
    // What was stable then would take all producers to tell; the lowest bound only makes a search look further.
    aborted.insert({.producer_id = marker.producer_id,
                    .first_offset = **first,
                    .last_offset = marker.base_offset,
                    .last_stable_offset = segments.front()->base});
  }
  segment.aborted = std::move(aborted);
  segment.aborted_loaded = true;
  return {};
}

/// The key of a control record is its version and its type, which is 0 for an abort.
Result<bool> Log::Impl::is_abort(Segment& segment, Offset marker) {
  bool abort = false;
  const auto look = [&](const record::BatchHeader& batch, std::uint64_t position,
                        const disk::File& file) -> Result<bool> {
    if (batch.base_offset != marker) return false;
    Bytes bytes(static_cast<std::size_t>(batch.size()));
    const auto got = file.read_at(position, bytes);
    if (!got) return failure_of(got);
    bytes.resize(*got);
    const auto records = record::read_records(bytes);
    if (!records || records->empty()) return false;
    const auto& key = records->front().key;
    abort = key && key->size() >= 4 && load_be<std::int16_t>(key->data() + 2) == 0;
    return false;
  };
  const auto walked = walk(segment, marker, look);
  if (!walked) return failure_of(walked);
  return abort;
}

/// Backwards, segment by segment, to the producer's marker before this one, or to the very first batch it ever wrote.
Result<std::optional<Offset>> Log::Impl::transaction_start(ProducerId producer, Offset marker) {
  std::optional<Offset> start_found;
  for (std::size_t i = index_of(marker) + 1; i-- > 0;) {
    std::optional<Offset> first;
    bool from_here = false;
    const auto look = [&](const record::BatchHeader& batch) {
      if (batch.base_offset >= marker) return false;
      if (batch.producer_id != producer) return true;
      if (batch.is_control()) {
        first.reset();
        from_here = true;
      } else if (batch.is_transactional() && !first) {
        first = batch.base_offset;
        from_here = from_here || batch.base_sequence == 0;
      }
      return true;
    };
    if (const auto walked = walk_headers(*segments[i], segments[i]->base, look); !walked) return failure_of(walked);
    if (first) start_found = first;
    if (from_here) break;
  }
  return start_found;
}

Result<void> Log::Impl::write_txn_index(const Segment& segment) {
  const auto path = segment.path(directory, FileKind::txn_index);
  if (segment.aborted.empty()) {
    const auto removed = disk.remove_file(path);
    return removed || removed.error().code == Errc::not_found ? Result<void>{} : removed;
  }
  const auto file = write_small_file(disk, path, segment.aborted.encode());
  return file ? Result<void>{} : failure_of(file);
}

}  // namespace millrace::log
