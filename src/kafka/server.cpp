#include "millrace/kafka/server.hpp"

#include <spdlog/logger.h>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>

#include "collect.hpp"
#include "connections.hpp"
#include "dispatcher.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/runtime/broker_runtime.hpp"
#include "millrace/runtime/listen.hpp"
#include "millrace/runtime/task_group.hpp"
#include "socket_options.hpp"

namespace millrace::kafka {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr asio::use_awaitable_t<runtime::Executor> awaiting{};
constexpr auto accept_pause = std::chrono::milliseconds(100);
constexpr auto refusal_interval = std::chrono::seconds(1);
constexpr auto sweep_interval = std::chrono::seconds(1);

/// Ids of fetch sessions must not repeat those of the run before: a client may still have one.
std::uint64_t seed_of(const Uuid& fresh) {
  std::uint64_t seed = 0;
  std::memcpy(&seed, fresh.bytes.data() + sizeof seed, sizeof seed);
  return seed;
}

std::vector<std::unique_ptr<Counts>> counts_for(std::size_t lanes) {
  std::vector<std::unique_ptr<Counts>> all(lanes);
  for (auto& each : all) each = std::make_unique<Counts>();
  return all;
}

bool is_out_of_descriptors(const error_code& error) {
  return error == asio::error::no_descriptors || error == boost::system::errc::too_many_files_open_in_system ||
         error == asio::error::no_buffer_space || error == asio::error::no_memory;
}

}  // namespace

struct Server::Impl : std::enable_shared_from_this<Server::Impl> {
  Impl(runtime::IoThreads& io, runtime::BrokerRuntime& broker, runtime::GroupRuntime& groups, ServerOptions given,
       std::shared_ptr<spdlog::logger> logger)
      : threads(io),
        options(std::move(given)),
        diagnostics(std::move(logger)),
        lanes(counts_for(io.size())),
        fetch_sessions(static_cast<std::size_t>(options.fetch_sessions_max), seed_of(broker.fresh_uuid())),
        dispatcher(Context{broker, groups, *diagnostics, advertised, fetch_sessions, options.tracer}),
        connections(options.connections_max, options.connections_per_address_max, io.size()),
        tasks(
            [logger = diagnostics](std::string_view what) { logger->error("task ended by exception what={}", what); }) {
    limits.request_bytes_max = options.request_bytes_max;
    limits.idle_timeout = options.idle_timeout;
    advertised.set(options.advertised);
    handle = [this](MutableBytes frame, const Peer& peer, Reply reply) {
      return dispatcher.handle(frame, peer, std::move(reply));
    };
  }

  Result<void> bind_all();
  Result<void> bind(const Endpoint& at);
  void admit(runtime::Socket socket, std::size_t listener, std::size_t lane);
  void complain_of(const Peer& peer, const std::string& why);
  void on_close(std::size_t lane, const std::shared_ptr<Session>& session, const std::string& why);
  static runtime::Task<> accept_loop(std::shared_ptr<Impl> self, std::size_t listener);
  static runtime::Task<> sweep_loop(std::shared_ptr<Impl> self, std::size_t lane);
  void stop_accepting();

  runtime::IoThreads& threads;
  ServerOptions options;
  std::shared_ptr<spdlog::logger> diagnostics;
  Advertised advertised;
  const std::vector<std::unique_ptr<Counts>> lanes;
  runtime::Guarded<FetchSessionCache> fetch_sessions;
  Dispatcher dispatcher;
  Connections connections;
  runtime::TaskGroup tasks;
  SessionLimits limits;
  Session::Handle handle;
  std::vector<std::unique_ptr<runtime::Acceptor>> acceptors;
  std::vector<std::unique_ptr<runtime::Timer>> sweepers;  ///< one a lane; each used on its own thread
  std::vector<Endpoint> bound;
  std::atomic<bool> stopping = false;
  // The accepting thread's.
  std::chrono::steady_clock::time_point last_refusal_said{};
  std::uint64_t refused_since_said = 0;
};

Result<void> Server::Impl::bind(const Endpoint& at) {
  auto acceptor = runtime::listen_on(threads.at(0), at, "listener");
  if (!acceptor) return failure_of(acceptor);
  error_code ignored;
  bound.push_back({.host = at.host, .port = (*acceptor)->local_endpoint(ignored).port()});
  acceptors.push_back(std::move(*acceptor));
  return {};
}

Result<void> Server::Impl::bind_all() {
  for (const auto& at : options.listeners) {
    if (auto done = bind(at); !done) return done;
  }
  return {};
}

runtime::Task<> Server::Impl::accept_loop(std::shared_ptr<Impl> self, std::size_t listener) {
  auto& acceptor = *self->acceptors[listener];
  runtime::Timer pause(self->threads.at(0));
  bool complained = false;
  while (!self->stopping) {
    const auto lane = self->connections.lightest_lane();
    runtime::Socket socket(self->threads.at(lane));
    error_code error;
    co_await acceptor.async_accept(socket, asio::redirect_error(awaiting, error));
    if (!error) {
      complained = false;
      self->admit(std::move(socket), listener, lane);
      continue;
    }
    if (self->stopping) co_return;
    if (is_out_of_descriptors(error) && !complained) {
      self->diagnostics->warn("cannot accept listener={} error=\"{}\" retry_ms={}", self->bound[listener].to_string(),
                              error.message(), accept_pause.count());
      complained = true;
    }
    // The connection stays in the backlog; accepting again at once would spin until a descriptor is free.
    pause.expires_after(accept_pause);
    error_code ignored;
    co_await pause.async_wait(asio::redirect_error(awaiting, ignored));
  }
}

void Server::Impl::admit(runtime::Socket socket, std::size_t listener, std::size_t lane) {
  error_code error;
  const auto remote = socket.remote_endpoint(error);
  if (error || stopping) return;  // gone already, or we are
  const auto local = socket.local_endpoint(error);
  if (error) return;
  Peer peer{.address = Endpoint{remote.address().to_string(), remote.port()}.to_string(),
            .host = remote.address().to_string(),
            .listener = listener,
            .reached = {local.address().to_string(), local.port()},
            .executor = socket.get_executor()};
  if (const auto refused = connections.admit(peer.host, lane)) return complain_of(peer, *refused);
  prepare(socket);
  lanes[lane]->accepted.add();
  auto session = std::make_shared<Session>(
      std::move(socket), std::move(peer), limits, handle, *lanes[lane],
      [this, lane](const std::shared_ptr<Session>& closed, const std::string& why) { on_close(lane, closed, why); });
  connections.add(lane, session);
  asio::post(threads.at(lane), [session] { session->start(); });
}

void Server::Impl::complain_of(const Peer& peer, const std::string& why) {
  // A flood of strangers must not become a flood of lines: one a second, which counts the others.
  const auto now = std::chrono::steady_clock::now();
  ++refused_since_said;
  if (now - last_refusal_said < refusal_interval) return;
  diagnostics->warn("connection refused peer={} why=\"{}\" refused={}", peer.address, why,
                    std::exchange(refused_since_said, 0));
  last_refusal_said = now;
}

void Server::Impl::on_close(std::size_t lane, const std::shared_ptr<Session>& session, const std::string& why) {
  const bool ordinary = why == "peer closed" || why == "idle" || why == "drained" || why == "stopped";
  diagnostics->log(ordinary ? spdlog::level::debug : spdlog::level::warn, "connection closed peer={} why=\"{}\"",
                   session->peer().address, escaped(why));
  connections.remove(lane, session);
}

runtime::Task<> Server::Impl::sweep_loop(std::shared_ptr<Impl> self, std::size_t lane) {
  auto& timer = *self->sweepers[lane];
  while (!self->stopping) {
    timer.expires_after(sweep_interval);
    error_code ignored;
    co_await timer.async_wait(asio::redirect_error(awaiting, ignored));
    const auto now = std::chrono::steady_clock::now();
    for (const auto& session : self->connections.of_lane(lane)) session->check_deadlines(now);
  }
}

void Server::Impl::stop_accepting() {
  if (stopping.exchange(true)) return;
  asio::post(threads.at(0), [self = shared_from_this()] {
    error_code ignored;
    for (auto& acceptor : self->acceptors) acceptor->close(ignored);
  });
  for (std::size_t lane = 0; lane < sweepers.size(); ++lane) {
    asio::post(threads.at(lane), [self = shared_from_this(), lane] { self->sweepers[lane]->cancel(); });
  }
}

Server::Server(runtime::IoThreads& threads, runtime::BrokerRuntime& broker, runtime::GroupRuntime& groups,
               ServerOptions options, std::shared_ptr<spdlog::logger> diagnostics)
    : impl_(std::make_shared<Impl>(threads, broker, groups, std::move(options), std::move(diagnostics))) {}

Server::~Server() { impl_->stop_accepting(); }

Result<void> Server::start() {
  if (auto bound = impl_->bind_all(); !bound) return bound;
  for (std::size_t listener = 0; listener < impl_->acceptors.size(); ++listener) {
    impl_->tasks.spawn(impl_->threads.at(0).get_executor(), Impl::accept_loop(impl_, listener));
  }
  for (std::size_t lane = 0; lane < impl_->threads.size(); ++lane) {
    impl_->sweepers.push_back(std::make_unique<runtime::Timer>(impl_->threads.at(lane)));
  }
  for (std::size_t lane = 0; lane < impl_->threads.size(); ++lane) {
    impl_->tasks.spawn(impl_->threads.at(lane).get_executor(), Impl::sweep_loop(impl_, lane));
  }
  return {};
}

const std::vector<Endpoint>& Server::addresses() const { return impl_->bound; }

void Server::reconfigure(const ServerOptions& options) {
  impl_->advertised.set(options.advertised);
  impl_->limits.request_bytes_max = options.request_bytes_max;
  impl_->limits.idle_timeout = options.idle_timeout;
  impl_->connections.set_limits(options.connections_max, options.connections_per_address_max);
}

void Server::collect(metrics::Exposition& into) const {
  kafka::collect(impl_->lanes, impl_->connections, impl_->fetch_sessions, into);
}

void Server::list_connections(std::function<void(std::vector<ConnectionFacts>)> done) const {
  // From thread to thread, each adding its own, so that no connection needs a lock.
  struct Round : std::enable_shared_from_this<Round> {
    std::shared_ptr<Impl> impl;
    std::function<void(std::vector<ConnectionFacts>)> done;
    std::vector<ConnectionFacts> facts;
    void visit(std::size_t lane) {
      if (lane == impl->threads.size()) return done(std::move(facts));
      asio::post(impl->threads.at(lane), [self = shared_from_this(), lane] {
        for (const auto& session : self->impl->connections.of_lane(lane)) self->facts.push_back(session->facts());
        self->visit(lane + 1);
      });
    }
  };
  const auto round = std::make_shared<Round>();
  round->impl = impl_;
  round->done = std::move(done);
  round->visit(0);
}

void Server::drain(std::function<void()> when_done) {
  impl_->stop_accepting();
  for (std::size_t lane = 0; lane < impl_->threads.size(); ++lane) {
    asio::post(impl_->threads.at(lane), [impl = impl_, lane] {
      for (const auto& session : impl->connections.of_lane(lane)) session->drain();
    });
  }
  impl_->connections.when_empty(std::move(when_done));
}

void Server::close() {
  impl_->stop_accepting();
  for (std::size_t lane = 0; lane < impl_->threads.size(); ++lane) {
    asio::post(impl_->threads.at(lane), [impl = impl_, lane] {
      for (const auto& session : impl->connections.of_lane(lane)) session->close("stopped");
    });
  }
}

}  // namespace millrace::kafka
