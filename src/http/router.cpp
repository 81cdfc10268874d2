#include "router.hpp"

#include <algorithm>

#include "millrace/core/check.hpp"

namespace millrace::http {

namespace {

struct Matched {
  std::map<std::string, std::string> named{};
  bool has_verb = false;
};

std::optional<Matched> matched(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  if (pattern.size() != path.size()) return std::nullopt;
  Matched match;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const auto& segment = pattern[i];
    if (!segment.starts_with('{')) {
      if (segment != path[i]) return std::nullopt;
      continue;
    }
    const auto end = segment.find('}');
    const auto verb = std::string_view(segment).substr(end + 1);
    if (!path[i].ends_with(verb) || (!verb.empty() && path[i].size() == verb.size())) return std::nullopt;
    match.named.emplace(segment.substr(1, end - 1), path[i].substr(0, path[i].size() - verb.size()));
    match.has_verb = match.has_verb || !verb.empty();
  }
  return match;
}

void allow(std::vector<Method>& allowed, Method method) {
  if (std::ranges::find(allowed, method) == allowed.end()) allowed.push_back(method);
}

}  // namespace

Router::Router(std::span<const Route> routes) {
  for (const auto& route : routes) {
    auto& entry = entries_.emplace_back();
    entry.method = route.method;
    std::string segment;
    CHECK(route.pattern.starts_with('/'), "a pattern is a path");
    for (const char c : route.pattern.substr(1) + "/") {
      if (c != '/') {
        segment += c;
      } else {
        entry.segments.push_back(std::exchange(segment, {}));
      }
    }
  }
}

Router::Match Router::find(Method method, const std::vector<std::string>& path) const {
  Match match;
  const auto wanted = method == Method::head ? Method::get : method;
  const bool has_verb = std::ranges::any_of(entries_, [&](const Entry& entry) {
    const auto found = matched(entry.segments, path);
    return found && found->has_verb;
  });
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    auto found = matched(entries_[i].segments, path);
    if (!found || found->has_verb != has_verb) continue;
    allow(match.allowed, entries_[i].method);
    if (entries_[i].method == Method::get) allow(match.allowed, Method::head);
    if (!match.route && entries_[i].method == wanted) {
      match.route = i;
      match.named = std::move(found->named);
    }
  }
  if (!match.allowed.empty()) allow(match.allowed, Method::options);
  return match;
}

std::string allow_text(const std::vector<Method>& allowed) {
  std::string text;
  for (const auto method : allowed) text += (text.empty() ? "" : ", ") + std::string(name_of(method));
  return text;
}

}  // namespace millrace::http
