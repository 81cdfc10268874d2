#include "millrace/disk/atomic_file.hpp"

#include "millrace/core/crc32c.hpp"

namespace millrace::disk {

namespace {

// docs/formats/atomic_file.md:  0 magic "MRATOMIC" │ 8 length u64 │ 16 crc u32 of length and content │ 20 content
constexpr std::string_view magic = "MRATOMIC";
constexpr std::size_t head_bytes = 20;
constexpr std::uint64_t content_bytes_max = std::uint64_t{256} << 20;  // far above any checkpoint or snapshot

Bytes framed_head(ByteView content) {
  Bytes head = to_bytes(magic);
  append_be<std::uint64_t>(head, content.size());
  append_be<std::uint32_t>(head, crc32c(content, crc32c(ByteView(head).subspan(8))));
  return head;
}

std::string parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string() : std::string(path.substr(0, slash));
}

Result<Bytes> read_generation(Disk& disk, const std::string& path) {
  const auto file = disk.open(path, Open::read);
  if (!file) return failure_of(file);
  const auto size = (*file)->size();
  if (!size) return failure_of(size);
  const auto broken = [&](const char* how) { return failure(Errc::corrupt, path + " " + how); };
  if (*size < head_bytes || *size > head_bytes + content_bytes_max) return broken("has an impossible size");
  Bytes all(*size);
  const auto got = (*file)->read_at(0, all);
  if (!got) return failure_of(got);
  if (*got != all.size()) return broken("ends early");
  if (as_text(ByteView(all).first(8)) != magic) return broken("does not begin with MRATOMIC");
  if (load_be<std::uint64_t>(all.data() + 8) != all.size() - head_bytes) return broken("is not as long as it says");
  const ByteView content = ByteView(all).subspan(head_bytes);
  if (load_be<std::uint32_t>(all.data() + 16) != crc32c(content, crc32c(ByteView(all).subspan(8, 8)))) {
    return broken("does not match its CRC");
  }
  return Bytes(content.begin(), content.end());
}

Result<void> write_new(Disk& disk, const std::string& path, ByteView content) {
  const auto file = disk.open(path, Open::create_or_write);
  if (!file) return failure_of(file);
  if (auto emptied = (*file)->truncate(0); !emptied) return emptied;
  const Bytes head = framed_head(content);
  const ByteView pieces[] = {head, content};
  if (auto written = (*file)->write_at(0, pieces); !written) return written;
  return (*file)->sync_data();
}

}  // namespace

Result<void> write_atomic(Disk& disk, std::string_view path, ByteView content) {
  const std::string present(path);
  const std::string fresh = present + ".tmp";
  const std::string older = present + ".old";
  if (content.size() > content_bytes_max) return failure(Errc::too_large, present + " would exceed 256 MiB");
  if (auto written = write_new(disk, fresh, content); !written) {
    (void)disk.remove_file(fresh);
    return written;
  }
  // A generation that is not whole must not push out the one that is.
  const bool keep = read_generation(disk, present).has_value();
  if (keep) {
    if (auto kept = disk.rename(present, older); !kept) return kept;
  }
  if (auto placed = disk.rename(fresh, present); !placed) {
    if (keep) (void)disk.rename(older, present);
    return placed;
  }
  return disk.sync_directory(parent_of(path));
}

Result<AtomicContent> read_atomic(Disk& disk, std::string_view path) {
  const std::string present(path);
  auto newest = read_generation(disk, present);
  if (newest) return AtomicContent{.content = std::move(*newest)};
  // Only what is wrong with the file itself is a reason to take the older one; too many open files is not.
  const auto kind = newest.error().code;
  if (kind != Errc::not_found && kind != Errc::corrupt && kind != Errc::io) return failure_of(newest);
  auto older = read_generation(disk, present + ".old");
  if (older) return AtomicContent{.content = std::move(*older), .used_older = true};
  const bool absent = newest.error().code == Errc::not_found && older.error().code == Errc::not_found;
  if (absent) return failure_of(newest);
  if (newest.error().code == Errc::not_found) return failure_of(older);
  return failure_of(newest);
}

}  // namespace millrace::disk
