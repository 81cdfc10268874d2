#include "millrace/log/checkpoint.hpp"

#include "millrace/disk/atomic_file.hpp"

namespace millrace::log {

namespace {

constexpr std::int16_t version = 1;
constexpr std::string_view clean_content = "clean";
constexpr std::size_t numbers_bytes = 32;

Failure corrupt(const char* what) { return failure(Errc::corrupt, std::string("checkpoint: ") + what); }

}  // namespace

Bytes encode(const Checkpoints& checkpoints) {
  Bytes bytes;
  bytes.reserve(6 + checkpoints.size() * (numbers_bytes + 32));
  append_be(bytes, version);
  append_be(bytes, static_cast<std::uint32_t>(checkpoints.size()));
  for (const auto& [directory, checkpoint] : checkpoints) {
    append_be(bytes, static_cast<std::uint16_t>(directory.size()));
    append_bytes(bytes, as_bytes(directory));
    append_be(bytes, checkpoint.start.value());
    append_be(bytes, checkpoint.durable_end.value());
    append_be(bytes, checkpoint.segment_base.value());
    append_be(bytes, checkpoint.segment_position);
  }
  return bytes;
}

Result<Checkpoints> decode_checkpoints(ByteView bytes) {
  if (bytes.size() < 6) return corrupt("the bytes end early");
  if (load_be<std::int16_t>(bytes.data()) != version) return corrupt("the version is not 1");
  auto left = load_be<std::uint32_t>(bytes.data() + 2);
  bytes = bytes.subspan(6);
  Checkpoints checkpoints;
  for (; left > 0; --left) {
    if (bytes.size() < 2) return corrupt("the bytes end early");
    const std::size_t length = load_be<std::uint16_t>(bytes.data());
    if (bytes.size() < 2 + length + numbers_bytes) return corrupt("the bytes end early");
    std::string directory(as_text(bytes.subspan(2, length)));
    const auto* const at = bytes.data() + 2 + length;
    const Checkpoint checkpoint{.start = Offset(load_be<std::int64_t>(at)),
                                .durable_end = Offset(load_be<std::int64_t>(at + 8)),
                                .segment_base = Offset(load_be<std::int64_t>(at + 16)),
                                .segment_position = load_be<std::uint64_t>(at + 24)};
    const bool sane = checkpoint.start.value() >= 0 && checkpoint.segment_base.value() >= 0 &&
                      checkpoint.durable_end >= checkpoint.start && checkpoint.durable_end >= checkpoint.segment_base;
    if (!sane) return corrupt("the offsets of a log contradict each other");
    if (!checkpoints.emplace(std::move(directory), checkpoint).second) return corrupt("a log stands there twice");
    bytes = bytes.subspan(2 + length + numbers_bytes);
  }
  if (!bytes.empty()) return corrupt("bytes are left over");
  return checkpoints;
}

Result<void> write_checkpoints(disk::Disk& disk, std::string_view path, const Checkpoints& checkpoints) {
  return disk::write_atomic(disk, path, encode(checkpoints));
}

Result<ReadCheckpoints> read_checkpoints(disk::Disk& disk, std::string_view path) {
  const auto read = disk::read_atomic(disk, path);
  if (!read) return failure_of(read);
  auto decoded = decode_checkpoints(read->content);
  if (!decoded) return failure_of(decoded);
  return ReadCheckpoints{.checkpoints = std::move(*decoded), .used_older = read->used_older};
}

Result<void> write_clean_mark(disk::Disk& disk, std::string_view path) {
  return disk::write_atomic(disk, path, as_bytes(clean_content));
}

Result<bool> take_clean_mark(disk::Disk& disk, std::string_view path) {
  const auto read = disk::read_atomic(disk, path);
  const bool clean = read && !read->used_older && as_text(read->content) == clean_content;
  bool changed = false;
  for (const std::string suffix : {"", ".old", ".tmp"}) {
    const auto removed = disk.remove_file(std::string(path) + suffix);
    if (!removed && removed.error().code != Errc::not_found) return failure_of(removed);
    changed = changed || removed;
  }
  if (!changed) return false;
  const auto slash = path.rfind('/');
  const auto parent = slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
  if (const auto synced = disk.sync_directory(parent); !synced) return failure_of(synced);
  return clean;
}

}  // namespace millrace::log
