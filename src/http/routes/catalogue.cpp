// GET /v1/catalog: which events there are, where, how many, and which groups read their topics.

#include <set>

#include "awaited.hpp"
#include "catalogue_watch.hpp"
#include "json.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/core/rfc3339.hpp"
#include "millrace/runtime/group_runtime.hpp"
#include "problem.hpp"
#include "query.hpp"
#include "readers.hpp"
#include "routes.hpp"

namespace millrace::http::routes {

namespace {

constexpr std::size_t groups_max = 100;  ///< of a topic

using GroupsByTopic = std::map<std::string, std::set<std::string>>;

/// Those that have committed an offset. Looks at every group, so not for network threads.
GroupsByTopic groups_by_topic(const runtime::GroupRuntime& groups) {
  GroupsByTopic reading;
  groups.for_each_committed([&](groups::Coordinator::Committed committed) {
    auto& names = reading[std::string(committed.topic)];
    if (names.size() < groups_max) names.insert(std::string(committed.group));
  });
  return reading;
}

Json json_of(const EventCatalogue::Key& key, const EventCatalogue::Entry& entry, const GroupsByTopic& reading) {
  const auto groups = reading.find(key.topic);
  const auto said = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
  return {{"topic", key.topic},
          {"type", key.type},
          {"source", key.source},
          {"count", entry.count},
          {"per_second", std::round(entry.per_second * 1'000) / 1'000},
          {"first_seen", rfc3339(entry.first_seen)},
          {"last_seen", rfc3339(entry.last_seen)},
          {"newest", {{"partition", entry.partition}, {"offset", entry.offset.value()}}},
          {"dataschema", said(entry.data_schema)},
          {"datacontenttype", said(entry.data_content_type)},
          {"groups", groups == reading.end() ? Json::array() : Json(groups->second)}};
}

Response view(const CatalogueWatch& watch, const std::optional<std::string>& only, const GroupsByTopic& reading) {
  auto events = Json::array();
  auto topics = Json::array();
  watch.with([&](const EventCatalogue& catalogue) {
    for (const auto& [key, entry] : catalogue.entries()) {
      if (!only || key.topic == *only) events.push_back(json_of(key, entry, reading));
    }
    for (const auto& [name, total] : catalogue.topics()) {
      if (only && name != *only) continue;
      topics.push_back({{"topic", name},
                        {"events", total.events},
                        {"other_events", total.other_events},
                        {"other_records", total.other_records},
                        {"passed_over", total.passed_over}});
    }
  });
  return json_answer(
      Json{{"since", rfc3339(watch.since())}, {"events", std::move(events)}, {"topics", std::move(topics)}});
}

}  // namespace

runtime::Task<Response> list_catalogue(const Context& context, Request request) {
  Query query(request);
  const auto only = query.text("topic");
  if (auto known = query.all_known(); !known) co_return answer_of(problems::invalid(known.error().message), request.id);
  if (only && !context.broker.topology()->find(*only)) {
    co_return answer_of(problems::not_found("topic " + escaped(*only) + " does not exist"), request.id);
  }
  auto ask = [&context, &only](auto done) {
    context.readers.post([&context, only = only, done = std::move(done)]() mutable {
      done(view(context.catalogue, only, groups_by_topic(context.groups)));
    });
  };
  co_return co_await awaited<Response>(std::move(ask));
}

}  // namespace millrace::http::routes
