#include "directory.hpp"

#include <algorithm>
#include <optional>

#include "cleaning.hpp"
#include "millrace/log/retention.hpp"

namespace millrace::log {

namespace {

/// Sorts names into what is to be done with them.
struct Names {
  std::vector<SegmentFile> files;
  Doomed doomed;
  std::optional<Offset> retired_through;  ///< base of the newest segment that retention had begun to remove
  std::vector<SwapFile> swaps;            ///< what compaction had ready
  std::vector<std::string> leftovers;
  std::vector<std::string> strangers;
};

bool is_known(std::string_view name) {
  return name == epochs_name || name.starts_with(torn_prefix) || name.starts_with(producers_prefix) ||
         name.starts_with(events_prefix) || name.starts_with(topic_file_prefix) || name.starts_with(compacted_prefix);
}

/// Of a write that a crash interrupted: what it was to replace is still there.
bool is_leftover(std::string_view name) {
  if (name.ends_with(cleaned_suffix)) {
    return parse_file_name(name.substr(0, name.size() - cleaned_suffix.size())).has_value();
  }
  if (!name.ends_with(temporary_suffix)) return false;
  name.remove_suffix(temporary_suffix.size());
  return name == epochs_name || parse_file_name(name).has_value();
}

Names sort_out(const std::string& directory, const std::vector<disk::Entry>& entries) {
  Names names;
  for (const auto& [name, is_directory] : entries) {
    const std::string_view view = name;
    if (is_directory) {
      names.strangers.push_back(name);
    } else if (const auto file = parse_file_name(view)) {
      names.files.push_back(*file);
    } else if (view.ends_with(deleted_suffix)) {
      const auto retired = parse_file_name(view.substr(0, view.size() - deleted_suffix.size()));
      if (!retired) {
        names.strangers.push_back(name);
        continue;
      }
      names.doomed.files.push_back(directory + "/" + name);
      if (retired->kind == FileKind::log) {
        names.retired_through = std::max(names.retired_through.value_or(retired->base), retired->base);
      }
    } else if (const auto swap = parse_swap_name(view)) {
      names.swaps.push_back(*swap);
    } else if (is_leftover(view)) {
      names.leftovers.push_back(name);
    } else if (!is_known(view)) {
      names.strangers.push_back(name);
    }
  }
  return names;
}

/// Lets the rewritten segments take their places, so that only they are among the files.
Result<bool> finish_swaps(disk::Disk& disk, const std::string& directory, Names& names) {
  for (const SwapFile& swap : names.swaps) {
    if (names.retired_through && swap.base <= *names.retired_through) {
      names.leftovers.push_back(swap_name(swap));
      continue;
    }
    if (auto done = finish_swap(disk, directory, swap, names.files); !done) return failure_of(done);
    std::erase_if(names.files,
                  [&](const SegmentFile& file) { return file.base >= swap.base && file.base < swap.next; });
    names.files.push_back({swap.base, FileKind::log});
  }
  return !names.swaps.empty();
}

}  // namespace

bool set_aside(disk::Disk& disk, const std::string& directory, const std::string& name) {
  const std::string shelter(lost_and_found);
  if (auto made = disk.make_directory(shelter); made) {
    (void)disk.sync_directory("");
  } else if (made.error().code != Errc::exists) {
    return false;
  }
  std::string flat = directory;
  std::ranges::replace(flat, '/', '.');
  const std::string target = shelter + "/" + flat + "." + name;
  constexpr int attempts = 1000;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    const std::string numbered = attempt == 0 ? target : target + "." + std::to_string(attempt);
    const auto taken = disk.exists(numbered);
    if (!taken) return false;
    if (*taken) continue;
    if (!disk.rename(directory + "/" + name, numbered)) return false;
    return disk.sync_directory(shelter).has_value();
  }
  return false;
}

Result<Listing> tidy(disk::Disk& disk, const std::string& directory) {
  Listing listing;
  auto entries = disk.list(directory);
  if (!entries && entries.error().code == Errc::not_found) {
    if (auto made = disk.make_directory(directory); !made) return failure_of(made);
    listing.fresh = true;
    return listing;
  }
  if (!entries) return failure_of(entries);
  Names names = sort_out(directory, *entries);
  const auto swapped = finish_swaps(disk, directory, names);
  if (!swapped) return failure_of(swapped);
  listing.changed = *swapped;
  for (const SegmentFile& file : names.files) {
    if (file.kind != FileKind::log) continue;
    // Segments go oldest first. One that is still here beside a younger one that is going was to go as well.
    if (names.retired_through && file.base <= *names.retired_through) {
      const auto path = directory + "/" + file_name(file.base, FileKind::log);
      const auto deleted = path + std::string(deleted_suffix);
      if (auto renamed = disk.rename(path, deleted); !renamed) return failure_of(renamed);
      names.doomed.files.push_back(deleted);
    } else {
      listing.bases.push_back(file.base);
    }
  }
  std::ranges::sort(listing.bases);
  for (const SegmentFile& file : names.files) {
    if (file.kind == FileKind::log || std::ranges::binary_search(listing.bases, file.base)) continue;
    names.leftovers.push_back(file_name(file.base, file.kind));
  }
  if (!names.doomed.files.empty()) {
    if (auto removed = remove(disk, names.doomed); !removed) return failure_of(removed);
    listing.changed = true;
  }
  for (const auto& name : names.leftovers) {
    if (auto removed = disk.remove_file(directory + "/" + name); !removed) return failure_of(removed);
    listing.changed = true;
  }
  for (const auto& name : names.strangers) {
    if (!set_aside(disk, directory, name)) continue;
    listing.set_aside.push_back(name);
    listing.changed = true;
  }
  for (const auto& entry : *entries) {
    if (entry.name == epochs_name) listing.has_epochs = true;
    if (entry.name.starts_with(torn_prefix)) listing.torn.push_back(entry.name);
  }
  return listing;
}

}  // namespace millrace::log
