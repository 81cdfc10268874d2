#include "millrace/push/handshake.hpp"

#include <charconv>
#include <limits>

#include "ascii.hpp"
#include "millrace/core/escaped.hpp"
#include "said.hpp"

namespace millrace::push {

namespace {

constexpr std::string_view any = "*";

Result<void> check_callback(std::string_view url) {
  if (url.size() > callback_url_bytes_max) {
    return failure(Errc::too_large, "the callback's URL has " + std::to_string(url.size()) +
                                        " characters, and at most " + std::to_string(callback_url_bytes_max) +
                                        " are sent");
  }
  constexpr std::string_view scheme = "https://";
  if (url.size() > scheme.size() && equals_ignoring_case(url.substr(0, scheme.size()), scheme) &&
      std::ranges::all_of(url, is_visible)) {
    return {};
  }
  return failure(Errc::invalid, "the callback's URL '" + escaped(url) + "' must be one of https");
}

/// Nothing was said, or something else.
Judgement without_consent(const Proposal& proposal, const Said& origin) {
  if (!origin.is_there && proposal.callback_url) {
    return {.consent = Consent::awaited, .why = "the answer has no " + std::string(allowed_origin_field)};
  }
  std::string why(allowed_origin_field);
  why += origin.is_there ? " is '" + escaped(origin.value) + "'" : " is not there";
  why += "; it must be '" + escaped(proposal.origin) + "' or '*'";
  return {.why = std::move(why)};
}

}  // namespace

Said said_in(std::span<const cloudevents::HeaderField> fields, std::string_view name) {
  Said said;
  for (const auto& field : fields) {
    if (!equals_ignoring_case(field.name, name)) continue;
    const std::string_view value = without_blanks(field.value);
    said.value = !said.is_there || said.value == value ? value : std::string_view();
    said.is_there = true;
    if (said.value.empty()) return said;
  }
  return said;
}

std::optional<Rate> rate_of(std::string_view text) {
  if (text == any) return Rate{};
  if (text.empty() || !std::ranges::all_of(text, is_digit)) return std::nullopt;
  std::uint32_t rate = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
  if (error != std::errc{}) rate = std::numeric_limits<std::uint32_t>::max();
  if (rate == 0) return std::nullopt;
  return Rate{rate};
}

Result<void> check(const Proposal& proposal) {
  auto origin = check_origin(proposal.origin);
  if (!origin) return origin;
  if (proposal.rate == 0U) return failure(Errc::invalid, "the rate is 0; it must be at least 1 request a minute");
  return proposal.callback_url ? check_callback(*proposal.callback_url) : Result<void>();
}

Fields fields_of(const Proposal& proposal) {
  Fields fields{{"WebHook-Request-Origin", proposal.origin}};
  if (proposal.rate) fields.emplace_back("WebHook-Request-Rate", std::to_string(*proposal.rate));
  if (proposal.callback_url) fields.emplace_back("WebHook-Request-Callback", *proposal.callback_url);
  return fields;
}

Judgement judge(const Proposal& proposal, std::span<const cloudevents::HeaderField> answer) {
  const Said origin = said_in(answer, allowed_origin_field);
  const bool is_ours = origin.value == any || equals_ignoring_case(origin.value, proposal.origin);
  if (!origin.is_there || !is_ours) return without_consent(proposal, origin);
  const Said said = said_in(answer, allowed_rate_field);
  if (!said.is_there && !proposal.rate) return {.consent = Consent::granted};
  const auto rate = rate_of(said.value);
  if (rate) return {.consent = Consent::granted, .rate = *rate};
  std::string why(allowed_rate_field);
  why += said.is_there ? " is '" + escaped(said.value) + "'" : " is not there";
  return {.why = std::move(why) + "; it must be '*' or a number of requests a minute"};
}

}  // namespace millrace::push
