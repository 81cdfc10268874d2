#include "moment.hpp"

#include "millrace/cloudevents/rules.hpp"
#include "millrace/core/rfc3339.hpp"

namespace millrace::cloudevents {

namespace {

constexpr std::int64_t ms_per_second = 1'000;
constexpr std::int64_t first_second = -62'135'596'800;  ///< 0001-01-01T00:00:00Z
constexpr std::int64_t last_second = 253'402'300'799;   ///< 9999-12-31T23:59:59Z
constexpr std::int32_t nanos_max = 999'999'999;
constexpr std::size_t nano_digits = 9, group_digits = 3;
constexpr std::size_t to_the_second = std::string_view("2026-05-01T12:00:00").size();

bool is_in_range(const Moment& moment) {
  return moment.seconds >= first_second && moment.seconds <= last_second && moment.nanos >= 0 &&
         moment.nanos <= nanos_max;
}

/// Requires: is_timestamp(text).
std::int32_t nanos_of(std::string_view text) {
  const auto fraction = text.substr(to_the_second);
  if (fraction.front() != '.') return 0;
  std::string digits(fraction.substr(1, fraction.find_first_not_of("0123456789", 1) - 1));
  digits.resize(nano_digits, '0');
  return std::stoi(digits);
}

}  // namespace

std::optional<std::string> text_of(const Moment& moment) {
  if (!is_in_range(moment)) return std::nullopt;
  auto text = rfc3339(moment.seconds * ms_per_second).substr(0, to_the_second);
  if (moment.nanos != 0) {
    auto digits = std::to_string(moment.nanos);
    digits.insert(0, nano_digits - digits.size(), '0');
    while (digits.ends_with("000")) digits.resize(digits.size() - group_digits);
    text += '.' + digits;
  }
  return text + 'Z';
}

std::optional<Moment> moment_of(std::string_view text) {
  if (!is_timestamp(text)) return std::nullopt;
  const auto ms = parse_rfc3339(text);
  if (!ms) return std::nullopt;
  const std::int64_t rest = *ms % ms_per_second;
  const Moment moment{.seconds = *ms / ms_per_second - (rest < 0 ? 1 : 0), .nanos = nanos_of(text)};
  return is_in_range(moment) ? std::optional(moment) : std::nullopt;
}

}  // namespace millrace::cloudevents
