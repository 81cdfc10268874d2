#include "process.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace millrace::app {

namespace {

/// Fields of /proc/self/stat behind the name of the program, from the third of proc(5) on.
struct Stat {
  double user_ticks = 0, system_ticks = 0, start_ticks = 0, virtual_bytes = 0, resident_pages = 0;
};

Stat read_stat() {
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text);
  const auto name_end = text.rfind(')');
  Stat stat;
  if (name_end == std::string::npos) return stat;
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  const auto skip = [&](int count) {
    while (count-- > 0) fields >> skipped;
  };
  skip(11);
  fields >> stat.user_ticks >> stat.system_ticks;
  skip(6);
  fields >> stat.start_ticks >> stat.virtual_bytes >> stat.resident_pages;
  return stat;
}

/// When the system began, in Unix time.
double boot_seconds() {
  std::ifstream file("/proc/stat");
  for (std::string word; file >> word;) {
    double seconds = 0;
    if (word == "btime" && file >> seconds) return seconds;
  }
  return 0;
}

std::uint64_t open_descriptors() {
  DIR* const directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return 0;
  std::uint64_t count = 0;
  while (const dirent* entry = ::readdir(directory)) count += entry->d_name[0] == '.' ? 0 : 1;
  ::closedir(directory);
  return count - 1;  // that of the directory itself
}

}  // namespace

void collect_process(metrics::Exposition& into) {
  static const double ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  static const double page_bytes = static_cast<double>(::sysconf(_SC_PAGESIZE));
  const auto stat = read_stat();
  into.add("process_start_time_seconds", boot_seconds() + stat.start_ticks / ticks);
  into.add("process_cpu_seconds_total", (stat.user_ticks + stat.system_ticks) / ticks);
  into.add("process_resident_memory_bytes", stat.resident_pages * page_bytes);
  into.add("process_virtual_memory_bytes", stat.virtual_bytes);
  into.add("process_open_fds", open_descriptors());
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) into.add("process_max_fds", static_cast<std::uint64_t>(limit.rlim_cur));
}

}  // namespace millrace::app
