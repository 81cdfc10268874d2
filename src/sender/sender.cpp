#include "millrace/sender/sender.hpp"

#include <spdlog/logger.h>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <functional>
#include <mutex>
#include <set>

#include "exchange.hpp"
#include "lookups.hpp"
#include "millrace/runtime/task_group.hpp"
#include "pool.hpp"
#include "trust.hpp"

namespace millrace::sender {

namespace asio = boost::asio;
using boost::system::error_code;
using SteadyClock = std::chrono::steady_clock;
using Done = runtime::Callback<void(Outcome)>;

namespace {

constexpr asio::use_awaitable_t<runtime::Executor> awaiting{};

/// What belongs to one network thread.
struct Lane {
  Lane(runtime::Executor of, const SenderOptions& options)
      : executor(of), pool(options.idle_per_sink, options.idle_max, options.idle_time), pause(of) {}

  runtime::Executor executor;
  Pool pool;
  runtime::Timer pause;  ///< between two sweeps
  std::set<Exchange*> under_way;
  bool is_sweeping = false;
  bool is_stopped = false;
};

Result<void> check(const SenderOptions& options) {
  const auto positive = [](std::string_view name) {
    return failure(Errc::invalid, "sender: " + std::string(name) + " = 0: at least 1");
  };
  if (options.idle_per_sink == 0) return positive("idle_per_sink");
  if (options.idle_max == 0) return positive("idle_max");
  if (options.idle_time < Milliseconds(1)) return positive("idle_time");
  if (options.lookups_max == 0) return positive("lookups_max");
  return {};
}

}  // namespace

struct Sender::Impl : std::enable_shared_from_this<Impl> {
  Impl(runtime::IoThreads& threads, SenderOptions given, std::shared_ptr<asio::ssl::context> authorities,
       std::shared_ptr<spdlog::logger> logger)
      : options(std::move(given)),
        trusted(std::move(authorities)),
        diagnostics(std::move(logger)),
        lookups(options.lookups_max, options.lookup),
        tasks([said = diagnostics](std::string_view what) {
          said->error("sender ended by exception what=\"{}\"", what);
        }) {
    for (std::size_t at = 0; at < threads.size(); ++at)
      lanes.push_back(std::make_unique<Lane>(threads.at(at).get_executor(), options));
  }

  [[nodiscard]] Lane& lane_of(const subscriptions::SinkUrl& sink) {
    return *lanes[(std::hash<std::string>{}(sink.host) + sink.port) % lanes.size()];
  }
  static runtime::Task<> carry(std::shared_ptr<Impl> self, Lane& lane, std::unique_ptr<Exchange> exchange, Done done);
  static runtime::Task<> sweep(std::shared_ptr<Impl> self, Lane& lane);
  static runtime::Task<> end(std::shared_ptr<Impl> self, Lane& lane);
  void stop();

  const SenderOptions options;
  const std::shared_ptr<asio::ssl::context> trusted;
  const std::shared_ptr<spdlog::logger> diagnostics;
  Lookups lookups;
  std::vector<std::unique_ptr<Lane>> lanes;
  runtime::TaskGroup tasks;
  std::mutex mutex;
  bool is_stopped = false;  ///< under the mutex; no task begins after it
};

runtime::Task<> Sender::Impl::carry(std::shared_ptr<Impl> self, Lane& lane, std::unique_ptr<Exchange> exchange,
                                    Done done) {
  // Nothing of it happens inside of send(), whoever calls it.
  co_await asio::post(lane.executor, awaiting);
  auto outcome = stopped();
  if (!lane.is_stopped) {
    lane.under_way.insert(exchange.get());
    try {
      outcome = co_await exchange->run();
    } catch (const std::exception& escaped) {
      outcome.cause = "the request was given up: " + std::string(escaped.what());
    }
    lane.under_way.erase(exchange.get());
  }
  exchange.reset();
  if (lane.pool.size() > 0 && !lane.is_sweeping && !lane.is_stopped) {
    lane.is_sweeping = true;
    self->tasks.spawn(lane.executor, sweep(self, lane));
  }
  done(std::move(outcome));
}

/// As long as connections wait.
runtime::Task<> Sender::Impl::sweep(std::shared_ptr<Impl> self, Lane& lane) {
  while (lane.pool.size() > 0 && !lane.is_stopped) {
    lane.pause.expires_after(std::max(Milliseconds(1), self->options.idle_time / 2));
    error_code woken;
    auto token = asio::redirect_error(awaiting, woken);
    co_await lane.pause.async_wait(token);
    lane.pool.sweep(SteadyClock::now());
  }
  lane.is_sweeping = false;
}

runtime::Task<> Sender::Impl::end(std::shared_ptr<Impl> /*kept*/, Lane& lane) {
  lane.is_stopped = true;
  lane.pool.clear();
  lane.pause.cancel();
  for (auto* const exchange : lane.under_way) exchange->cancel();
  co_return;
}

void Sender::Impl::stop() {
  {
    const std::lock_guard lock(mutex);
    if (std::exchange(is_stopped, true)) return;
  }
  for (const auto& lane : lanes) tasks.spawn(lane->executor, end(shared_from_this(), *lane));
}

Sender::Sender(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Sender>> Sender::open(runtime::IoThreads& threads, SenderOptions options,
                                             std::shared_ptr<spdlog::logger> diagnostics) {
  if (auto checked = check(options); !checked) return failure_of(checked);
  auto trusted = trust(options.ca_file);
  if (!trusted) return failure_of(trusted);
  auto impl = std::make_shared<Impl>(threads, std::move(options), std::move(*trusted), std::move(diagnostics));
  return std::unique_ptr<Sender>(new Sender(std::move(impl)));
}

Sender::~Sender() {
  impl_->stop();
  impl_->lookups.close();
}

void Sender::send(const subscriptions::SinkUrl& sink, Outgoing request, Milliseconds timeout, Done done) {
  auto& impl = *impl_;
  auto& lane = impl.lane_of(sink);
  Means means{.executor = lane.executor,
              .options = impl.options,
              .trusted = impl.trusted,
              .lookups = impl.lookups,
              .pool = lane.pool};
  auto exchange = std::make_unique<Exchange>(std::move(means), sink, std::move(request), SteadyClock::now() + timeout);
  {
    const std::lock_guard lock(impl.mutex);
    if (!impl.is_stopped) {
      impl.tasks.spawn(lane.executor, Impl::carry(impl_, lane, std::move(exchange), std::move(done)));
      return;
    }
  }
  done(stopped());
}

void Sender::stop(std::function<void()> when_done) {
  impl_->stop();
  if (when_done) impl_->tasks.when_idle(std::move(when_done));
}

push::Attempt attempt_of(const Outcome& outcome) {
  return {
      .ending = outcome.ending, .status = outcome.status, .retry_after = outcome.retry_after, .cause = outcome.cause};
}

}  // namespace millrace::sender
