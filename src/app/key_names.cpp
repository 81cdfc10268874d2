#include <algorithm>
#include <numeric>

#include "keys.hpp"

namespace millrace::app {
namespace {

constexpr std::size_t near_enough = 3;

/// Levenshtein's distance. Requires: short texts; it is quadratic.
std::size_t edits_between(std::string_view one, std::string_view other) {
  std::vector<std::size_t> row(other.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= one.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= other.size(); ++j) {
      const std::size_t replaced = diagonal + (one[i - 1] == other[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string Key::flag() const {
  std::string out = "--" + name;
  std::replace(out.begin(), out.end(), '_', '-');
  return out;
}

std::string Key::variable() const {
  std::string out = "MILLRACE_" + name;
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return out;
}

const Key* find_key(std::string_view name) {
  const auto table = keys();
  const auto found = std::find_if(table.begin(), table.end(), [name](const Key& key) { return key.name == name; });
  return found == table.end() ? nullptr : &*found;
}

std::string nearest(std::string_view name, const Texts& known) {
  constexpr std::size_t sensible_length = 64;
  if (name.size() > sensible_length) return {};
  std::string best;
  std::size_t least = near_enough + 1;
  for (const std::string& candidate : known) {
    const std::size_t edits = edits_between(name, candidate);
    if (edits < least && edits * 2 < name.size()) {
      least = edits;
      best = candidate;
    }
  }
  return best;
}

}  // namespace millrace::app
