#pragma once
// The routes of the door, each a function in routes/, and what they may use. Handlers translate: the engine's values to
// JSON. Any network thread.

#include <atomic>
#include <memory>
#include <string>

#include "event_rules.hpp"
#include "millrace/dispatch/dispatcher.hpp"
#include "millrace/http/server.hpp"
#include "millrace/redrive/jobs.hpp"
#include "millrace/redrive/letters.hpp"
#include "millrace/runtime/broker_runtime.hpp"
#include "millrace/runtime/delivery_runtime.hpp"
#include "millrace/runtime/group_runtime.hpp"
#include "router.hpp"
#include "session.hpp"

namespace spdlog {
class logger;
}

namespace millrace::http {

class Scraper;
class Lookups;
class Readers;
class CatalogueWatch;
struct Counts;
class GroupMembers;

/// What every handler may use. Shared by all threads.
struct Context {
  runtime::BrokerRuntime& broker;
  runtime::GroupRuntime& groups;
  runtime::DeliveryRuntime& delivery;
  dispatch::Dispatcher& dispatcher;
  dispatch::SinkTests& sink_tests;
  redrive::Letters& letters;
  redrive::Jobs& jobs;
  std::string version;
  std::function<std::vector<Endpoint>()> kafka_addresses;
  Timestamp since;  ///< when the door was made
  std::atomic<bool>& draining;
  Scraper& scraper;
  ListConnections connections;  ///< of all doors
  Lookups& lookups;
  Readers& readers;
  CatalogueWatch& catalogue;
  Counts& counts;
  GroupMembers& members;
  RuleBook& rules;
  tracing::Tracer* tracer;  ///< null when nobody wants traces
  spdlog::logger& diagnostics;
};

using Handler = runtime::Task<Response> (*)(const Context& context, Request request);

class Api final : public Answerer {
 public:
  Api(runtime::BrokerRuntime& broker, runtime::GroupRuntime& groups, const Backends& backends,
      const ServerOptions& options, Scraper& scraper, ListConnections connections, Lookups& lookups, Readers& readers,
      CatalogueWatch& catalogue, Counts& counts, GroupMembers& members, std::shared_ptr<spdlog::logger> diagnostics);

  [[nodiscard]] std::string fresh_id() override;
  [[nodiscard]] std::optional<Response> before_body(const Request& request) override;
  [[nodiscard]] runtime::Task<Response> answer(Request request) override;

  /// From now on the broker is not ready.
  void drain() { draining_ = true; }

 private:
  std::atomic<bool> draining_ = false;
  RuleBook rules_;
  Context context_;
  Router router_;
  std::shared_ptr<spdlog::logger> diagnostics_;
};

}  // namespace millrace::http
