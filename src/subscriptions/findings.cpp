#include "findings.hpp"

#include <algorithm>

#include "millrace/core/escaped.hpp"
#include "millrace/core/json_pointer.hpp"
#include "text.hpp"

namespace millrace::subscriptions {

namespace {

constexpr std::size_t name_shown_max = 128;

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

bool is_visible(char c) { return c > 0x20 && c < 0x7F; }

}  // namespace

std::string in_quotes(std::string_view text) { return "\"" + escaped(text) + "\""; }

std::string pointer_to(std::string_view parent, std::string_view name) {
  return std::string(parent) + "/" + pointer_token(name, name_shown_max);
}

void compare(const Subscription& said, const Subscription* before, Findings& findings) {
  const auto& config = said.config;
  if (!config.topic.empty() && config.dead_letter_topic == config.topic)
    findings.add("/config/deadlettertopic", "SUB-14", "dead letters may not go to the topic that is subscribed to");
  if (said.protocol == Protocol::kafka && !config.topic.empty() && said.kafka->topic == config.topic)
    findings.add("/config/topic", "SUB-14",
                 "topic is the sink, too, " + in_quotes(config.topic) + ": no event would rest");
  if (before == nullptr) return;
  if (config.topic != before->config.topic)
    findings.add("/config/topic", "SUB-14", "topic is " + in_quotes(before->config.topic) + " and stays so");
  if (config.start != before->config.start)
    findings.add("/config/startfrom", "SUB-14", "startfrom is where a new subscription begins, and stays as it was");
}

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= limits::id_bytes_max &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-'; });
}

std::optional<std::int16_t> acks_of(std::string_view text) {
  if (text == "all" || text == "-1") return std::int16_t{-1};
  if (text == "0") return std::int16_t{0};
  return text == "1" ? std::optional(std::int16_t{1}) : std::nullopt;
}

std::string_view rule_of_filter(std::string_view pointer) {
  if (pointer.empty()) return "SUB-6";
  std::string_view rule = "SUB-7";
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const auto token = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(token.size());
    if (token == "sql" || token == "cesql") return "SUB-11";
    if (token == "exact" || token == "prefix" || token == "suffix") return "SUB-9";
    rule = token == "all" || token == "any" ? "SUB-10" : "SUB-7";
  }
  return rule;
}

std::optional<std::string_view> topic_of_sink(std::string_view sink) {
  constexpr std::string_view scheme = "kafka:";
  if (!sink.starts_with(scheme)) return std::nullopt;
  sink.remove_prefix(scheme.size());
  return sink.empty() || is_topic_name(sink) ? std::optional(sink) : std::nullopt;
}

std::optional<std::string_view> why_not_header_value(std::string_view value) {
  if (value.size() > limits::header_value_bytes_max) return "is longer than 4096 bytes";
  const bool is_ascii = std::ranges::all_of(value, [](char c) { return is_visible(c) || c == ' ' || c == '\t'; });
  if (!is_ascii) return "must be of visible ASCII characters, spaces and tabs";
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  if (!value.empty() && (is_blank(value.front()) || is_blank(value.back())))
    return "must not begin or end with a blank";
  return std::nullopt;
}

void judge(const PlainCredential& said, Findings& findings) {
  const auto& [identifier, secret] = said;
  if (identifier.empty() || identifier.size() > limits::identifier_bytes_max || has_control(identifier) ||
      identifier.find(':') != std::string_view::npos) {
    findings.add("/sinkcredential/identifier", "SUB-12",
                 "identifier must have 1 to " + std::to_string(limits::identifier_bytes_max) +
                     " bytes, without control characters and colons (RFC 7617)");
  }
  if (secret.empty() || secret.size() > limits::secret_bytes_max || has_control(secret)) {
    findings.add("/sinkcredential/secret", "SUB-12",
                 "secret must have 1 to " + std::to_string(limits::secret_bytes_max) +
                     " bytes, without control characters (RFC 7617); it is kept only where sink, protocol and "
                     "identifier stay the same");
  }
}

void judge(const AccessToken& said, Findings& findings) {
  if (!said.token.empty() && said.token.size() <= limits::token_bytes_max &&
      std::ranges::all_of(said.token, is_visible))
    return;
  findings.add("/sinkcredential/accesstoken", "SUB-12",
               "accesstoken must have 1 to " + std::to_string(limits::token_bytes_max) +
                   " visible characters of ASCII (RFC 6750); it is kept only where sink and protocol stay the same");
}

}  // namespace millrace::subscriptions
