#include "millrace/push/fields.hpp"

#include <array>
#include <set>

#include "ascii.hpp"
#include "millrace/core/escaped.hpp"

namespace millrace::push {

namespace {

/// In lower case.
constexpr std::array<std::string_view, 4> reserved_prefixes{"ce-", "millrace-", "proxy-", "webhook-"};
constexpr std::array<std::string_view, 18> reserved_names{
    "authorization", "connection", "content-encoding",  "content-length", "content-type", "cookie", "date",
    "expect",        "host",       "keep-alive",        "origin",         "prefer",       "te",     "traceparent",
    "tracestate",    "trailer",    "transfer-encoding", "upgrade"};
constexpr std::size_t label_max = 63, name_max = 253;

/// RFC 9110, section 5.6.2.
bool is_token(std::string_view text) {
  const auto is_part = [](char c) {
    return is_alphanumeric(c) || (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
  };
  return !text.empty() && std::ranges::all_of(text, is_part);
}

bool is_value(std::string_view text) {
  const auto is_part = [](char c) { return is_visible(c) || c == ' ' || c == '\t'; };
  return without_blanks(text).size() == text.size() && std::ranges::all_of(text, is_part);
}

bool is_label(std::string_view text) {
  const auto is_part = [](char c) { return is_alphanumeric(c) || c == '-'; };
  return !text.empty() && text.size() <= label_max && text.front() != '-' && text.back() != '-' &&
         std::ranges::all_of(text, is_part);
}

bool is_dns_name(std::string_view text) {
  if (text.size() > name_max) return false;
  for (std::size_t dot = text.find('.'); dot != std::string_view::npos; dot = text.find('.')) {
    if (!is_label(text.substr(0, dot))) return false;
    text.remove_prefix(dot + 1);
  }
  return is_label(text);
}

std::string lowered(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

}  // namespace

bool is_reserved(std::string_view name) {
  const std::string known = lowered(name);
  return std::ranges::any_of(reserved_prefixes, [&known](auto prefix) { return known.starts_with(prefix); }) ||
         std::ranges::binary_search(reserved_names, known);
}

Result<void> check_user_fields(const Fields& fields) {
  if (fields.size() > user_fields_max) {
    return failure(Errc::too_large, "there are " + std::to_string(fields.size()) + " header fields, and at most " +
                                        std::to_string(user_fields_max) + " may be added");
  }
  std::size_t bytes = 0;
  std::set<std::string> names;
  for (const auto& [name, value] : fields) {
    const std::string subject = "header field '" + escaped(name) + "' ";
    if (!is_token(name)) return failure(Errc::invalid, subject + "has a name that HTTP does not allow");
    if (is_reserved(name)) return failure(Errc::invalid, subject + "is not yours to set");
    if (!is_value(value)) return failure(Errc::invalid, subject + "must have a value of visible ASCII characters");
    if (!names.insert(lowered(name)).second) return failure(Errc::invalid, subject + "must be there only once");
    bytes += name.size() + value.size();
  }
  if (bytes <= user_fields_bytes_max) return {};
  return failure(Errc::too_large, "header fields have " + std::to_string(bytes) + " bytes, and at most " +
                                      std::to_string(user_fields_bytes_max) + " may be added");
}

Result<void> check_token(std::string_view token) {
  const auto is_part = [](char c) {
    return is_alphanumeric(c) || (c != '\0' && std::string_view("-._~+/").find(c) != std::string_view::npos);
  };
  if (token.size() > token_bytes_max) {
    return failure(Errc::too_large, "the token has " + std::to_string(token.size()) + " characters, and at most " +
                                        std::to_string(token_bytes_max) + " are sent");
  }
  const std::string_view body = token.substr(0, token.find_last_not_of('=') + 1);
  if (!body.empty() && std::ranges::all_of(body, is_part)) return {};
  return failure(Errc::invalid, "the token must be of letters, digits and -._~+/ with = at its end");
}

Result<void> check_origin(std::string_view origin) {
  if (is_dns_name(origin)) return {};
  return failure(Errc::invalid, "origin '" + escaped(origin) + "' must be a DNS name, as in events.example.com");
}

}  // namespace millrace::push
