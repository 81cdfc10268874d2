#include "like.hpp"

#include <cstring>

#include "characters.hpp"
#include "millrace/core/utf8.hpp"

namespace millrace::filter {

namespace {

constexpr char32_t any_code = 0xffffffff;
constexpr std::size_t nowhere = std::string_view::npos;

/// string_view::find would compare each place with the whole; this is linear (two-way string matching).
std::size_t find(std::string_view text, std::string_view wanted) {
  if (wanted.empty()) return 0;
  if (wanted.size() > text.size()) return nowhere;  // nothing may be nowhere, and memmem wants a place
  const auto* const found = static_cast<const char*>(memmem(text.data(), text.size(), wanted.data(), wanted.size()));
  return found == nullptr ? nowhere : static_cast<std::size_t>(found - text.data());
}

}  // namespace

Result<LikePattern> LikePattern::of(std::string_view text) {
  LikePattern pattern;
  pattern.runs_.emplace_back();
  bool has_any = false;
  const auto finish = [&] {
    auto& run = pattern.runs_.back();
    if (has_any) {
      run.bytes.clear();
    } else {
      run.codes = {};
    }
    has_any = false;
  };
  while (!text.empty()) {
    const bool is_escaped = text.starts_with("\\%") || text.starts_with("\\_");
    if (is_escaped) text.remove_prefix(1);
    const auto bytes = bytes_of_character(text);
    if (text.front() == '%' && !is_escaped) {
      finish();
      const auto& last = pattern.runs_.back();
      const bool is_repeated = pattern.runs_.size() > 1 && last.bytes.empty() && last.codes.empty();
      if (!is_repeated) pattern.runs_.emplace_back();
    } else {
      auto& run = pattern.runs_.back();
      const bool is_any = text.front() == '_' && !is_escaped;
      has_any = has_any || is_any;
      run.codes.push_back(is_any ? any_code : first_of(text).code);
      run.bytes += text.substr(0, bytes);
    }
    text.remove_prefix(bytes);
  }
  finish();
  for (std::size_t at = 1; at + 1 < pattern.runs_.size(); ++at) {
    if (pattern.runs_[at].codes.size() > limits::like_run_max) {
      return failure(Errc::too_large, "a pattern with _ and more than " + std::to_string(limits::like_run_max) +
                                          " characters between two %");
    }
  }
  return pattern;
}

/// The bytes of the text that the run takes at its beginning. Counts the characters that it looks at.
std::size_t LikePattern::match_here(const Run& run, std::string_view text, std::size_t& compared) {
  if (run.codes.empty()) return text.starts_with(run.bytes) ? run.bytes.size() : nowhere;
  std::size_t at = 0;
  for (const auto code : run.codes) {
    ++compared;
    if (at == text.size()) return nowhere;
    const auto rest = text.substr(at);
    const auto bytes = bytes_of_character(rest);
    if (code != any_code) {
      const auto first = first_of(rest);
      if (first.length == 0 || first.code != code) return nowhere;
    }
    at += bytes;
  }
  return at;
}

bool LikePattern::match_end(const Run& run, std::string_view text) {
  if (run.codes.empty()) return text.ends_with(run.bytes);
  const auto bytes = bytes_of_last(text, run.codes.size());
  std::size_t compared = 0;
  return match_here(run, text.substr(text.size() - bytes), compared) == bytes;
}

/// Where the first place ends in which the run stands; `nowhere` if there is none.
std::optional<std::size_t> LikePattern::end_of_first(const Run& run, std::string_view text, Work& work) {
  if (run.codes.empty()) {
    const auto found = find(text, run.bytes);
    return found == nowhere ? nowhere : found + run.bytes.size();
  }
  for (std::size_t at = 0; at < text.size(); at += bytes_of_character(text.substr(at))) {
    std::size_t compared = 0;
    const auto taken = match_here(run, text.substr(at), compared);
    if (!work.spend(compared)) return std::nullopt;
    if (taken != nowhere) return at + taken;
  }
  return nowhere;
}

std::optional<bool> LikePattern::matches(std::string_view text, Work& work) const {
  if (!work.spend(text.size())) return std::nullopt;
  std::size_t compared = 0;
  const auto begin = match_here(runs_.front(), text, compared);
  if (runs_.size() == 1) return begin == text.size();
  if (begin == nowhere) return false;
  text.remove_prefix(begin);
  for (std::size_t at = 1; at + 1 < runs_.size(); ++at) {
    const auto end = end_of_first(runs_[at], text, work);
    if (!end) return std::nullopt;
    if (*end == nowhere) return false;
    text.remove_prefix(*end);
  }
  return match_end(runs_.back(), text);
}

}  // namespace millrace::filter
