// What subscriptions inherit: kept as documents of their own, one of the cluster and one of each topic that has some.

#include <nlohmann/json.hpp>

#include "dispatcher_impl.hpp"
#include "millrace/core/escaped.hpp"

namespace millrace::dispatch {

using Why = Refusal::Why;
using subscriptions::Defaults;

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view object = "the object of defaults";  ///< as messages call it
constexpr std::string_view of_cluster = "*";                   ///< no topic has that name

std::string document_of(const Defaults& defaults, const Uuid& topic) {
  Json out{{"config", Json::parse(subscriptions::to_json(defaults))}};
  if (!topic.is_zero()) out["topic_id"] = topic.to_string();
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

struct OfTopic {
  Uuid topic{};  ///< zero: of the cluster
  Defaults defaults{};
};

Result<OfTopic> read_document(const std::string& json) {
  const auto document = Json::parse(json, nullptr, false);
  if (!document.is_object() || !document.contains("config"))
    return failure(Errc::unsupported, "the document has no config");
  OfTopic out;
  if (const auto id = document.find("topic_id"); id != document.end()) {
    const auto parsed = id->is_string() ? Uuid::parse(id->get<std::string>()) : std::nullopt;
    if (!parsed) return failure(Errc::unsupported, "the document has a topic_id that is none");
    out.topic = *parsed;
  }
  auto read = subscriptions::read_defaults(document["config"].dump(-1, ' ', false, Json::error_handler_t::replace));
  if (!read) return failure(Errc::unsupported, "the document has a config with " + read.error().front().detail);
  out.defaults = *std::move(read);
  return out;
}

tl::unexpected<Refusal> refused_for(const std::string& id, const subscriptions::Faults& faults) {
  const auto& fault = faults.front();
  subscriptions::Faults told{{.pointer = "", .rule = fault.rule, .detail = "subscription " + id + ": " + fault.detail}};
  return refused(std::move(told), object);
}

}  // namespace

Dispatcher::Impl::InheritancePtr Dispatcher::Impl::inheritance_now() const {
  return inheritance.with([](const InheritancePtr& now) { return now; });
}

void Dispatcher::Impl::restore_defaults() {
  auto all = std::make_shared<Inheritance>();
  const auto catalog = broker.catalog();
  for (const auto& [name, json] : catalog->documents(broker::DocumentKind::defaults)) {
    auto read = read_document(*json);
    if (!read) {
      diagnostics->warn("defaults of subscriptions not read, and kept of={} why=\"{}\"", escaped(name),
                        read.error().message);
    } else if (name == of_cluster) {
      all->cluster = std::move(read->defaults);
    } else if (const auto topic = broker.topology()->find(name); topic && topic->topic->id == read->topic) {
      all->topics[name] = std::move(read->defaults);
    }
  }
  inheritance.with([&](InheritancePtr& now) { now = std::move(all); });
}

Answered<std::vector<Kept>> Dispatcher::Impl::changed_by(const Inheritance& next) const {
  std::vector<Kept> changed;
  for (const auto& entry : all()) {
    const auto& before = entry->kept.subscription;
    auto after = subscriptions::inherit(*before, next);
    if (!after) return refused_for(before->id, after.error());
    if (after->config == before->config) continue;
    auto& kept = changed.emplace_back(entry->kept);
    kept.subscription = std::make_shared<const subscriptions::Subscription>(*std::move(after));
    if (auto writable = check_letters(*kept.subscription); !writable)
      return refused_for(before->id, writable.error().faults);
  }
  return changed;
}

void Dispatcher::Impl::follow(std::vector<Kept> changed) {
  const auto errors = serve_all(changed);
  for (std::size_t i = 0; i < changed.size(); ++i) {
    const auto& id = changed[i].subscription->id;
    if (errors[i] != ErrorCode::none && errors[i] != ErrorCode::unknown_topic_or_partition)
      diagnostics->error("subscription not served by its new rules id={} error={}", id, name_of(errors[i]));
    const auto before = find(id);
    (void)put(std::move(changed[i]), before);
  }
}

Answered<Defaults> Dispatcher::Impl::set_defaults(const std::string& topic, const std::string& json, bool dry_run) {
  auto read = subscriptions::read_defaults(json);
  if (!read) return refused(std::move(read.error()), object);
  const auto hosted = topic.empty() ? nullptr : broker.topology()->find(topic);
  if (!topic.empty() && (!hosted || hosted->topic->is_internal || hosted->view))
    return refused(Why::unknown_topic, "topic " + escaped(topic) + " does not exist");
  auto next = std::make_shared<Inheritance>(*inheritance_now());
  if (topic.empty()) {
    next->cluster = *read;
  } else if (read->empty()) {
    next->topics.erase(topic);
  } else {
    next->topics[topic] = *read;
  }
  if (auto checked = subscriptions::check(*next); !checked) return refused(std::move(checked.error()), object);
  auto changed = changed_by(*next);
  if (!changed) return tl::unexpected(std::move(changed.error()));
  if (dry_run) return *read;

  const auto name = topic.empty() ? std::string(of_cluster) : topic;
  const bool is_there = broker.catalog()->documents(broker::DocumentKind::defaults).contains(name);
  std::optional<std::string> document;
  if (!read->empty()) document = document_of(*read, hosted ? hosted->topic->id : Uuid());
  if (document || is_there) {
    auto stored = store({{.kind = broker::DocumentKind::defaults, .id = name, .json = std::move(document)}});
    if (!stored) return tl::unexpected(std::move(stored.error()));
  }
  inheritance.with([&](InheritancePtr& now) { now = std::move(next); });
  diagnostics->info("defaults of subscriptions set of={} keys={} changed={}", escaped(name), read->size(),
                    changed->size());
  follow(*std::move(changed));
  return *read;
}

void Dispatcher::Impl::forget_defaults() {
  std::vector<broker::ChangeDocument> gone;
  const auto catalog = broker.catalog();
  auto next = std::make_shared<Inheritance>(*inheritance_now());
  for (const auto& [name, json] : catalog->documents(broker::DocumentKind::defaults)) {
    const auto read = read_document(*json);
    if (!read || name == of_cluster) continue;
    const auto topic = broker.topology()->find(name);
    if (topic && topic->topic->id == read->topic) continue;
    gone.push_back({.kind = broker::DocumentKind::defaults, .id = name, .json = std::nullopt});
    next->topics.erase(name);
  }
  if (gone.empty()) return;
  // Who subscribes to them is suspended. What their owners say may break a rule now; it does not once it is mended.
  auto changed = changed_by(*next);
  inheritance.with([&](InheritancePtr& now) { now = std::move(next); });
  if (changed) follow(*std::move(changed));
  if (auto stored = store(std::move(gone)); !stored)
    diagnostics->error("defaults of a deleted topic not forgotten why=\"{}\"", stored.error().detail);
}

}  // namespace millrace::dispatch
