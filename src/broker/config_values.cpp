#include "config_values.hpp"

#include <algorithm>
#include <charconv>

namespace millrace::broker {

namespace {

/// What a CloudEvents attribute may be called.
bool is_attribute(std::string_view value) {
  return !value.empty() &&
         std::ranges::all_of(value, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

constexpr std::string_view any_attribute = "<attribute>";

/// What may be kept of a request beside its event: no attribute, nothing that is about the connection, no secret.
bool is_field(std::string_view value) {
  constexpr std::string_view kept_out[] = {"authorization",
                                           "connection",
                                           "content-length",
                                           "content-type",
                                           "cookie",
                                           "expect",
                                           "host",
                                           "keep-alive",
                                           "millrace-key",
                                           "millrace-key-base64",
                                           "none",
                                           "proxy-authorization",
                                           "te",
                                           "trailer",
                                           "transfer-encoding",
                                           "upgrade"};
  return !value.empty() && !value.starts_with("ce-") && std::ranges::find(kept_out, value) == std::end(kept_out) &&
         std::ranges::all_of(
             value, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; });
}

constexpr std::string_view any_field = "<field>";

}  // namespace

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> real_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::general);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_word_of(std::string_view words, std::string_view value) {
  while (!words.empty()) {
    const auto end = std::min(words.find(' '), words.size());
    const auto word = words.substr(0, end);
    const bool is_it = word == any_attribute ? is_attribute(value)
                       : word == any_field   ? is_field(value)
                                             : word == value;
    if (is_it) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> words(1);
  for (const char c : list) {
    if (c == ',') {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

bool is_list_of(std::string_view words, std::string_view value) {
  auto said = split(value);
  std::ranges::sort(said);
  const auto is_known = [&](const std::string& word) { return is_word_of(words, word); };
  return std::ranges::all_of(said, is_known) && std::ranges::adjacent_find(said) == said.end();
}

std::string explained(std::string_view words) {
  std::string text(words);
  if (words.find(any_attribute) != std::string_view::npos) text += "; an <attribute> has a-z and 0-9 alone";
  if (words.find(any_field) != std::string_view::npos) {
    text +=
        "; a <field> is the name of a header field in lower case, none of an event, of the connection or of a secret";
  }
  return text;
}

}  // namespace millrace::broker
