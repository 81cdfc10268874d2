#include "millrace/runtime/committer.hpp"

#include <pthread.h>

#include "due.hpp"

namespace millrace::runtime {

Committer::Committer(disk::Disk& disk, std::size_t helpers) : disk_(disk) {
  for (std::size_t i = 0; i < helpers; ++i) helpers_.emplace_back([this] { help(); });
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "committer");
}

Committer::~Committer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  thread_.join();
  {
    const std::lock_guard lock(round_mutex_);
    helpers_stop_ = true;
  }
  round_begins_.notify_all();
  for (auto& helper : helpers_) helper.join();
}

bool Committer::mark_submitted(Flushable& log) {
  if (log.submitted_.exchange(true)) return false;
  log.submitted_at_.store(std::chrono::steady_clock::now().time_since_epoch().count(), std::memory_order_relaxed);
  return true;
}

void Committer::submit(std::shared_ptr<Flushable> log) {
  if (!mark_submitted(*log)) return;  // the round that takes it will see what was appended until then
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(log));
  }
  work_.notify_one();
}

void Committer::submit_within(const std::shared_ptr<Flushable>& log, Milliseconds delay) {
  const auto due = due_in(delay);
  const auto wanted = due.time_since_epoch().count();
  auto held = log->due_.load();
  do {
    if (held <= wanted) return;
  } while (!log->due_.compare_exchange_weak(held, wanted));
  {
    const std::lock_guard lock(mutex_);
    later_.emplace(due, log);
  }
  work_.notify_one();
}

void Committer::take_due(Due now) {
  while (!later_.empty() && later_.begin()->first <= now) {
    const auto [due, weak] = *later_.begin();
    later_.erase(later_.begin());
    auto log = weak.lock();
    auto held = due.time_since_epoch().count();
    // An earlier time was given after this one, and has come already.
    if (!log || !log->due_.compare_exchange_strong(held, Due::max().time_since_epoch().count())) continue;
    if (mark_submitted(*log)) queue_.push_back(std::move(log));
  }
}

void Committer::wait_for_work(std::unique_lock<std::mutex>& lock) {
  for (;;) {
    take_due(std::chrono::steady_clock::now());
    if (stopping_ || !queue_.empty()) return;
    if (later_.empty()) {
      work_.wait(lock);
    } else {
      const Due next = later_.begin()->first;  // a copy: the table changes while we wait
      work_.wait_until(lock, next);
    }
  }
}

void Committer::run() {
  for (;;) {
    std::vector<std::shared_ptr<Flushable>> logs;
    {
      std::unique_lock lock(mutex_);
      wait_for_work(lock);
      if (queue_.empty()) return;
      logs.swap(queue_);
      committing_ = true;
    }
    commit(std::move(logs));
    {
      const std::lock_guard lock(mutex_);
      committing_ = false;
    }
    idle_.notify_all();
  }
}

void Committer::drain() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return queue_.empty() && !committing_; });
}

void Committer::commit(std::vector<std::shared_ptr<Flushable>> logs) {
  std::vector<Entry> round;
  round.reserve(logs.size());
  const auto begins = std::chrono::steady_clock::now();
  for (auto& log : logs) {
    // Before the next submission can write it.
    const Due submitted_at(Due::duration(log->submitted_at_.load(std::memory_order_relaxed)));
    log->submitted_.store(false);  // before the ticket: what is appended after it must be submitted anew
    if (auto ticket = log->prepare_flush()) {
      counts_.queued.add(begins - submitted_at);
      round.push_back({std::move(log), std::move(ticket), {}});
    }
  }
  {
    const std::lock_guard lock(round_mutex_);
    round_ = std::move(round);
    next_entry_ = 0;
    ++round_number_;
  }
  if (round_.size() > 1) round_begins_.notify_all();
  perform_some();
  {
    std::unique_lock lock(round_mutex_);
    round_ends_.wait(lock, [this] { return helping_ == 0; });
    round = std::move(round_);
    round_.clear();
  }
  for (auto& entry : round) {
    if (entry.outcome) {
      entry.log->flushed(*entry.ticket);
    } else {
      entry.log->flush_failed(entry.outcome.error());
    }
  }
}

void Committer::perform_some() {
  for (;;) {
    const auto index = next_entry_.fetch_add(1);
    if (index >= round_.size()) return;
    auto& entry = round_[index];
    const auto begins = std::chrono::steady_clock::now();
    entry.outcome = log::perform(disk_, entry.ticket->work);
    counts_.took.add(std::chrono::steady_clock::now() - begins);
    if (!entry.outcome) counts_.failed.add();
  }
}

void Committer::help() {
  std::uint64_t seen = 0;
  for (;;) {
    {
      std::unique_lock lock(round_mutex_);
      round_begins_.wait(lock, [&] { return helpers_stop_ || (round_number_ != seen && round_.size() > 1); });
      if (helpers_stop_) return;
      seen = round_number_;
      ++helping_;
    }
    perform_some();
    {
      const std::lock_guard lock(round_mutex_);
      --helping_;
    }
    round_ends_.notify_one();
  }
}

}  // namespace millrace::runtime
