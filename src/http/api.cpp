#include "api.hpp"

#include <spdlog/logger.h>

#include <array>

#include "millrace/core/escaped.hpp"
#include "problem.hpp"
#include "request_span.hpp"
#include "routes/routes.hpp"

namespace millrace::http {

namespace {

/// What the body of a request is: JSON, unless it is of another site's choosing.
enum class Takes : std::uint8_t { json, events };
/// Whether the request is told in traces: those that come every few seconds from whoever watches are not.
enum class Traced : std::uint8_t { no, yes };

struct Served {
  Method method;
  const char* pattern;
  Handler handler;
  Takes takes = Takes::json;
  Traced traced = Traced::yes;
};

constexpr std::array<Served, 76> served{{
    {Method::get, "/health/live", routes::live, Takes::json, Traced::no},
    {Method::get, "/health/ready", routes::ready, Takes::json, Traced::no},
    {Method::get, "/metrics", routes::metrics, Takes::json, Traced::no},
    {Method::get, "/openapi.json", routes::describe_api},
    {Method::get, "/v1/brokers", routes::list_brokers},
    {Method::get, "/v1/catalog", routes::list_catalogue},
    {Method::get, "/v1/cluster", routes::cluster},
    {Method::get, "/v1/config", routes::list_config},
    {Method::get, "/v1/config/{key}", routes::describe_config},
    {Method::patch, "/v1/config", routes::alter_config},
    {Method::get, "/v1/connections", routes::list_connections},
    {Method::get, "/v1/log-directories", routes::list_log_directories},
    {Method::get, "/v1/loggers", routes::list_loggers},
    {Method::patch, "/v1/loggers", routes::set_loggers},
    {Method::post, "/v1/events", routes::route_events, Takes::events},
    {Method::get, "/v1/rules", routes::list_rules},
    {Method::get, "/v1/rules/{rule}", routes::describe_rule},
    {Method::put, "/v1/rules/{rule}", routes::put_rule},
    {Method::delete_, "/v1/rules/{rule}", routes::delete_rule},
    {Method::get, "/v1/dead-letters", routes::list_dead_letter_topics},
    {Method::get, "/v1/dead-letters/{topic}", routes::list_dead_letters},
    {Method::get, "/v1/dead-letters/{topic}/letters/{letter}", routes::describe_dead_letter},
    {Method::post, "/v1/dead-letters/{topic}/letters/{letter}:edit", routes::edit_dead_letter, Takes::events},
    {Method::post, "/v1/dead-letters/{topic}/discard", routes::discard_dead_letters},
    {Method::put, "/v1/dead-letters/{topic}/adoption", routes::adopt_dead_letters},
    {Method::delete_, "/v1/dead-letters/{topic}/adoption", routes::unadopt_dead_letters},
    {Method::get, "/v1/redrives", routes::list_redrives},
    {Method::post, "/v1/redrives", routes::begin_redrive},
    {Method::get, "/v1/redrives/{redrive}", routes::describe_redrive},
    {Method::delete_, "/v1/redrives/{redrive}", routes::forget_redrive},
    {Method::post, "/v1/redrives/{redrive}:pause", routes::pause_redrive},
    {Method::post, "/v1/redrives/{redrive}:resume", routes::resume_redrive},
    {Method::post, "/v1/redrives/{redrive}:cancel", routes::cancel_redrive},
    {Method::get, "/v1/topics", routes::list_topics},
    {Method::get, "/v1/topics/{topic}", routes::describe_topic},
    {Method::post, "/v1/topics", routes::create_topic},
    {Method::patch, "/v1/topics/{topic}", routes::alter_topic},
    {Method::delete_, "/v1/topics/{topic}", routes::delete_topic},
    {Method::post, "/v1/topics/{topic}/trim", routes::trim_topic},
    {Method::post, "/v1/topics/{topic}/events", routes::publish_events, Takes::events},
    {Method::get, "/v1/topics/{topic}/events", routes::read_topic_events},
    {Method::get, "/v1/topics/{topic}/events/stream", routes::stream_events},
    {Method::get, "/v1/topics/{topic}/ws", routes::web_socket_events},
    {Method::get, "/v1/topics/{topic}/partitions/{partition}/events", routes::read_partition_events},
    {Method::get, "/v1/groups", routes::list_groups},
    {Method::get, "/v1/groups/{group}", routes::describe_group},
    {Method::get, "/v1/groups/{group}/await", routes::await_group},
    {Method::get, "/v1/groups/{group}/events", routes::poll_group},
    {Method::post, "/v1/groups/{group}/offsets", routes::commit_offsets},
    {Method::delete_, "/v1/groups/{group}/members/{member}", routes::leave_group},
    {Method::post, "/v1/groups/{group}/dead-letters", routes::reject_record},
    {Method::post, "/v1/groups/{group}/reset", routes::reset_group},
    {Method::delete_, "/v1/groups/{group}", routes::delete_group},
    {Method::get, "/v1/subscription-defaults", routes::list_defaults},
    {Method::put, "/v1/subscription-defaults", routes::put_cluster_defaults},
    {Method::get, "/v1/topics/{topic}/subscription-defaults", routes::describe_topic_defaults},
    {Method::put, "/v1/topics/{topic}/subscription-defaults", routes::put_topic_defaults},
    {Method::get, "/v1/subscriptions", routes::list_subscriptions},
    {Method::get, "/v1/subscriptions/{subscription}", routes::describe_subscription},
    {Method::post, "/v1/subscriptions", routes::create_subscription},
    {Method::put, "/v1/subscriptions/{subscription}", routes::replace_subscription},
    {Method::delete_, "/v1/subscriptions/{subscription}", routes::delete_subscription},
    {Method::get, "/v1/subscriptions/{subscription}/events", routes::pull_events},
    {Method::get, "/v1/subscriptions/{subscription}/policy", routes::try_policy},
    {Method::post, "/v1/subscriptions/{subscription}:resume", routes::resume_subscription},
    {Method::post, "/v1/subscriptions/{subscription}:test", routes::test_subscription},
    {Method::post, "/v1/subscriptions/{subscription}:receive", routes::receive_events},
    {Method::post, "/v1/subscriptions/{subscription}:acknowledge", routes::acknowledge_events},
    {Method::post, "/v1/subscriptions/{subscription}:renew", routes::renew_events},
    {Method::post, "/v1/subscriptions/{subscription}:release", routes::release_events},
    {Method::post, "/v1/subscriptions/{subscription}:fail", routes::fail_events},
    {Method::post, "/v1/subscriptions/{subscription}:reject", routes::reject_events},
    {Method::get, "/v1/views", routes::list_views},
    {Method::get, "/v1/views/{view}", routes::describe_view},
    {Method::put, "/v1/views/{view}", routes::store_view},
    {Method::delete_, "/v1/views/{view}", routes::delete_view},
}};

std::vector<Router::Route> patterns() {
  std::vector<Router::Route> routes;
  for (const auto& each : served) routes.push_back({.method = each.method, .pattern = each.pattern});
  return routes;
}

bool takes_events(const std::vector<std::string>& path) {
  const bool is_routed = path.size() == 2 && path[1] == "events";
  return is_routed || (path.size() == 4 && path[1] == "topics" && path[3] == "events");
}

std::string path_of(const Request& request) {
  std::string text;
  for (const auto& segment : request.path) text += "/" + segment;
  return escaped(text);
}

}  // namespace

Api::Api(runtime::BrokerRuntime& broker, runtime::GroupRuntime& groups, const Backends& backends,
         const ServerOptions& options, Scraper& scraper, ListConnections connections, Lookups& lookups,
         Readers& readers, CatalogueWatch& catalogue, Counts& counts, GroupMembers& members,
         std::shared_ptr<spdlog::logger> diagnostics)
    : context_{.broker = broker,
               .groups = groups,
               .delivery = backends.delivery,
               .dispatcher = backends.dispatcher,
               .sink_tests = backends.sink_tests,
               .letters = backends.letters,
               .jobs = backends.jobs,
               .version = options.version,
               .kafka_addresses = options.kafka_addresses,
               .since = broker.now().wall,
               .draining = draining_,
               .scraper = scraper,
               .connections = std::move(connections),
               .lookups = lookups,
               .readers = readers,
               .catalogue = catalogue,
               .counts = counts,
               .members = members,
               .rules = rules_,
               .tracer = options.tracer,
               .diagnostics = *diagnostics},
      router_(patterns()),
      diagnostics_(std::move(diagnostics)) {}

std::string Api::fresh_id() { return context_.broker.fresh_uuid().to_string(); }

std::optional<Response> Api::before_body(const Request& request) {
  const auto match = router_.find(request.method, request.path);
  if (match.route) {
    const bool has_body =
        request.method == Method::post || request.method == Method::put || request.method == Method::patch;
    if (!has_body || request.content_type == "application/json") return std::nullopt;
    // An event has header fields or a type that no form of another site's page can send without asking first.
    if (served[*match.route].takes == Takes::events) return std::nullopt;
    // A form of another site's page cannot send this type without asking first, and nobody allows it.
    return answer_of(problems::media_type_unknown("Content-Type: \"" + escaped(request.content_type) +
                                                  "\" is not \"application/json\""),
                     request.id);
  }
  if (match.allowed.empty()) {
    return answer_of(problems::not_found("nothing is served at " + path_of(request)), request.id);
  }
  auto allowed = allow_text(match.allowed);
  if (request.method == Method::options) {
    Response response{.status = 204, .content_type = "", .body = "", .fields = {}};
    response.fields.emplace_back("Allow", std::move(allowed));
    if (takes_events(request.path)) routes::consent(request, response);
    return response;
  }
  const auto method = std::string(name_of(request.method));
  return answer_of(problems::method_not_allowed(method + " is none of " + allowed, allowed), request.id);
}

runtime::Task<Response> Api::answer(Request request) {
  auto match = router_.find(request.method, request.path);
  request.named = std::move(match.named);
  const auto& route = served[*match.route];
  std::optional<tracing::Span> span;
  if (context_.tracer != nullptr && route.traced == Traced::yes) {
    span = begin_span(*context_.tracer, request, route.pattern);
  }
  const auto id = request.id;
  const auto peer = request.peer;
  const auto what = std::string(name_of(request.method)) + " " + path_of(request);
  Response response;
  try {
    response = co_await route.handler(context_, std::move(request));
  } catch (const std::exception& fault) {
    diagnostics_->error("request failed id={} request=\"{}\" what=\"{}\"", id, what, fault.what());
    response = answer_of(problems::internal("the log of the broker says more under the request's id"), id);
  }
  if (span) end_span(*context_.tracer, std::move(*span), response);
  diagnostics_->debug("request id={} peer={} request=\"{}\" status={}", id, peer, what, response.status);
  co_return response;
}

}  // namespace millrace::http
