#include "router.hpp"

#include <algorithm>

#include "millrace/core/check.hpp"

namespace millrace::http {

namespace {

bool is_named(const std::string& segment) { return segment.starts_with('{'); }

std::optional<std::map<std::string, std::string>> matched(const std::vector<std::string>& pattern,
                                                          const std::vector<std::string>& path) {
  if (pattern.size() != path.size()) return std::nullopt;
  std::map<std::string, std::string> named;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (is_named(pattern[i])) {
      named.emplace(pattern[i].substr(1, pattern[i].size() - 2), path[i]);
    } else if (pattern[i] != path[i]) {
      return std::nullopt;
    }
  }
  return named;
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
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    auto named = matched(entries_[i].segments, path);
    if (!named) continue;
    allow(match.allowed, entries_[i].method);
    if (entries_[i].method == Method::get) allow(match.allowed, Method::head);
    if (!match.route && entries_[i].method == wanted) {
      match.route = i;
      match.named = std::move(*named);
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
