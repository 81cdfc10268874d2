#include "process.hpp"

#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace millrace::bench {

namespace {

std::string directory_of(pid_t process) { return "/proc/" + std::to_string(process); }

Failure cannot_see(pid_t process, const std::string& what) {
  return failure(Errc::io, "process " + std::to_string(process) + ": its " + what + " cannot be read");
}

double seconds_of(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

/// The number behind `name:` in a file of such lines; 0 when there is none.
double number_after(const std::string& path, const std::string& name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(name + ":", 0) == 0) return std::stod(line.substr(name.size() + 1));
  }
  return 0;
}

}  // namespace

Result<Use> use_of(pid_t process) {
  Use use;
  clockid_t clock{};
  if (::clock_getcpuclockid(process, &clock) != 0) return cannot_see(process, "CPU clock");
  use.cpu_seconds = seconds_of(clock);

  std::ifstream file(directory_of(process) + "/stat");
  std::string text;
  if (!std::getline(file, text)) return cannot_see(process, "stat");
  std::istringstream fields(text.substr(text.rfind(')') + 1));  // the name before it may hold anything
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  use.user_seconds = user / ticks;
  use.system_seconds = system / ticks;

  std::error_code error;
  for (const auto& thread : std::filesystem::directory_iterator(directory_of(process) + "/task", error)) {
    use.switches += number_after(thread.path().string() + "/status", "voluntary_ctxt_switches");
  }
  return use;
}

Result<Memory> memory_of(pid_t process) {
  constexpr double kib = 1024;
  const auto path = directory_of(process) + "/smaps_rollup";
  Memory memory{.resident_bytes = number_after(path, "Rss") * kib,
                .proportional_bytes = number_after(path, "Pss") * kib,
                .own_bytes = number_after(path, "Anonymous") * kib};
  if (memory.resident_bytes == 0) return cannot_see(process, "memory");
  return memory;
}

double own_cpu_seconds() { return seconds_of(CLOCK_PROCESS_CPUTIME_ID); }

}  // namespace millrace::bench
