// Leader epochs from the batches themselves, where their file is lost or damaged.

#include "log_impl.hpp"
#include "small_file.hpp"

namespace millrace::log {

namespace {

/// Epochs in the order in which batches show them. They only ascend: one that a later batch falls below was never real.
class Sightings {
 public:
  void see(LeaderEpoch epoch, Offset offset) {
    while (!seen_.empty() && seen_.back().epoch > epoch) seen_.pop_back();
    if (!seen_.empty() && seen_.back().epoch == epoch) {
      ++seen_.back().batches;
    } else if (epoch > 0) {
      seen_.push_back({epoch, offset, 1});
    }
  }

  [[nodiscard]] Epochs supported_by(std::size_t batches) const {
    Epochs epochs;
    for (const Sighting& sighting : seen_) {
      if (sighting.batches >= batches) epochs.add(sighting.epoch, sighting.first);
    }
    return epochs;
  }

 private:
  struct Sighting {
    LeaderEpoch epoch;
    Offset first;
    std::size_t batches;
  };
  std::vector<Sighting> seen_;
};

}  // namespace

Result<void> Log::Impl::rebuild_epochs(std::size_t support) {
  const auto first_header = [&](Segment& segment) -> Result<std::optional<record::BatchHeader>> {
    const auto file = segment.open_file(surroundings());
    if (!file) return failure_of(file);
    HeaderWalk walk(**file, 0, segment.size, segment.base);
    auto header = walk.here();
    if (!header && header.error().code == Errc::corrupt) return std::nullopt;
    return header;
  };
  std::vector<bool> was_open;
  for (const auto& segment : segments) was_open.push_back(segment->file != nullptr);
  Sightings sightings;
  auto here = first_header(*segments.front());
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (!here) return failure_of(here);
    auto next = i + 1 < segments.size() ? first_header(*segments[i + 1]) : std::nullopt;
    if (!next) return failure_of(next);
    // Where a segment and the one behind it begin in the same epoch, there is no other in between.
    if (*here && *next && (*here)->leader_epoch == (*next)->leader_epoch) {
      sightings.see((*here)->leader_epoch, segments[i]->base);
    } else {
      HeaderWalk walk(*segments[i]->file, 0, segments[i]->size, segments[i]->base);
      for (auto batch = walk.here(); batch && *batch; batch = walk.here()) {
        sightings.see((*batch)->leader_epoch, (*batch)->base_offset);
        walk.advance(**batch);
      }
    }
    here = std::move(next);
  }
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (!was_open[i]) segments[i]->file.reset();
  }
  epochs = sightings.supported_by(support);
  return {};
}

/// Replaces the file as a whole: a crash leaves the old one or the new one.
Result<void> Log::Impl::write_epochs() {
  const auto path = directory + "/" + std::string(epochs_name);
  const auto fresh = path + std::string(temporary_suffix);
  const Bytes content = epochs.encode();
  const auto file = write_small_file(disk, fresh, content);
  if (!file) return failure_of(file);
  if (auto synced = (*file)->sync_data(); !synced) return synced;
  if (auto renamed = disk.rename(fresh, path); !renamed) return renamed;
  if (auto synced = disk.sync_directory(directory); !synced) return synced;
  epochs_file_size = content.size();
  epochs_known = true;
  return {};
}

}  // namespace millrace::log
