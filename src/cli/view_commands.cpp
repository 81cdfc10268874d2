// millrace view: topics of which a filter lets only some events be seen.

#include <memory>

#include "dialogue.hpp"
#include "event_filter.hpp"
#include "file_content.hpp"
#include "json_text.hpp"
#include "millrace/core/escaped.hpp"

namespace millrace::cli {

namespace {

struct Wish {
  std::string name;
  std::string topic;
  std::string filter;
  std::string file;  ///< of a whole view; "-": standard input; empty: none
  bool yes = false;
};

std::string target_of(const Wish& wish) { return path_of({"v1", "views", wish.name}); }

CLI::App* command(CLI::App& view, const char* verb, const char* about, Wish& wish) {
  auto* added = view.add_subcommand(verb, about)->fallthrough();
  added->add_option("view", wish.name, "its name")->required();
  return added;
}

/// Nothing when the file is no JSON object, which was said then.
std::optional<Json> body_of(const Wish& wish, const Dialogue& dialogue) {
  auto body = Json::object();
  if (!wish.file.empty()) {
    const auto content = content_of(wish.file);
    auto parsed = content ? parse_json(*content) : failure(Errc::io, "cannot be read");
    if (!parsed || !parsed->is_object()) {
      dialogue.fail(refused, escaped(wish.file) + " " + (parsed ? "is no JSON object" : parsed.error().message));
      return std::nullopt;
    }
    body = std::move(*parsed);
  }
  if (!wish.topic.empty()) body["topic"] = wish.topic;
  if (!wish.filter.empty()) body["filter"] = wish.filter;
  return body;
}

}  // namespace

void add_views(CLI::App& app, const Dialogue& dialogue) {
  auto& view = *app.add_subcommand("view", "Views: some events of a topic")->require_subcommand(0, 1)->fallthrough();
  const auto wish = std::make_shared<Wish>();
  view.add_subcommand("ls", "All of them")->fallthrough()->callback([&dialogue] {
    dialogue.print({.target = path_of({"v1", "views"})}, views::derived_views);
  });
  command(view, "show", "What one lets be seen", *wish)->callback([wish, &dialogue] {
    dialogue.print({.target = target_of(*wish)}, views::derived_view);
  });
  auto* create = command(view, "create", "Makes one, or makes it anew", *wish);
  create->add_option("--topic", wish->topic, "whose events they are");
  create->add_option("--filter", wish->filter, "which: CloudEvents SQL, docs/filters.md")->check(is_expression);
  create->add_option("-f,--file", wish->file, "a whole one as JSON; - reads standard input; options come on top");
  create->callback([wish, &dialogue] {
    if (wish->file.empty() && (wish->topic.empty() || wish->filter.empty())) {
      return dialogue.fail(wrong_usage, "a view has a --topic and a --filter; or it comes from a --file");
    }
    auto body = body_of(*wish, dialogue);
    if (!body) return;
    dialogue.print({.method = "PUT", .target = target_of(*wish), .body = std::move(*body)}, views::derived_view);
  });
  auto* remove = command(view, "delete", "Deletes one; the topic stays as it is", *wish);
  remove->add_flag("-y,--yes", wish->yes, "without being asked");
  remove->callback([wish, &dialogue] {
    if (!dialogue.is_agreed(wish->yes, "Delete view " + wish->name + "?")) return;
    dialogue.print({.method = "DELETE", .target = target_of(*wish)}, views::derived_view);
  });
}

}  // namespace millrace::cli
