#include "data_directory.hpp"

#include <nlohmann/json.hpp>

#include "millrace/core/ids.hpp"

namespace millrace::runtime {

namespace {

constexpr std::string_view identity_file = "broker.json";
constexpr std::string_view identity_draft = "broker.json.tmp";
constexpr int layout_version = 1;
constexpr std::size_t identity_bytes_max = 4096;

Result<Identity> parse(std::string_view text, std::int32_t broker_id) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  const auto broken = [](std::string_view what) { return failure(Errc::corrupt, "broker.json: " + std::string(what)); };
  if (!json.is_object()) return broken("is not a JSON object");
  const auto version = json.find("layout_version");
  if (version == json.end() || !version->is_number_integer()) return broken("layout_version is missing");
  if (version->get<std::int64_t>() != layout_version) {
    return failure(Errc::unsupported, "broker.json: layout_version " + version->dump() + " is not " +
                                          std::to_string(layout_version) +
                                          ": this directory was written by another version of millrace");
  }
  const auto cluster = json.find("cluster_id"), broker = json.find("broker_id");
  if (cluster == json.end() || !cluster->is_string()) return broken("cluster_id is missing");
  if (broker == json.end() || !broker->is_number_integer()) return broken("broker_id is missing");
  const auto id = Uuid::parse(cluster->get<std::string>());
  if (!id) return broken("cluster_id \"" + cluster->get<std::string>() + "\" is not a 22-character id");
  if (broker->get<std::int64_t>() != broker_id) {
    return failure(Errc::invalid, "broker_id " + std::to_string(broker_id) +
                                      " is configured, but the data directory "
                                      "belongs to broker_id " +
                                      broker->dump());
  }
  return Identity{*id, broker_id};
}

Result<void> write(disk::Disk& disk, const Identity& identity) {
  const nlohmann::ordered_json json = {{"layout_version", layout_version},
                                       {"cluster_id", identity.cluster_id.to_string()},
                                       {"broker_id", identity.broker_id}};
  const auto text = json.dump(2) + "\n";
  auto file = disk.open(identity_draft, disk::Open::create_or_write);
  if (!file) return failure_of(file);
  auto& draft = **file;
  if (auto done = draft.truncate(0); !done) return done;
  if (auto done = draft.write_at(0, as_bytes(text)); !done) return done;
  if (auto done = draft.sync_data(); !done) return done;
  if (auto done = disk.rename(identity_draft, identity_file); !done) return done;
  return disk.sync_directory("");
}

/// What may lie in a directory that no broker has used: our own lock, and what a file system puts at its root.
bool is_virgin(const disk::Entry& entry) {
  return entry.name == "lock" || entry.name == lost_and_found || entry.name == identity_draft;
}

}  // namespace

Result<Identity> identify(disk::Disk& disk, std::int32_t broker_id, Random& random) {
  const auto exists = disk.exists(identity_file);
  if (!exists) return failure_of(exists);
  if (*exists) {
    const auto file = disk.open(identity_file, disk::Open::read);
    if (!file) return failure_of(file);
    Bytes text(identity_bytes_max + 1);
    const auto size = (*file)->read_at(0, text);
    if (!size) return failure_of(size);
    if (*size > identity_bytes_max) return failure(Errc::corrupt, "broker.json: is larger than 4096 bytes");
    return parse(as_text(ByteView(text).first(*size)), broker_id);
  }
  const auto entries = disk.list("");
  if (!entries) return failure_of(entries);
  for (const auto& entry : *entries) {
    if (is_virgin(entry)) continue;
    return failure(Errc::invalid, "the data directory holds \"" + entry.name +
                                      "\" but no broker.json: it is not a "
                                      "millrace directory, or its volume is not the one that was mounted before");
  }
  const Identity identity{Uuid::from_random(random.next(), random.next()), broker_id};
  if (auto done = write(disk, identity); !done) return failure_of(done);
  return identity;
}

Result<std::unique_ptr<disk::DirectoryLock>> hold(disk::Disk& disk) { return disk.lock("lock", "millraced"); }

Result<std::string> set_aside(disk::Disk& disk, const std::string& name) {
  if (auto made = disk.make_directory(lost_and_found); !made && made.error().code != Errc::exists) {
    return failure_of(made);
  }
  for (int attempt = 0;; ++attempt) {
    auto place = std::string(lost_and_found) + "/" + name + (attempt == 0 ? "" : "." + std::to_string(attempt));
    const auto taken = disk.exists(place);
    if (!taken) return failure_of(taken);
    if (*taken) continue;
    if (auto moved = disk.rename(name, place); !moved) return failure_of(moved);
    if (auto synced = disk.sync_directory(lost_and_found); !synced) return failure_of(synced);
    if (auto synced = disk.sync_directory(""); !synced) return failure_of(synced);
    return place;
  }
}

}  // namespace millrace::runtime
