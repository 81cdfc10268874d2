// How long a daemon takes to serve: from the moment before it is executed to its own "ready" line, and to the first
// answer that a client gets. Its address is read from that line, so it may listen on any port.

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "loads.hpp"
#include "millrace/protocol/messages/metadata.hpp"
#include "process.hpp"

namespace millrace::bench {

namespace {

double milliseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

/// The word behind `key=` in a line of diagnostics; empty when there is none.
std::string word_after(const std::string& line, const std::string& key) {
  const auto at = line.find(" " + key + "=");
  if (at == std::string::npos) return "";
  const auto begin = at + key.size() + 2;
  return line.substr(begin, line.find_first_of(" ,\n", begin) - begin);
}

class Child {
 public:
  [[nodiscard]] static Result<Child> spawn(const std::vector<std::string>& command) {
    int pipe[2];
    if (::pipe2(pipe, O_CLOEXEC) != 0) return failure(Errc::io, "pipe: " + std::generic_category().message(errno));
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe[1], STDERR_FILENO);
    std::vector<char*> arguments;
    for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    pid_t process = 0;
    const int error = ::posix_spawnp(&process, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(pipe[1]);
    if (error != 0) {
      ::close(pipe[0]);
      return failure(Errc::io, "start " + command[0] + ": " + std::generic_category().message(error));
    }
    return Child(process, pipe[0]);
  }
  Child(Child&& other) noexcept : process_(std::exchange(other.process_, 0)), output_(other.output_) {}
  Child& operator=(Child&&) = delete;
  ~Child() {
    if (process_ != 0) (void)end(SIGKILL);
  }

  [[nodiscard]] pid_t process() const { return process_; }

  /// The first line that says " ready ". Fails when the output ends before.
  [[nodiscard]] Result<std::string> ready_line() {
    std::string line, all;
    for (char each = 0; ::read(output_, &each, 1) == 1;) {
      line += each;
      if (each != '\n') continue;
      if (line.find(" ready ") != std::string::npos) return line;
      all += std::exchange(line, "");
    }
    return failure(Errc::io, "the daemon ended before it was ready:\n" + all);
  }

  /// Signals it and waits until it is gone. The exit status.
  [[nodiscard]] int end(int signal) {
    ::kill(process_, signal);
    char ignored[4096];
    while (::read(output_, ignored, sizeof ignored) > 0) {
    }
    ::close(output_);
    int status = 0;
    ::waitpid(std::exchange(process_, 0), &status, 0);
    return status;
  }

 private:
  Child(pid_t process, int output) : process_(process), output_(output) {}
  pid_t process_;
  int output_;
};

}  // namespace

Result<void> start(const StartOptions& options, const Report& report) {
  const auto began = Clock::now();
  auto child = Child::spawn(options.command);
  if (!child) return failure_of(child);
  const auto line = child->ready_line();
  if (!line) return failure_of(line);
  const auto ready = milliseconds_since(began);
  const auto address = Address::parse(word_after(*line, "kafka"));
  if (!address) return failure_of(address);
  auto connection = Connection::open(*address);
  if (!connection) return failure_of(connection);
  const auto answer = ask<protocol::MetadataRequest, protocol::MetadataResponse>(*connection, {});
  if (!answer) return failure_of(answer);
  const auto answered = milliseconds_since(began);
  std::size_t partitions = 0;
  for (const auto& topic : answer->topics) partitions += topic.partitions.size();
  const auto use = use_of(child->process());
  if (!use) return failure_of(use);
  const auto memory = memory_of(child->process());
  if (!memory) return failure_of(memory);

  report.add("ready_ms", ready);
  report.add("first_answer_ms", answered);
  report.add("own_start_ms", std::strtod(word_after(*line, "start_ms").c_str(), nullptr));
  report.add("cpu_ms", use->cpu_seconds * 1000);
  report.add_exact("partitions", static_cast<double>(partitions));
  report.add("rss_mb", memory->resident_bytes / 1e6);
  report.add("pss_mb", memory->proportional_bytes / 1e6);
  report.add("own_mb", memory->own_bytes / 1e6);

  const auto ending = Clock::now();
  const int status = child->end(options.kill ? SIGKILL : SIGTERM);
  report.add("end_ms", milliseconds_since(ending));
  if (!options.kill && status != 0) {
    return failure(Errc::io, "the daemon ended with status " + std::to_string(status));
  }
  return {};
}

}  // namespace millrace::bench
