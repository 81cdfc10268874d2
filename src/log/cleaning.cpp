#include "cleaning.hpp"

#include <algorithm>
#include <limits>

#include "millrace/disk/atomic_file.hpp"
#include "scan.hpp"

namespace millrace::log {

namespace {

constexpr std::size_t read_step = std::size_t{1} << 20;
constexpr std::int64_t relative_max = std::numeric_limits<std::int32_t>::max();
constexpr std::size_t mark_bytes = 16;

std::string mark_path(const std::string& directory) { return directory + "/" + std::string(compacted_prefix); }

Result<void> remove_if_there(disk::Disk& disk, const std::string& path) {
  auto removed = disk.remove_file(path);
  return removed || removed.error().code == Errc::not_found ? Result<void>{} : removed;
}

}  // namespace

Result<bool> Cleaning::Impl::walk(const Source& source, const Each& each) {
  Window window(*source.file, source.size, read_step);
  std::uint64_t position = 0;
  for (Offset expected = source.base; expected < source.next;) {
    if (stopped()) return false;
    const auto judged = judge(window, position, expected, epochs);
    if (!judged) return failure_of(judged);
    if (!judged->batch || judged->batch->next_offset() > source.next) {
      damage = expected;
      return failure(Errc::corrupt, directory + " at offset " + std::to_string(expected.value()) + ": " +
                                        (judged->batch ? "reaches into the next segment" : judged->reason));
    }
    const auto bytes = window.at(position, static_cast<std::size_t>(judged->batch->size()));
    if (!bytes) return failure_of(bytes);
    const auto on = each(*judged->batch, *bytes);
    if (!on) return failure_of(on);
    if (!*on) return false;
    position += bytes->size();
    expected = judged->batch->next_offset();
  }
  return true;
}

Result<void> Cleaning::Impl::learn() {
  for (const Source& source : sources) {
    if (source.next <= dirty_from) continue;
    const auto on = walk(source, [&](const record::BatchHeader& header, ByteView batch) -> Result<bool> {
      return header.next_offset() <= dirty_from || keeper->learn(header, batch);
    });
    if (!on) return failure_of(on);
    if (!*on) break;
  }
  return {};
}

Cleaning::Impl::Sources Cleaning::Impl::group_at(std::size_t at) const {
  std::uint64_t bytes = sources[at].size;
  std::size_t end = at + 1;
  for (; end < sources.size() && sources[end].base < keeper->end(); ++end) {
    bytes += sources[end].size;
    if (bytes > segment_bytes_max || sources[end].next - sources[at].base > relative_max) break;
  }
  return Sources(sources).subspan(at, end - at);
}

Result<std::optional<Rewritten>> Cleaning::Impl::rewrite(Sources group, std::shared_ptr<disk::File> file) {
  Rewriter rewriter(std::move(file), group.front().base, index_interval_bytes);
  Bytes changed;
  for (const Source& source : group) {
    const auto on = walk(source, [&](const record::BatchHeader& header, ByteView batch) -> Result<bool> {
      Result<void> done;
      switch (keeper->judge(header, batch, changed)) {
        case Keeper::Fate::stays: done = rewriter.keep(batch, true); break;
        case Keeper::Fate::changes: done = rewriter.keep(changed, false); break;
        case Keeper::Fate::goes: done = rewriter.leave_out(header); break;
      }
      if (!done) return failure_of(done);
      return true;
    });
    if (!on) return failure_of(on);
    if (!*on) return std::nullopt;
  }
  return rewriter.finish(group.size() > 1);
}

std::string Cleaning::Impl::cleaned_path(Sources group) const {
  return directory + "/" + file_name(group.front().base, FileKind::log) + std::string(cleaned_suffix);
}

Result<void> Cleaning::Impl::announce(disk::Disk& disk, Sources group) const {
  const SwapFile swap{group.front().base, group.back().next};
  return disk.rename(cleaned_path(group), directory + "/" + swap_name(swap));
}

Result<void> Cleaning::Impl::clear(disk::Disk& disk, Sources group) const {
  if (auto synced = disk.sync_directory(directory); !synced) return synced;
  for (const Source& source : group) {
    for (const FileKind kind : file_kinds) {
      if (kind == FileKind::log && source.base == group.front().base) continue;
      if (auto done = remove_if_there(disk, directory + "/" + file_name(source.base, kind)); !done) return done;
    }
  }
  return disk.sync_directory(directory);
}

Result<void> finish_swap(disk::Disk& disk, const std::string& directory, const SwapFile& swap,
                         std::span<const SegmentFile> present) {
  for (const SegmentFile& file : present) {
    const bool replaced = file.base >= swap.base && file.base < swap.next;
    if (!replaced || (file.kind == FileKind::log && file.base == swap.base)) continue;
    if (auto done = remove_if_there(disk, directory + "/" + file_name(file.base, file.kind)); !done) return done;
  }
  // Before the new batches have their name nothing that belonged to the old ones may come back.
  if (auto synced = disk.sync_directory(directory); !synced) return synced;
  const auto path = directory + "/" + file_name(swap.base, FileKind::log);
  if (auto renamed = disk.rename(directory + "/" + swap_name(swap), path); !renamed) return renamed;
  return disk.sync_directory(directory);
}

Result<CompactedMark> read_mark(disk::Disk& disk, const std::string& directory) {
  const auto file = disk::read_atomic(disk, mark_path(directory));
  if (!file) return failure_of(file);
  const ByteView content = file->content;
  if (content.size() != mark_bytes) return failure(Errc::corrupt, mark_path(directory) + " does not have 16 bytes");
  return CompactedMark{.next = Offset(load_be<std::int64_t>(content.data())),
                       .horizon = load_be<std::int64_t>(content.data() + 8)};
}

Result<void> write_mark(disk::Disk& disk, const std::string& directory, const CompactedMark& mark) {
  Bytes content;
  append_be(content, mark.next.value());
  append_be(content, mark.horizon);
  return disk::write_atomic(disk, mark_path(directory), content);
}

}  // namespace millrace::log
