// PromQL, as far as our own expressions need it: where a metric is named.

#include <algorithm>
#include <array>
#include <cctype>

#include "panels.hpp"

namespace millrace::metrics {

namespace {

bool is_part_of_name(char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0; }

bool is_ours(std::string_view word) { return word.starts_with("millrace_") || word.starts_with("process_"); }

/// The end of the word that begins at `from`, which is inside of no quotes.
std::size_t end_of_word(std::string_view text, std::size_t from) {
  const auto end = std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), is_part_of_name);
  return static_cast<std::size_t>(end - text.begin());
}

/// Calls visit(begin, end) for every metric of ours.
template <class Visit>
void for_each_name(std::string_view expression, const Visit& visit) {
  bool quoted = false;
  for (std::size_t at = 0; at < expression.size();) {
    if (expression[at] == '"') quoted = !quoted;
    if (quoted || !is_part_of_name(expression[at])) {
      ++at;
      continue;
    }
    const auto end = end_of_word(expression, at);
    if (is_ours(expression.substr(at, end - at))) visit(at, end);
    at = end;
  }
}

std::string_view of_histogram(std::string_view word) {
  constexpr std::array<std::string_view, 3> parts{"_bucket", "_sum", "_count"};
  for (const auto part : parts) {
    if (!word.ends_with(part)) continue;
    const auto whole = word.substr(0, word.size() - part.size());
    const auto found = std::ranges::find(list, whole, &Metric::name);
    if (found != list.end() && found->kind == Kind::histogram) return whole;
  }
  return word;
}

}  // namespace

std::vector<std::string> names_in(std::string_view expression) {
  std::vector<std::string> names;
  for_each_name(expression, [&](std::size_t begin, std::size_t end) {
    names.emplace_back(of_histogram(expression.substr(begin, end - begin)));
  });
  return names;
}

std::string with_labels(std::string_view expression, std::string_view labels) {
  std::string out;
  std::size_t copied = 0;
  for_each_name(expression, [&](std::size_t, std::size_t end) {
    out += expression.substr(copied, end - copied);
    copied = end;
    const bool has_labels = end < expression.size() && expression[end] == '{';
    if (has_labels) ++copied;
    out += "{" + std::string(labels) + (has_labels ? "," : "}");
  });
  return out.append(expression.substr(copied));
}

}  // namespace millrace::metrics
