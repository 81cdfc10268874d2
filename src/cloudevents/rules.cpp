#include "millrace/cloudevents/rules.hpp"

#include <algorithm>
#include <limits>

#include "ascii.hpp"
#include "known.hpp"

namespace millrace::cloudevents {

namespace {

/// Numbers of a fixed width from the front of a text; once something is not there, nothing is.
class Digits {
 public:
  explicit Digits(std::string_view text) : left_(text) {}

  int number(std::size_t width, int least, int most) noexcept {
    int value = 0;
    if (left_.size() < width) return fail();
    for (std::size_t at = 0; at < width; ++at) {
      if (!is_digit(left_[at])) return fail();
      value = value * 10 + (left_[at] - '0');
    }
    if (value < least || value > most) return fail();
    left_.remove_prefix(width);
    return value;
  }
  bool take(char wanted) noexcept {
    if (left_.empty() || lower(left_.front()) != wanted) return false;
    left_.remove_prefix(1);
    return true;
  }
  void need(char wanted) noexcept {
    if (!take(wanted)) fail();
  }
  void fraction() noexcept {
    std::size_t digits = 0;
    while (digits < left_.size() && is_digit(left_[digits])) ++digits;
    if (digits == 0) fail();
    left_.remove_prefix(std::min(digits, left_.size()));
  }
  [[nodiscard]] bool is_done() const noexcept { return ok_ && left_.empty(); }

 private:
  int fail() noexcept {
    ok_ = false;
    left_ = {};
    return 0;
  }
  std::string_view left_;
  bool ok_ = true;
};

int days_of(int year, int month) noexcept {
  constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : days[std::clamp(month, 1, 12) - 1];
}

constexpr Breach no_string{"CORE-12", "must be UTF-8 without control characters, noncharacters and surrogates"};

/// Which of two rules is broken by a text that obeys a grammar of ASCII only: the one of all strings, or its own.
[[gnu::cold]] std::optional<Breach> breach_of(std::string_view text, Breach own) noexcept {
  return is_string(text) ? own : no_string;
}

std::optional<Breach> check_text(std::string_view text) noexcept {
  return is_string(text) ? std::nullopt : std::optional(no_string);
}

std::optional<Breach> check_schema(std::string_view text, Strictness strictness) noexcept {
  if (text.empty()) return Breach{"CORE-17", "must not be empty"};
  if (strictness == Strictness::strict ? is_uri(text) : is_uri_reference(text)) return std::nullopt;
  return breach_of(text, {"CORE-17", "must be a URI of RFC 3986"});
}

}  // namespace

SpecVersion spec_version_of(std::string_view text) noexcept {
  if (text == "1.0") return SpecVersion::v1_0;
  return text == "0.3" ? SpecVersion::v0_3 : SpecVersion::unknown;
}

bool is_attribute_name(std::string_view text) noexcept {
  for (const char c : text) {
    if (!is_digit(c) && !(c >= 'a' && c <= 'z')) return false;
  }
  return !text.empty() && text != "data";
}

bool is_integer(std::string_view text) noexcept {
  const bool negative = text.starts_with('-');
  const std::string_view digits = text.substr(negative ? 1 : 0);
  constexpr std::size_t digits_max = 10;
  if (digits.empty() || digits.size() > digits_max || (digits.size() > 1 && digits.front() == '0')) return false;
  std::int64_t value = 0;
  for (const char c : digits) {
    if (!is_digit(c)) return false;
    value = value * 10 + (c - '0');
  }
  return (negative ? -value : value) >= std::numeric_limits<std::int32_t>::min() &&
         (negative ? -value : value) <= std::numeric_limits<std::int32_t>::max();
}

bool is_timestamp(std::string_view text) noexcept {
  Digits in(text);
  const int year = in.number(4, 0, 9999);
  in.need('-');
  const int month = in.number(2, 1, 12);
  in.need('-');
  in.number(2, 1, days_of(year, month));
  in.need('t');
  const int hour = in.number(2, 0, 23);
  in.need(':');
  const int minute = in.number(2, 0, 59);
  in.need(':');
  const int second = in.number(2, 0, 60);
  if (in.take('.')) in.fraction();
  int ahead = 0;
  if (!in.take('z')) {
    const bool is_ahead = in.take('+');
    if (!is_ahead) in.need('-');
    ahead = in.number(2, 0, 23) * 60;
    in.need(':');
    ahead += in.number(2, 0, 59);
    if (!is_ahead) ahead = -ahead;
  }
  constexpr int day = 24 * 60;
  return in.is_done() && (second < 60 || (hour * 60 + minute - ahead + 2 * day) % day == day - 1);
}

std::optional<Breach> check_attribute(std::string_view name, std::string_view text, SpecVersion version,
                                      Strictness strictness) noexcept {
  switch (known_of(name)) {
    case Known::specversion:
      if (text.empty()) return Breach{"CORE-2", "must not be empty"};
      if (spec_version_of(text) == SpecVersion::unknown) return breach_of(text, {"CORE-6", "must be 1.0, or 0.3"});
      return std::nullopt;
    case Known::source:
      if (text.empty()) return Breach{"CORE-2", "must not be empty"};
      if (!is_uri_reference(text)) return breach_of(text, {"CORE-3", "must be a URI-reference of RFC 3986"});
      return std::nullopt;
    case Known::id:
    case Known::type:
      if (text.empty()) return Breach{"CORE-2", "must not be empty"};
      return check_text(text);
    case Known::subject:
      if (text.empty()) return Breach{"CORE-18", "must not be empty"};
      return check_text(text);
    case Known::time:
      if (!is_timestamp(text)) return breach_of(text, {"CORE-19", "must be a timestamp of RFC 3339"});
      return std::nullopt;
    case Known::datacontenttype:
      if (!is_media_type(text)) return breach_of(text, {"CORE-14", "must be a media type of RFC 2046"});
      return std::nullopt;
    case Known::dataschema: return version == SpecVersion::v0_3 ? check_text(text) : check_schema(text, strictness);
    case Known::schemaurl:
      return version == SpecVersion::v0_3 ? check_schema(text, Strictness::lenient) : check_text(text);
    case Known::datacontentencoding:
    case Known::none: return check_text(text);
  }
  return std::nullopt;
}

}  // namespace millrace::cloudevents
