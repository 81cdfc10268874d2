#include "millrace/tracing/context.hpp"

#include <algorithm>

namespace millrace::tracing {

namespace {

// 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
constexpr std::size_t trace_at = 3, span_at = 36, flags_at = 53, common_length = 55;
constexpr std::size_t key_max = 256, value_max = 256;
constexpr std::string_view digits = "0123456789abcdef";

bool is_small(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Two digits in lower case, the only ones that are allowed; nothing for others.
std::optional<std::uint8_t> octet_at(std::string_view text, std::size_t at) {
  const auto high = digits.find(text[at]);
  const auto low = digits.find(text[at + 1]);
  if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
  return static_cast<std::uint8_t>(high * 16 + low);
}

template <std::size_t Size>
bool read_id(std::string_view text, std::size_t at, std::array<std::byte, Size>& into) {
  for (auto& byte : into) {
    const auto octet = octet_at(text, at);
    if (!octet) return false;
    byte = std::byte{*octet};
    at += 2;
  }
  return into != std::array<std::byte, Size>{};
}

template <std::size_t Size>
void append_id(std::string& to, const std::array<std::byte, Size>& id) {
  for (const auto byte : id) {
    to += digits[std::to_integer<std::size_t>(byte) >> 4U];
    to += digits[std::to_integer<std::size_t>(byte) & 0x0fU];
  }
}

/// A name, or a name of a tenant, "@" and that of a system (section 3.3.1.3.1).
bool is_key(std::string_view key) {
  const auto is_part = [](char c) {
    return is_small(c) || is_digit(c) || c == '_' || c == '-' || c == '*' || c == '/' || c == '@';
  };
  return !key.empty() && key.size() <= key_max && (is_small(key.front()) || is_digit(key.front())) &&
         std::ranges::all_of(key, is_part) && std::ranges::count(key, '@') <= 1;
}

bool is_value(std::string_view value) {
  const auto is_part = [](char c) { return c >= 0x20 && c <= 0x7e && c != ',' && c != '='; };
  return !value.empty() && value.size() <= value_max && value.back() != ' ' && std::ranges::all_of(value, is_part);
}

std::string_view without_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Nothing when a member breaks the grammar.
std::string parse_state(std::string_view text) {
  std::string state;
  std::size_t members = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    const auto member = without_blanks(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (member.empty()) continue;
    const auto equals = member.find('=');
    if (equals == std::string_view::npos) return {};
    if (!is_key(member.substr(0, equals)) || !is_value(member.substr(equals + 1))) return {};
    if (members == state_members_max || state.size() + 1 + member.size() > state_bytes_max) break;
    if (!state.empty()) state += ',';
    state += member;
    ++members;
  }
  return state;
}

}  // namespace

std::optional<SpanContext> parse_context(std::string_view traceparent, std::string_view tracestate) {
  if (traceparent.size() < common_length) return std::nullopt;
  for (const auto at : {trace_at - 1, span_at - 1, flags_at - 1}) {
    if (traceparent[at] != '-') return std::nullopt;
  }
  const auto version = octet_at(traceparent, 0);
  if (!version || *version == 0xff) return std::nullopt;
  const bool is_longer = traceparent.size() > common_length;
  if (is_longer && (*version == 0 || traceparent[common_length] != '-')) return std::nullopt;
  SpanContext context;
  if (!read_id(traceparent, trace_at, context.trace.bytes)) return std::nullopt;
  if (!read_id(traceparent, span_at, context.span.bytes)) return std::nullopt;
  const auto flags = octet_at(traceparent, flags_at);
  if (!flags) return std::nullopt;
  context.flags = *flags & (sampled_flag | random_flag);
  context.state = parse_state(tracestate);
  return context;
}

std::string traceparent_of(const SpanContext& context) {
  std::string text = "00-";
  append_id(text, context.trace.bytes);
  text += '-';
  append_id(text, context.span.bytes);
  text += "-0";
  text += digits[context.flags & 0x0fU];
  return text;
}

}  // namespace millrace::tracing
