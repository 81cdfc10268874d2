// millrace log: what a stopped broker's files hold, and whether they are whole. Reads only.

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

#include "commands.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/disk/posix_disk.hpp"
#include "millrace/log/segment_format.hpp"
#include "output.hpp"
#include "stored_log.hpp"
#include "verification.hpp"

namespace millrace::cli {

namespace {

namespace fs = std::filesystem;

struct LogWish {
  std::vector<std::string> files;
  std::string directory;
  bool with_records = false;
  bool no_progress = false;
};

/// A file by its name, whole in memory. Nothing of a broker's that is read like this is large.
Result<Bytes> read_whole(const disk::File& file) {
  const auto size = file.size();
  if (!size) return failure_of(size);
  if (*size > 256 * limits::MiB) return failure(Errc::too_large, "is larger than 256 MiB");
  Bytes bytes(*size);
  const auto got = file.read_at(0, bytes);
  if (!got) return failure_of(got);
  bytes.resize(*got);
  return bytes;
}

class Dump {
 public:
  Dump(const LogWish& wish, const Common& common) : wish_(wish), is_json_(common.output == "json") {}

  int run() {
    int code = done;
    for (const auto& file : wish_.files) {
      if (wish_.files.size() > 1 && !is_json_) output_.write(escaped(file) + "\n");
      const auto shown = dump(file);
      output_.flush();
      if (!shown) code = complain(refused, file + ": " + shown.error().message);
    }
    if (!output_.fault().empty()) return complain(refused, "the output could not be written: " + output_.fault());
    return code;
  }

 private:
  Result<void> dump(const std::string& path) {
    std::error_code fault;
    if (!fs::is_regular_file(path, fault)) return failure(Errc::not_found, "there is no such file");
    const auto whole = fs::absolute(path);
    const auto name = whole.filename().string();
    const auto disk = disk::open_posix_disk(whole.parent_path().string());
    if (!disk) return failure_of(disk);
    const auto file = (*disk)->open(name, disk::Open::read);
    if (!file) return failure_of(file);
    const auto show = [this](const Json& entry) { return print(entry); };
    const auto segment = log::parse_file_name(name);
    if (segment && segment->kind == log::FileKind::log) return show_batches(**file, wish_.with_records, show);
    if (!is_known_small_file(name)) {
      return failure(Errc::unsupported,
                     "is none of the files that have a form: <20 digits>.log, .index, .timeindex, .txnindex, .seal, "
                     "epochs, checkpoint, compacted, producer.snapshot, events.snapshot");
    }
    const auto bytes = read_whole(**file);
    return bytes ? show_small_file(name, *bytes, show) : failure_of(bytes);
  }

  bool print(const Json& entry) {
    if (is_json_) {
      output_.write(entry.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
      return output_.is_open();
    }
    output_.write(entry_text(entry) + "\n");
    const auto records = entry.find("content");
    if (records == entry.end()) return output_.is_open();
    for (const auto& record : *records) output_.write("  " + record_text(record) + "\n");
    return output_.is_open();
  }

  const LogWish& wish_;
  bool is_json_;
  Output output_;
};

int verify(const LogWish& wish, const Common& common) {
  std::error_code fault;
  if (!fs::is_directory(wish.directory, fault)) return complain(refused, wish.directory + " is no directory");
  const auto found = verify_directory(fs::canonical(wish.directory).string(), !wish.no_progress);
  if (!found) return complain(refused, found.error().message);
  if (common.output == "json") {
    std::cout << json_of(*found).dump(2) << "\n";
  } else {
    std::cout << (common.output == "id" ? faulty_files(*found) : verification_text(*found));
  }
  return found->faults.empty() ? done : refused;
}

}  // namespace

void add_log(CLI::App& app, const Common& common, int& code) {
  const auto wish = std::make_shared<LogWish>();
  auto& log = *app.add_subcommand("log", "Files of a broker that is stopped")->require_subcommand(0, 1)->fallthrough();
  auto* dump = log.add_subcommand("dump", "Shows what files hold: batches, index entries, seals")->fallthrough();
  dump->add_option("file", wish->files, "a file of a partition, or the checkpoint")->required();
  dump->add_flag("--records", wish->with_records, "and the records of each batch");
  dump->footer("Exit code 0 when all of it could be read, 1 when a file is damaged.");
  dump->callback([wish, &common, &code] { code = Dump(*wish, common).run(); });
  auto* check =
      log.add_subcommand("verify", "Judges every byte of a data directory, or of one partition")->fallthrough();
  check->add_option("directory", wish->directory, "a broker's data directory, or one of a partition")->required();
  check->add_flag("--no-progress", wish->no_progress, "shows no progress on a terminal");
  check->footer("Exit code 0 when all is well, 1 when it is not, or when a broker is running there.");
  check->callback([wish, &common, &code] { code = verify(*wish, common); });
}

}  // namespace millrace::cli
