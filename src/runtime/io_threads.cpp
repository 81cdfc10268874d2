#include "millrace/runtime/io_threads.hpp"

#include <sched.h>

#include <exception>

namespace millrace::runtime {

IoThreads::IoThreads(std::size_t count, OnEscape on_escape) : on_escape_(std::move(on_escape)) {
  if (count == 0) count = usable_cpus();
  for (std::size_t i = 0; i < count; ++i) lanes_.push_back(std::make_unique<Lane>());
}

IoThreads::~IoThreads() {
  stop();
  for (auto& lane : lanes_) {
    if (lane->thread.joinable()) lane->thread.join();
  }
}

void IoThreads::start() {
  running_ = lanes_.size();
  for (auto& lane : lanes_) {
    auto* of = lane.get();
    lane->thread = std::thread([this, of] { run(*of); });
  }
}

bool IoThreads::finish(std::chrono::milliseconds limit) {
  for (auto& lane : lanes_) lane->work.reset();
  std::unique_lock lock(mutex_);
  const bool in_time = ended_.wait_for(lock, limit, [this] { return running_ == 0; });
  lock.unlock();
  if (!in_time) stop();
  for (auto& lane : lanes_) {
    if (lane->thread.joinable()) lane->thread.join();
  }
  return in_time;
}

void IoThreads::stop() {
  for (auto& lane : lanes_) {
    lane->work.reset();
    lane->context.stop();
  }
}

void IoThreads::run(Lane& lane) {
  for (;;) {
    try {
      lane.context.run();
      break;
    } catch (const std::exception& escaped) {
      on_escape_(escaped.what());
    } catch (...) {
      on_escape_("unknown exception");
    }
  }
  {
    const std::lock_guard lock(mutex_);
    --running_;
  }
  ended_.notify_all();
}

std::size_t usable_cpus() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (::sched_getaffinity(0, sizeof mask, &mask) != 0) return 1;
  const auto count = CPU_COUNT(&mask);
  return count > 0 ? static_cast<std::size_t>(count) : 1;
}

}  // namespace millrace::runtime
