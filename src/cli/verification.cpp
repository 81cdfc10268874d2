#include "verification.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "millrace/core/escaped.hpp"
#include "millrace/disk/posix_disk.hpp"
#include "millrace/log/checkpoint.hpp"
#include "millrace/log/segment_format.hpp"
#include "progress.hpp"
#include "progress_bar.hpp"

namespace millrace::cli {

namespace {

namespace fs = std::filesystem;

constexpr const char* identity_file = "broker.json";
constexpr const char* checkpoint_file = "checkpoint";
constexpr const char* lock_file = "lock";

/// A shared hold on a data directory, so that no broker begins to write there. Nothing is written into the lock.
class Hold {
 public:
  explicit Hold(int descriptor) : descriptor_(descriptor) {}
  Hold(Hold&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Hold& operator=(Hold&&) = delete;
  ~Hold() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  static Result<Hold> take(const std::string& directory) {
    const auto path = directory + "/" + lock_file;
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return Hold(-1);  // no broker has ever run there
    Hold held(descriptor);
    if (::flock(descriptor, LOCK_SH | LOCK_NB) == 0) return held;
    char holder[64];
    const auto size = ::read(descriptor, holder, sizeof holder);
    auto who = escaped(std::string_view(holder, static_cast<std::size_t>(size > 0 ? size : 0)));
    while (who.ends_with("\\n")) who.resize(who.size() - 2);
    return failure(Errc::busy, directory + " is in use" + (who.empty() ? "" : " by " + who) +
                                   ": its files change while they are read\nStop the broker first");
  }

 private:
  int descriptor_;
};

/// "orders-0" and the like.
bool is_partition_name(const std::string& name) {
  const auto dash = name.rfind('-');
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return dash != std::string::npos && dash > 0 && dash + 1 < name.size() &&
         std::all_of(name.begin() + static_cast<std::ptrdiff_t>(dash) + 1, name.end(), is_digit);
}

class Verifier {
 public:
  Verifier(disk::Disk& disk, bool with_progress) : disk_(disk), with_progress_(with_progress) {}

  Result<Verification> whole_directory() {
    auto directories = partitions();
    if (!directories) return failure_of(directories);
    if (auto read = read_checkpoint(); !read) return failure_of(read);
    for (const auto& [directory, known] : checkpoints_) {
      const bool is_there = std::ranges::find(*directories, directory) != directories->end();
      if (!is_there && known.durable_end > known.start) fault(directory, "is missing, but the checkpoint knows it");
    }
    return all(*directories);
  }

  Result<Verification> all(const std::vector<std::string>& directories) {
    for (const auto& directory : directories) {
      const auto bytes = log::batch_bytes(disk_, directory);
      if (!bytes) return failure_of(bytes);
      found_.bytes += *bytes;
    }
    ProgressBar bar(found_.bytes, with_progress_);
    std::uint64_t done = 0;
    const auto seen = [&](std::uint64_t bytes) { bar.show(done += bytes); };
    for (const auto& directory : directories) {
      const auto known = checkpoints_.find(directory);
      const auto told = known == checkpoints_.end() ? std::nullopt : std::optional(known->second);
      auto looked = log::inspect(disk_, directory, told, seen);
      if (!looked) return failure_of(looked);
      add(directory, std::move(*looked));
    }
    return std::move(found_);
  }

 private:
  Result<std::vector<std::string>> partitions() {
    const auto entries = disk_.list("");
    if (!entries) return failure_of(entries);
    std::vector<std::string> names;
    for (const auto& entry : *entries) {
      if (entry.is_directory && is_partition_name(entry.name)) names.push_back(entry.name);
    }
    std::ranges::sort(names);
    return names;
  }

  Result<void> read_checkpoint() {
    auto read = log::read_checkpoints(disk_, checkpoint_file);
    const auto newest = disk_.exists(checkpoint_file);
    if (!read && read.error().code == Errc::not_found) return {};
    if (!read) {
      if (read.error().code != Errc::corrupt) return failure_of(read);
      fault(checkpoint_file, read.error().message);
      return {};
    }
    if (read->used_older && newest && *newest) fault(checkpoint_file, "is damaged; its older generation is whole");
    checkpoints_ = std::move(read->checkpoints);
    return {};
  }

  void fault(const std::string& file, std::string what) { found_.faults.push_back({file, 0, std::move(what)}); }

  void add(const std::string& directory, log::Inspection looked) {
    ++found_.partitions;
    found_.segments += looked.segments;
    found_.batches += looked.batches;
    found_.records += looked.records;
    const auto metadata = disk_.exists(directory + "/" + std::string(log::topic_file_prefix));
    if (metadata && !*metadata) fault(directory + "/" + std::string(log::topic_file_prefix), "is missing");
    std::ranges::move(looked.faults, std::back_inserter(found_.faults));
  }

  disk::Disk& disk_;
  bool with_progress_;
  log::Checkpoints checkpoints_;
  Verification found_;
};

bool holds_segments(const fs::path& directory) {
  std::error_code fault;
  for (const auto& entry : fs::directory_iterator(directory, fault)) {
    const auto file = log::parse_file_name(entry.path().filename().string());
    if (file && file->kind == log::FileKind::log) return true;
  }
  return false;
}

std::string counted(std::uint64_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

}  // namespace

Result<Verification> verify_directory(const std::string& path, bool with_progress) {
  std::error_code unknown;
  const bool is_whole = fs::exists(fs::path(path) / identity_file, unknown);
  if (!is_whole && !holds_segments(path)) {
    return failure(Errc::invalid, path + " holds neither " + identity_file +
                                      " nor segments: it is neither a broker's data directory nor one of a partition");
  }
  const auto root = is_whole ? path : fs::path(path).parent_path().string();
  const auto held = Hold::take(root);
  if (!held) return failure_of(held);
  const auto disk = disk::open_posix_disk(root);
  if (!disk) return failure_of(disk);
  Verifier verifier(**disk, with_progress);
  return is_whole ? verifier.whole_directory() : verifier.all({fs::path(path).filename().string()});
}

std::string verification_text(const Verification& found) {
  std::string out;
  for (const auto& fault : found.faults) {
    out += escaped(fault.file, limits::KiB) + ":" + std::to_string(fault.position) + ": " + escaped(fault.what) + "\n";
  }
  return out + counted(found.partitions, "partition", "partitions") + ", " +
         counted(found.segments, "segment", "segments") + ", " + counted(found.batches, "batch", "batches") + ", " +
         counted(found.records, "record", "records") + ", " + size_text(found.bytes) + ": " +
         (found.faults.empty() ? "all is well" : counted(found.faults.size(), "fault", "faults")) + "\n";
}

Json json_of(const Verification& found) {
  auto faults = Json::array();
  for (const auto& fault : found.faults) {
    faults.push_back({{"file", escaped(fault.file, limits::KiB)}, {"position", fault.position}, {"what", fault.what}});
  }
  return {{"partitions", found.partitions}, {"segments", found.segments}, {"batches", found.batches},
          {"records", found.records},       {"bytes", found.bytes},       {"faults", std::move(faults)}};
}

std::string faulty_files(const Verification& found) {
  std::set<std::string> files;
  for (const auto& fault : found.faults) files.insert(escaped(fault.file, limits::KiB));
  std::string out;
  for (const auto& file : files) out += file + "\n";
  return out;
}

}  // namespace millrace::cli
