#include "millrace/core/rfc3339.hpp"

#include <chrono>
#include <cstdio>

#include "front.hpp"

namespace millrace::inline core {

namespace {

namespace chrono = std::chrono;
constexpr std::int64_t ms_per_second = 1'000, ms_per_minute = 60 * ms_per_second, ms_per_hour = 60 * ms_per_minute;

/// Of all years that have four digits, and at or after 1970.
constexpr Timestamp plain_until = 253'402'300'800'000;

template <std::size_t digits>
char* put_number(char* at, std::int64_t number) {
  for (std::size_t i = digits; i-- > 0; number /= 10) at[i] = static_cast<char>('0' + number % 10);
  return at + digits;
}

/// A tenth of what printf takes: it is said of every event that readers are told of.
std::string plain(Timestamp time) {
  const chrono::sys_time<chrono::milliseconds> moment{chrono::milliseconds(time)};
  const auto day = chrono::floor<chrono::days>(moment);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss clock(moment - day);
  std::string text = "0000-00-00T00:00:00.000Z";
  char* at = text.data();
  at = put_number<4>(at, static_cast<int>(date.year())) + 1;
  at = put_number<2>(at, static_cast<unsigned>(date.month())) + 1;
  at = put_number<2>(at, static_cast<unsigned>(date.day())) + 1;
  at = put_number<2>(at, clock.hours().count()) + 1;
  at = put_number<2>(at, clock.minutes().count()) + 1;
  at = put_number<2>(at, clock.seconds().count()) + 1;
  put_number<3>(at, clock.subseconds().count());
  return text;
}

}  // namespace

std::string rfc3339(Timestamp time) {
  if (time >= 0 && time < plain_until) return plain(time);
  const chrono::sys_time<chrono::milliseconds> moment{chrono::milliseconds(time)};
  const auto day = chrono::floor<chrono::days>(moment);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss clock(moment - day);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return text;
}

std::optional<Timestamp> parse_rfc3339(std::string_view text) {
  Front in(text);
  const chrono::year year(in.number(4, 0, 9999));
  in.need("-");
  const chrono::month month(static_cast<unsigned>(in.number(2, 1, 12)));
  in.need("-");
  const chrono::year_month_day date(year, month, chrono::day(static_cast<unsigned>(in.number(2, 1, 31))));
  in.need("Tt ");
  std::int64_t in_day = in.number(2, 0, 23) * ms_per_hour;
  in.need(":");
  in_day += in.number(2, 0, 59) * ms_per_minute;
  in.need(":");
  in_day += in.number(2, 0, 60) * ms_per_second;
  if (in.take(".")) in_day += in.milliseconds();
  std::int64_t ahead = 0;
  if (!in.take("Zz")) {
    const bool is_ahead = in.take("+");
    if (!is_ahead) in.need("-");
    ahead = in.number(2, 0, 23) * ms_per_hour;
    in.need(":");
    ahead += in.number(2, 0, 59) * ms_per_minute;
    if (!is_ahead) ahead = -ahead;
  }
  if (!in.is_done() || !date.ok()) return std::nullopt;
  const auto midnight = chrono::milliseconds(chrono::sys_days(date).time_since_epoch()).count();
  return midnight + in_day - ahead;
}

}  // namespace millrace::inline core
