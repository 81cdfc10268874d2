// millrace view and millrace rule: what has a name, a topic and a filter. Views are topics of which a filter lets only
// some events be seen; rules say to which topic events go that are published without one.

#include <memory>

#include "dialogue.hpp"
#include "event_filter.hpp"
#include "file_content.hpp"
#include "json_text.hpp"
#include "millrace/core/escaped.hpp"

namespace millrace::cli {

namespace {

struct Noun {
  const char* name;
  const char* path;  ///< behind /v1
  const char* about;
  const char* about_show;
  const char* about_topic;
  const char* about_delete;
  const View& all;
  const View& one;
  bool is_rule = false;
};

struct DefinitionWish {
  std::string name;
  std::string topic;
  std::string filter;
  std::string file;  ///< of a whole one; "-": standard input; empty: none
  std::int32_t position = -1;
  bool yes = false;
};

std::string target_of(const Noun& noun, const DefinitionWish& wish) { return path_of({"v1", noun.path, wish.name}); }

/// Nothing when the file is no JSON object, which was said then.
std::optional<Json> body_of(const DefinitionWish& wish, const Dialogue& dialogue) {
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
  if (wish.position >= 0) body["position"] = wish.position;
  return body;
}

void create(const Noun& noun, const DefinitionWish& wish, const Dialogue& dialogue) {
  const bool is_whole = !wish.topic.empty() && (noun.is_rule || !wish.filter.empty());
  if (wish.file.empty() && !is_whole) {
    return dialogue.fail(wrong_usage, std::string("a ") + noun.name +
                                          (noun.is_rule ? " has a --topic" : " has a --topic and a --filter") +
                                          "; or it comes from a --file");
  }
  auto body = body_of(wish, dialogue);
  if (!body) return;
  dialogue.print({.method = "PUT", .target = target_of(noun, wish), .body = std::move(*body)}, noun.one);
}

void add(CLI::App& app, const Dialogue& dialogue, const Noun& noun) {
  auto& group = *app.add_subcommand(noun.name, noun.about)->require_subcommand(0, 1)->fallthrough();
  const auto wish = std::make_shared<DefinitionWish>();
  const auto command = [&](const char* verb, const char* about) {
    auto* added = group.add_subcommand(verb, about)->fallthrough();
    added->add_option(noun.name, wish->name, "its name")->required();
    return added;
  };
  group.add_subcommand("ls", "All of them")->fallthrough()->callback([noun, &dialogue] {
    dialogue.print({.target = path_of({"v1", noun.path})}, noun.all);
  });
  command("show", noun.about_show)->callback([noun, wish, &dialogue] {
    dialogue.print({.target = target_of(noun, *wish)}, noun.one);
  });
  auto* make = command("create", "Makes one, or makes it anew");
  make->add_option("--topic", wish->topic, noun.about_topic);
  make->add_option("--filter", wish->filter, "which: CloudEvents SQL, docs/filters.md")->check(is_expression);
  if (noun.is_rule) {
    make->add_option("--position", wish->position, "the first that an event passes decides")
        ->check(CLI::Range(0, 1'000'000));
  }
  make->add_option("-f,--file", wish->file, "a whole one as JSON; - reads standard input; options come on top");
  make->callback([noun, wish, &dialogue] { create(noun, *wish, dialogue); });
  auto* remove = command("delete", noun.about_delete);
  remove->add_flag("-y,--yes", wish->yes, "without being asked");
  remove->callback([noun, wish, &dialogue] {
    if (!dialogue.is_agreed(wish->yes, std::string("Delete ") + noun.name + " " + wish->name + "?")) return;
    dialogue.print({.method = "DELETE", .target = target_of(noun, *wish)}, noun.one);
  });
}

}  // namespace

void add_views(CLI::App& app, const Dialogue& dialogue) {
  add(app, dialogue,
      {.name = "view",
       .path = "views",
       .about = "Views: some events of a topic",
       .about_show = "What one lets be seen",
       .about_topic = "whose events they are",
       .about_delete = "Deletes one; the topic stays as it is",
       .all = views::derived_views,
       .one = views::derived_view});
}

void add_rules(CLI::App& app, const Dialogue& dialogue) {
  add(app, dialogue,
      {.name = "rule",
       .path = "rules",
       .about = "Rules: where events go that are published without a topic",
       .about_show = "What one says",
       .about_topic = "where its events go",
       .about_delete = "Deletes one",
       .all = views::rules,
       .one = views::rule,
       .is_rule = true});
}

}  // namespace millrace::cli
