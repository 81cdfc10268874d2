#include "lookups.hpp"

#include <exception>
#include <system_error>

namespace millrace::sender {

namespace {

/// Names that are remembered as not found: more than there are sinks.
constexpr std::size_t doubtful_max = 100'000;

/// An exception must not end the thread, and those who wait must hear of it.
Lookups::Found looked_up(const Lookup& lookup, const std::string& name) {
  try {
    return lookup(name);
  } catch (const std::exception& escaped) {
    return failure(Errc::io, "the name " + name + " cannot be looked up: " + escaped.what());
  }
}

}  // namespace

void Lookups::find(const std::string& name, Done done) {
  const std::lock_guard lock(mutex_);
  if (is_closed_) return;
  const auto [at, is_new] = asked_.try_emplace(name);
  at->second.push_back(std::move(done));
  if (!is_new) return;
  (doubtful_.contains(name) ? next_doubtful_ : next_).push_back(name);
  if (next_.size() + next_doubtful_.size() > idle_ && threads_.size() < threads_max_) {
    try {
      threads_.emplace_back([this] { run(); });
    } catch (const std::system_error&) {
      // There is none to be had: those that there are come to it, or the deadline does.
    }
  }
  wake_.notify_one();
}

void Lookups::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    wake_.wait(lock, [this] { return is_closed_ || !next_.empty() || may_doubt(); });
    --idle_;
    if (is_closed_) return;
    const bool is_doubtful = next_.empty();
    auto& from = is_doubtful ? next_doubtful_ : next_;
    const auto name = std::move(from.front());
    from.pop_front();
    doubtful_under_way_ += is_doubtful ? 1 : 0;
    lock.unlock();
    const auto found = looked_up(lookup_, name);
    lock.lock();
    doubtful_under_way_ -= is_doubtful ? 1 : 0;
    note(name, found.has_value());
    const auto waiting = asked_.extract(name);
    if (is_closed_) return;
    lock.unlock();
    for (const auto& done : waiting.mapped()) done(found);
    lock.lock();
  }
}

void Lookups::note(const std::string& name, bool is_found) {
  if (is_found) {
    doubtful_.erase(name);
  } else if (doubtful_.size() < doubtful_max) {
    doubtful_.insert(name);
  }
  if (may_doubt()) wake_.notify_one();
}

void Lookups::close() {
  std::vector<std::thread> ending;
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    ending.swap(threads_);
  }
  wake_.notify_all();
  for (auto& thread : ending) thread.join();
  const std::lock_guard lock(mutex_);
  asked_.clear();
}

}  // namespace millrace::sender
