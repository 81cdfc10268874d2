// Tickets: what must reach stable storage, and what is known once it did.

#include <algorithm>

#include "log_impl.hpp"

namespace millrace::log {

namespace {

template <class Dirties, class T>
void mark(Dirties& dirties, const T& what, std::uint64_t serial) {
  const auto known = std::ranges::find_if(dirties, [&](const auto& dirty) { return dirty.what == what; });
  if (known == dirties.end()) {
    dirties.push_back({what, serial});
  } else {
    known->serial = serial;
  }
}

}  // namespace

Result<void> perform(disk::Disk& disk, const FlushTicket::Work& work) {
  for (const auto& file : work.files) {
    if (auto synced = file->sync_data(); !synced) return synced;
  }
  for (const auto& directory : work.directories) {
    if (auto synced = disk.sync_directory(directory); !synced) return synced;
  }
  return {};
}

void Log::Impl::mark_dirty(const std::shared_ptr<disk::File>& file) { mark(dirty_files, file, serial); }
void Log::Impl::mark_dirty_directory(const std::string& path) { mark(dirty_directories, path, serial); }

std::uint64_t Log::Impl::unflushed_bytes() const {
  std::uint64_t total = 0;
  for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
    if ((*segment)->base < durable.segment_base) break;
    total += (*segment)->size;
    if ((*segment)->base == durable.segment_base) total -= std::min(total, durable.position);
  }
  return total;
}

std::optional<FlushTicket> Log::prepare_flush() {
  auto& impl = *impl_;
  if (impl.offline || (impl.dirty_files.empty() && impl.dirty_directories.empty())) return std::nullopt;
  FlushTicket ticket;
  for (const auto& dirty : impl.dirty_files) ticket.work.files.push_back(dirty.what);
  for (const auto& dirty : impl.dirty_directories) ticket.work.directories.push_back(dirty.what);
  ticket.end = impl.end();
  ticket.serial = impl.serial++;
  ticket.unflushed_bytes = impl.unflushed_bytes();
  ticket.segment_base = impl.active().base;
  ticket.segment_position = impl.active().size;
  return ticket;
}

void Log::flushed(const FlushTicket& ticket) {
  auto& impl = *impl_;
  // After a failed flush the system may call lost pages clean: nothing that succeeds later proves anything.
  if (impl.offline) return;
  const auto covered = [&](const auto& dirty) { return dirty.serial <= ticket.serial; };
  std::erase_if(impl.dirty_files, covered);
  std::erase_if(impl.dirty_directories, covered);
  if (ticket.end < impl.durable.end || ticket.segment_base < impl.durable.segment_base) return;
  const Offset from = impl.durable.segment_base;
  impl.durable = {ticket.end, ticket.segment_base, ticket.segment_position};
  impl.seal_durable(from);
}

/// Seals the segments from the one at `from` on that lie wholly below the flushed mark.
void Log::Impl::seal_durable(Offset from) {
  for (auto segment = segments.rbegin(); segment != segments.rend() && (*segment)->base >= from; ++segment) {
    auto& full = **segment;
    if (full.active || full.sealed_on_disk || !full.indexes_on_disk || full.base >= durable.segment_base) continue;
    seal(full);
    if (!full.sealed_on_disk) continue;
    full.caches = {};
    full.cached_from = full.size;
  }
}

void Log::Impl::seal(Segment& segment) {
  if (!segment.indexes_on_disk) {
    if (!segment.load(surroundings()) || !segment.write_indexes(surroundings())) return;
  }
  if (!load_aborted(segment) || !write_txn_index(segment)) return;
  (void)segment.write_seal(surroundings());
}

}  // namespace millrace::log
