#pragma once
// Every coroutine that is started is counted here, and an exception that escapes one is written down in one place.
// Shared: spawn from any thread; the task runs on the executor it was given. When the last task has ended, `on_idle`
// given to close() is called once, on the thread where it ended.

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>

#include "millrace/runtime/io.hpp"

namespace millrace::runtime {

class TaskGroup {
 public:
  using OnEscape = std::function<void(std::string_view what)>;
  explicit TaskGroup(OnEscape on_escape) : state_(std::make_shared<State>()) {
    state_->on_escape = std::move(on_escape);
  }

  /// Parameters of the coroutine are taken by value by whoever calls this; it may not capture.
  void spawn(const Executor& executor, Task<> task) {
    {
      const std::lock_guard lock(state_->mutex);
      ++state_->running;
    }
    asio::co_spawn(executor, std::move(task), [state = state_](std::exception_ptr escaped) { state->ended(escaped); });
  }

  [[nodiscard]] std::size_t running() const {
    const std::lock_guard lock(state_->mutex);
    return state_->running;
  }

  /// Calls `on_idle` as soon as nothing runs any more: at once if so now.
  void when_idle(std::function<void()> on_idle) {
    std::unique_lock lock(state_->mutex);
    if (state_->running > 0) {
      state_->on_idle = std::move(on_idle);
      return;
    }
    lock.unlock();
    on_idle();
  }

 private:
  struct State {
    std::mutex mutex;
    std::size_t running = 0;
    std::function<void()> on_idle;
    OnEscape on_escape;

    void ended(const std::exception_ptr& escaped) {
      if (escaped) {
        try {
          std::rethrow_exception(escaped);
        } catch (const std::exception& what) {
          on_escape(what.what());
        } catch (...) {
          on_escape("unknown exception");
        }
      }
      std::function<void()> idle;
      {
        const std::lock_guard lock(mutex);
        if (--running == 0) idle = std::exchange(on_idle, nullptr);
      }
      if (idle) idle();
    }
  };
  std::shared_ptr<State> state_;
};

}  // namespace millrace::runtime
