#include "millrace/core/retry_after.hpp"

#include <array>
#include <compare>

#include "front.hpp"

namespace millrace::inline core {

namespace {

namespace chrono = std::chrono;
using Word = std::string_view;

constexpr std::array<Word, 7> days{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::array<Word, 7> long_days{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
constexpr std::array<Word, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr int years_ahead_max = 50;
constexpr Timestamp last_of_year_9999 = 253'402'300'799'999;

struct Moment {
  int year = 0;
  int month = 0;
  int day = 0;
  int seconds = 0;  ///< of the day
  auto operator<=>(const Moment&) const = default;
};

int month(Front& in) { return static_cast<int>(in.one_of(months)) + 1; }

int time_of_day(Front& in) {
  const int hours = in.number(2, 0, 23);
  in.need(":");
  const int minutes = in.number(2, 0, 59);
  in.need(":");
  return (hours * 60 + minutes) * 60 + in.number(2, 0, 60);
}

std::optional<Moment> imf_fixdate(std::string_view text) {
  Front in(text);
  Moment at;
  in.one_of(days);
  in.need_word(", ");
  at.day = in.number(2, 1, 31);
  in.need(" ");
  at.month = month(in);
  in.need(" ");
  at.year = in.number(4, 0, 9999);
  in.need(" ");
  at.seconds = time_of_day(in);
  in.need_word(" GMT");
  return in.is_done() ? std::optional(at) : std::nullopt;
}

std::optional<Moment> asctime_date(std::string_view text) {
  Front in(text);
  Moment at;
  in.one_of(days);
  in.need(" ");
  at.month = month(in);
  in.need(" ");
  at.day = in.take(" ") ? in.number(1, 1, 9) : in.number(2, 1, 31);
  in.need(" ");
  at.seconds = time_of_day(in);
  in.need(" ");
  at.year = in.number(4, 0, 9999);
  return in.is_done() ? std::optional(at) : std::nullopt;
}

/// The year still has two digits.
std::optional<Moment> rfc850_date(std::string_view text) {
  Front in(text);
  Moment at;
  in.one_of(long_days);
  in.need_word(", ");
  at.day = in.number(2, 1, 31);
  in.need("-");
  at.month = month(in);
  in.need("-");
  at.year = in.number(2, 0, 99);
  in.need(" ");
  at.seconds = time_of_day(in);
  in.need_word(" GMT");
  return in.is_done() ? std::optional(at) : std::nullopt;
}

Moment moment_of(Timestamp time) {
  const chrono::sys_time<chrono::milliseconds> moment{
      chrono::milliseconds(std::clamp<Timestamp>(time, 0, last_of_year_9999))};
  const auto day = chrono::floor<chrono::days>(moment);
  const chrono::year_month_day date(day);
  return {.year = static_cast<int>(date.year()),
          .month = static_cast<int>(static_cast<unsigned>(date.month())),
          .day = static_cast<int>(static_cast<unsigned>(date.day())),
          .seconds = static_cast<int>(chrono::floor<chrono::seconds>(moment - day).count())};
}

Moment with_century(Moment at, Timestamp now) {
  Moment latest = moment_of(now);
  latest.year += years_ahead_max;
  at.year += latest.year / 100 * 100;
  if (at > latest) at.year -= 100;
  return at;
}

std::optional<Timestamp> timestamp_of(const Moment& at) {
  const chrono::year_month_day date(chrono::year(at.year), chrono::month(static_cast<unsigned>(at.month)),
                                    chrono::day(static_cast<unsigned>(at.day)));
  if (!date.ok()) return std::nullopt;
  return Milliseconds(chrono::sys_days(date).time_since_epoch() + chrono::seconds(at.seconds)).count();
}

}  // namespace

std::optional<Timestamp> parse_http_date(std::string_view text, Timestamp now) {
  auto at = imf_fixdate(text);
  if (!at) at = asctime_date(text);
  if (!at) {
    at = rfc850_date(text);
    if (at) at = with_century(*at, now);
  }
  return at ? timestamp_of(*at) : std::nullopt;
}

std::optional<Milliseconds> read_retry_after(std::string_view field, Timestamp now) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!field.empty() && std::ranges::all_of(field, is_digit)) {
    std::int64_t seconds = 0;
    const auto [at, error] = std::from_chars(field.data(), field.data() + field.size(), seconds);
    constexpr auto most = chrono::floor<chrono::seconds>(retry_after_max).count();
    return error == std::errc{} ? chrono::seconds(std::min(seconds, most)) : retry_after_max;
  }
  const auto date = parse_http_date(field, now);
  if (!date) return std::nullopt;
  const Timestamp from = std::clamp<Timestamp>(now, 0, last_of_year_9999);
  return std::clamp(Milliseconds(*date - from), Milliseconds(0), retry_after_max);
}

}  // namespace millrace::inline core
