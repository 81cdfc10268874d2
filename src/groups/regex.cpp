#include "regex.hpp"

#include <re2/re2.h>

#include <algorithm>

namespace millrace::groups {

namespace {

constexpr std::int64_t memory_max = std::int64_t{1} << 20;  // bytes of one compiled expression

RE2::Options options() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(memory_max);
  return options;
}

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

std::optional<std::string> regex_fault(std::string_view expression) {
  const RE2 compiled(piece(expression), options());
  if (compiled.ok()) return std::nullopt;
  return compiled.error();
}

std::vector<std::string> matching_topics(std::string_view expression, const Topics& topics) {
  const RE2 compiled(piece(expression), options());
  std::vector<std::string> names;
  topics.for_each_name([&](const std::string& name) {
    if (compiled.ok() && RE2::FullMatch(piece(name), compiled)) names.push_back(name);
  });
  std::ranges::sort(names);
  return names;
}

}  // namespace millrace::groups
