#include "millrace/core/rfc3339.hpp"

#include <charconv>
#include <chrono>
#include <cstdio>

namespace millrace::inline core {

namespace {

namespace chrono = std::chrono;
constexpr std::int64_t ms_per_second = 1'000, ms_per_minute = 60 * ms_per_second, ms_per_hour = 60 * ms_per_minute;
constexpr std::size_t digits_of_ms = 3;

/// Takes a text from its front; once something is not there, nothing is.
class Front {
 public:
  explicit Front(std::string_view text) : left_(text) {}

  int number(std::size_t digits, int least, int most) {
    int value = 0;
    const auto* const end = left_.data() + std::min(digits, left_.size());
    const auto [stop, error] = std::from_chars(left_.data(), end, value);
    const bool is_sound = left_.size() >= digits && left_.front() != '-' && error == std::errc{} && stop == end;
    if (!is_sound || value < least || value > most) return fail();
    left_.remove_prefix(digits);
    return value;
  }
  bool take(std::string_view any_of) {
    if (left_.empty() || any_of.find(left_.front()) == std::string_view::npos) return false;
    left_.remove_prefix(1);
    return true;
  }
  void need(std::string_view any_of) {
    if (!take(any_of)) fail();
  }
  /// Of a second.
  int milliseconds() {
    int value = 0;
    std::size_t count = 0;
    for (; !left_.empty() && left_.front() >= '0' && left_.front() <= '9'; left_.remove_prefix(1), ++count) {
      if (count < digits_of_ms) value = value * 10 + (left_.front() - '0');
    }
    if (count == 0) return fail();
    for (; count < digits_of_ms; ++count) value *= 10;
    return value;
  }
  [[nodiscard]] bool is_done() const { return ok_ && left_.empty(); }

 private:
  int fail() {
    ok_ = false;
    left_ = {};
    return 0;
  }
  std::string_view left_;
  bool ok_ = true;
};

}  // namespace

std::string rfc3339(Timestamp time) {
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
