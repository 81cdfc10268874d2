#include "millrace/http/server.hpp"
#include "catalogue_watch.hpp"

#include <spdlog/logger.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <mutex>
#include <unordered_set>

#include "api.hpp"
#include "collect.hpp"
#include "group_members.hpp"
#include "lookups.hpp"
#include "millrace/runtime/listen.hpp"
#include "millrace/runtime/task_group.hpp"
#include "readers.hpp"
#include "scraper.hpp"
#include "unix_socket.hpp"

namespace millrace::http {

namespace asio = boost::asio;
using boost::system::error_code;
using Local = asio::local::stream_protocol;
using LocalAcceptor = asio::basic_socket_acceptor<Local, runtime::Executor>;

namespace {

constexpr asio::use_awaitable_t<runtime::Executor> awaiting{};
constexpr auto accept_pause = std::chrono::milliseconds(100);

SessionOptions session_options(const ServerOptions& from) {
  SessionOptions options;
  options.limits = {.section_max = limits::http_section_bytes_max,
                    .line_max = limits::http_line_bytes_max,
                    .fields_max = limits::http_fields_max};
  options.event_limits = {.section_max = limits::http_event_section_bytes_max,
                          .line_max = limits::http_event_line_bytes_max,
                          .fields_max = limits::http_event_fields_max};
  options.body_max = limits::http_body_bytes_max;
  options.header_timeout = from.header_timeout;
  options.request_timeout = from.request_timeout;
  options.idle_timeout = from.idle_timeout;
  options.write_timeout = Milliseconds(limits::http_write_timeout_ms);
  return options;
}

}  // namespace

struct Server::Impl : std::enable_shared_from_this<Server::Impl> {
  Impl(runtime::IoThreads& io, runtime::BrokerRuntime& engine, runtime::GroupRuntime& groups, const Backends& backends,
       ServerOptions given, std::shared_ptr<spdlog::logger> logger)
      : threads(io),
        broker(engine),
        options(std::move(given)),
        diagnostics(std::move(logger)),
        ages(limits::metrics_lag_looks_max, limits::metrics_lag_ages_max),
        scraper([this, &groups, backends](metrics::Exposition& into) { collect(groups, backends, into); },
                [said = diagnostics](std::string_view what) { said->error("metrics not collected what={}", what); }),
        lookups(broker, [said = diagnostics](
                            std::string_view what) { said->error("lookup ended by exception what={}", what); }),
        readers([said = diagnostics](std::string_view what) { said->error("read ended by exception what={}", what); }),
        catalogue(broker, [said = diagnostics](
                              std::string_view what) { said->error("catalogue ended by exception what={}", what); }),
        members(
            broker, groups,
            [said = diagnostics](std::string_view what) { said->error("members ended by exception what={}", what); }),
        api(
            broker, groups, backends, options, scraper, [this](auto done) { list_connections(std::move(done)); },
            lookups, readers, catalogue, counts, members, diagnostics),
        tasks([said = diagnostics](std::string_view what) { said->error("task ended by exception what={}", what); }),
        tcp(session_options(options)),
        local(session_options(options)) {}

  Result<void> bind(const Endpoint& at);
  template <class Acceptor, class Socket>
  static runtime::Task<> accept_loop(std::shared_ptr<Impl> self, Acceptor& acceptor, const SessionOptions& how);
  void admit(Stream stream, std::string peer, const SessionOptions& how);
  static runtime::Task<> serve(std::shared_ptr<Impl> self, std::shared_ptr<Session> session);
  [[nodiscard]] std::vector<std::shared_ptr<Session>> open_sessions();
  void list_connections(std::function<void(std::vector<Connection>)> done);
  void stop_accepting();
  void collect(const runtime::GroupRuntime& groups, const Backends& backends, metrics::Exposition& into);

  runtime::IoThreads& threads;
  runtime::BrokerRuntime& broker;
  ServerOptions options;
  std::shared_ptr<spdlog::logger> diagnostics;
  Counts counts;
  const std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
  LagAges ages;  ///< the scraper's
  Scraper scraper;
  Lookups lookups;
  Readers readers;
  CatalogueWatch catalogue;
  GroupMembers members;
  Api api;
  runtime::TaskGroup tasks;
  SessionOptions tcp;
  SessionOptions local;
  std::vector<std::unique_ptr<runtime::Acceptor>> acceptors;
  std::unique_ptr<LocalAcceptor> local_acceptor;
  std::vector<Endpoint> bound;
  std::atomic<bool> stopping = false;
  std::size_t next_lane = 0;  ///< of the accepting thread
  std::mutex mutex;
  std::unordered_set<std::shared_ptr<Session>> sessions;
};

Result<void> Server::Impl::bind(const Endpoint& at) {
  auto acceptor = runtime::listen_on(threads.at(0), at, "http listener");
  if (!acceptor) return failure_of(acceptor);
  error_code ignored;
  bound.push_back({.host = at.host, .port = (*acceptor)->local_endpoint(ignored).port()});
  acceptors.push_back(std::move(*acceptor));
  return {};
}

template <class Acceptor, class Socket>
runtime::Task<> Server::Impl::accept_loop(std::shared_ptr<Impl> self, Acceptor& acceptor, const SessionOptions& how) {
  runtime::Timer pause(self->threads.at(0));
  while (!self->stopping) {
    self->next_lane = (self->next_lane + 1) % self->threads.size();
    Socket socket(self->threads.at(self->next_lane));
    error_code error;
    auto token = asio::redirect_error(awaiting, error);
    co_await acceptor.async_accept(socket, token);
    if (self->stopping) co_return;
    if (error) {
      // Out of descriptors, for one: accepting again at once would spin until one is free.
      pause.expires_after(accept_pause);
      co_await pause.async_wait(token);
      continue;
    }
    auto peer = peer_of(socket);
    if (!peer) {
      self->counts.refused_peer.add();
      self->diagnostics->warn("connection refused why=\"{}\"", peer.error().message);
      continue;
    }
    self->admit(Stream(Stream::socket_type(std::move(socket))), std::move(*peer), how);
  }
}

void Server::Impl::admit(Stream stream, std::string peer, const SessionOptions& how) {
  auto session = std::make_shared<Session>(std::move(stream), std::move(peer), broker.now().wall, how, api, counts);
  {
    const std::lock_guard lock(mutex);
    if (sessions.size() >= static_cast<std::size_t>(options.connections_max)) {
      counts.refused_full.add();
      return;  // closed by going out of scope
    }
    sessions.insert(session);
  }
  counts.accepted.add();
  counts.open.add();
  tasks.spawn(session->executor(), serve(shared_from_this(), session));
}

runtime::Task<> Server::Impl::serve(std::shared_ptr<Impl> self, std::shared_ptr<Session> session) {
  co_await Session::run(session);
  self->counts.open.take();
  const std::lock_guard lock(self->mutex);
  self->sessions.erase(session);
}

std::vector<std::shared_ptr<Session>> Server::Impl::open_sessions() {
  const std::lock_guard lock(mutex);
  return {sessions.begin(), sessions.end()};
}

void Server::Impl::collect(const runtime::GroupRuntime& groups, const Backends& backends, metrics::Exposition& into) {
  collect_topics(*broker.topology(), into);
  collect_groups(broker, groups, ages, into);
  collect_broker(broker, into);
  collect_door(counts, into);
  collect_deliveries(backends.dispatcher, backends.delivery, into);
  collect_letters(backends.letters, backends.jobs, broker.now().wall, into);
  const std::chrono::duration<double> up = std::chrono::steady_clock::now() - began;
  into.add("millrace_build_info", 1.0, {options.version});
  into.add("millrace_uptime_seconds", up.count());
  for (const auto& collect_more : options.more_metrics) collect_more(into);
}

void Server::Impl::list_connections(std::function<void(std::vector<Connection>)> done) {
  std::vector<Connection> ours;
  for (const auto& session : open_sessions()) ours.push_back(session->facts());
  if (!options.kafka_connections) return done(std::move(ours));
  options.kafka_connections([ours = std::move(ours), done = std::move(done)](std::vector<Connection> all) {
    all.insert(all.end(), ours.begin(), ours.end());
    done(std::move(all));
  });
}

void Server::Impl::stop_accepting() {
  if (stopping.exchange(true)) return;
  api.drain();
  lookups.stop_sampling();
  catalogue.stop_watching();
  members.leave_all();
  asio::post(threads.at(0), [self = shared_from_this()] {
    error_code ignored;
    for (auto& acceptor : self->acceptors) acceptor->close(ignored);
    if (self->local_acceptor) self->local_acceptor->close(ignored);
    if (!self->options.unix_socket.empty()) ::unlink(self->options.unix_socket.c_str());
  });
}

Server::Server(runtime::IoThreads& threads, runtime::BrokerRuntime& broker, runtime::GroupRuntime& groups,
               const Backends& backends, ServerOptions options, std::shared_ptr<spdlog::logger> diagnostics)
    : impl_(std::make_shared<Impl>(threads, broker, groups, backends, std::move(options), std::move(diagnostics))) {}

Server::~Server() {
  impl_->stop_accepting();
  impl_->scraper.stop();
  impl_->lookups.stop();
  impl_->catalogue.finish();
  impl_->members.stop();
  impl_->readers.finish();
}

Result<void> Server::start() {
  auto& impl = *impl_;
  for (const auto& at : impl.options.listeners) {
    if (auto bound = impl.bind(at); !bound) return bound;
  }
  impl.tcp.hosts = {"localhost", "127.0.0.1", "::1"};
  for (const auto& at : impl.options.listeners) impl.tcp.hosts.push_back(at.host);
  for (const auto& host : impl.options.allowed_hosts) impl.tcp.hosts.push_back(host);
  if (!impl.options.unix_socket.empty()) {
    auto descriptor = listen_at(impl.options.unix_socket);
    if (!descriptor) return failure_of(descriptor);
    impl.local_acceptor = std::make_unique<LocalAcceptor>(impl.threads.at(0), Local(), *descriptor);
  }
  const auto executor = impl.threads.at(0).get_executor();
  for (auto& acceptor : impl.acceptors) {
    impl.tasks.spawn(executor, Impl::accept_loop<runtime::Acceptor, runtime::Socket>(impl_, *acceptor, impl.tcp));
  }
  if (impl.local_acceptor) {
    using LocalSocket = asio::basic_stream_socket<Local, runtime::Executor>;
    impl.tasks.spawn(executor, Impl::accept_loop<LocalAcceptor, LocalSocket>(impl_, *impl.local_acceptor, impl.local));
  }
  return {};
}

const std::vector<Endpoint>& Server::addresses() const { return impl_->bound; }

void Server::drain(std::function<void()> when_done) {
  impl_->stop_accepting();
  for (const auto& session : impl_->open_sessions()) {
    asio::post(session->executor(), [session] { session->drain(); });
  }
  impl_->tasks.when_idle(std::move(when_done));
}

void Server::close() {
  impl_->stop_accepting();
  for (const auto& session : impl_->open_sessions()) {
    asio::post(session->executor(), [session] { session->close(); });
  }
}

}  // namespace millrace::http
