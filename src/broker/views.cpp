// Views: documents that the catalog understands, because their names are topics'.

#include <nlohmann/json.hpp>

#include "millrace/broker/catalog.hpp"
#include "millrace/core/escaped.hpp"

namespace millrace::broker {

namespace {

ViewAnswer refused(ErrorCode error, std::string_view name, std::string_view why) {
  return {error, "view \"" + escaped(name) + "\" " + std::string(why), {}};
}

std::string in_quotes(std::string_view topic) { return "topic \"" + escaped(topic) + "\""; }

/// The members that the catalog reads, in front of the filter's own.
std::string document_of(const nlohmann::json& filter, const View& view) {
  nlohmann::ordered_json document{{"id", view.id.to_string()}, {"topic", view.topic}, {"created_at", view.created_at}};
  for (const auto& [name, value] : filter.items()) document.emplace(name, value);
  return document.dump();
}

}  // namespace

Catalog::ViewPtr Catalog::find_view(std::string_view name) const {
  const auto found = views_.find(name);
  return found != views_.end() && found->first == name ? found->second : nullptr;
}

std::optional<std::string> Catalog::named_view(std::string_view name) const {
  const auto view = find_view(name);
  if (!view) return std::nullopt;
  return "view \"" + view->name + "\" of " + in_quotes(view->topic);
}

std::string Catalog::views_of(std::string_view topic) const {
  constexpr std::size_t named_max = 5;
  std::string text;
  std::size_t count = 0;
  for (const auto& [name, view] : views_) {
    if (view->topic != topic || ++count > named_max) continue;
    text += (text.empty() ? "" : ", ") + name;
  }
  if (count > named_max) text += " and " + std::to_string(count - named_max) + " more";
  return text;
}

ViewAnswer Catalog::change_view(const ChangeView& wanted, const Uuid& id, Timestamp wall_now) const {
  const auto& name = wanted.name;
  if (const auto fault = topic_name_fault(name)) return {ErrorCode::invalid_topic_exception, *fault, {}};
  const auto before = find_view(name);
  if (!wanted.filter) {
    if (!before) return refused(ErrorCode::unknown_topic_or_partition, name, "does not exist");
    return {ErrorCode::none, {}, {DocumentRemoved{DocumentKind::view, name}}};
  }
  if (is_reserved_name(name) || name == notices_topic) {
    return refused(ErrorCode::invalid_topic_exception, name, "cannot be: the name is the broker's own");
  }
  if (find(name)) return refused(ErrorCode::topic_already_exists, name, "cannot be: there is a topic of that name");
  const auto topic = by_name_.find(name);
  const auto view = views_.find(name);
  if (!before && (topic != by_name_.end() || view != views_.end())) {
    const auto other = topic != by_name_.end() ? in_quotes(topic->first) : *named_view(view->first);
    return refused(ErrorCode::invalid_topic_exception, name,
                   "collides with " + other + ": '.' and '_' count as the same");
  }
  if (const auto other = named_view(wanted.topic)) {
    return refused(ErrorCode::invalid_request, name, "needs a topic to be of, and cannot be of " + *other);
  }
  const auto source = find(wanted.topic);
  if (!source) {
    return refused(ErrorCode::unknown_topic_or_partition, name,
                   "needs a topic to be of: " + in_quotes(wanted.topic) + " does not exist");
  }
  if (source->is_internal || is_reserved_name(wanted.topic)) {
    return refused(ErrorCode::invalid_topic_exception, name,
                   "cannot be of " + in_quotes(wanted.topic) + ", which is the broker's own");
  }
  if (!before && views_.size() >= views_max) {
    return refused(ErrorCode::policy_violation, name, "is one too many: there are " + std::to_string(views_max));
  }
  const auto filter = nlohmann::json::parse(*wanted.filter, nullptr, false);
  if (!filter.is_object()) return refused(ErrorCode::invalid_request, name, "has a filter that is no object of JSON");
  const bool is_same_topic = before && before->topic == wanted.topic;
  auto document = document_of(filter, {.name = name,
                                       .id = is_same_topic ? before->id : id,
                                       .topic = wanted.topic,
                                       .created_at = is_same_topic ? before->created_at : wall_now,
                                       .document = nullptr});
  if (document.size() > document_bytes_max) {
    return refused(ErrorCode::policy_violation, name, "has more than " + std::to_string(document_bytes_max) + " bytes");
  }
  if (before && *before->document == document) return {};
  return {ErrorCode::none, {}, {DocumentStored{DocumentKind::view, name, std::move(document)}}};
}

void Catalog::take_in_view(const std::string& name, const std::shared_ptr<const std::string>& document) {
  // What only another version understands is kept, and not served.
  const auto said = nlohmann::json::parse(*document, nullptr, false);
  const auto text = [&](const char* member) {
    const auto found = said.is_object() ? said.find(member) : said.end();
    return found != said.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  const auto id = Uuid::parse(text("id"));
  const auto topic = text("topic");
  const auto other = views_.find(name);
  if (other != views_.end()) views_.erase(other);
  if (!id || topic.empty() || topic_name_fault(name)) return;
  const auto created_at = said.find("created_at");
  View view{.name = name, .id = *id, .topic = topic, .created_at = 0, .document = document};
  if (created_at != said.end() && created_at->is_number_integer()) view.created_at = created_at->get<Timestamp>();
  views_.emplace(name, std::make_shared<const View>(std::move(view)));
}

}  // namespace millrace::broker
