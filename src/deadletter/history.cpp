#include "millrace/deadletter/history.hpp"

#include <algorithm>
#include <limits>

#include "millrace/deadletter/names.hpp"
#include "reason.hpp"
#include "text.hpp"

namespace millrace::deadletter {

namespace {

constexpr char between_entries = ';';
constexpr char between_fields = ',';
constexpr char omission = '+';
constexpr std::string_view no_time = "-";

std::uint32_t sum(std::uint32_t one, std::uint32_t other) {
  return one > std::numeric_limits<std::uint32_t>::max() - other ? std::numeric_limits<std::uint32_t>::max()
                                                                 : one + other;
}

Timestamp earlier(Timestamp one, Timestamp other) {
  return one == no_timestamp || other == no_timestamp ? std::max(one, other) : std::min(one, other);
}

void append_time(std::string& out, Timestamp time) {
  const std::string text = time_text(time);
  out += between_fields;
  out += text.empty() ? no_time : std::string_view(text);
}

std::string to_text(const Death& death) {
  std::string out = written(death.group);
  out += between_fields;
  out += delivery::name_of(death.reason);
  out += between_fields;
  out += std::to_string(death.count);
  append_time(out, death.first);
  append_time(out, death.last);
  return out;
}

std::string omission_of(std::uint32_t omitted) {
  return omitted == 0 ? std::string() : omission + std::to_string(omitted);
}

std::optional<Timestamp> parse_time(std::string_view text) {
  if (text == no_time) return no_timestamp;
  const Timestamp time = time_of(text);
  return time_text(time) == text && !text.empty() ? std::optional(time) : std::nullopt;
}

std::optional<Death> parse_death(std::string_view text) {
  auto group = group_written_as(take_until(text, between_fields));
  const auto reason = reason_of(take_until(text, between_fields));
  const auto count = number<std::uint32_t>(take_until(text, between_fields));
  const auto first = parse_time(take_until(text, between_fields));
  const auto last = parse_time(text);
  if (!group || reason == delivery::Reason::none || !count || !first || !last) return std::nullopt;
  return Death{*std::move(group), reason, *count, *first, *last};
}

}  // namespace

void note(History& history, const Death& death) {
  auto& deaths = history.deaths;
  Death all = death;
  const auto same = std::ranges::find_if(
      deaths, [&death](const Death& one) { return one.group == death.group && one.reason == death.reason; });
  if (same != deaths.end()) {
    all.count = sum(same->count, death.count);
    all.first = earlier(same->first, death.first);
    all.last = std::max(same->last, death.last);
    deaths.erase(same);
  }
  const auto older = std::ranges::find_if(deaths, [&all](const Death& one) { return one.last <= all.last; });
  deaths.insert(older, std::move(all));
}

std::string to_text(const History& history, std::size_t bytes_max) {
  bytes_max = std::min(bytes_max, history_bytes_max);
  std::vector<std::string> entries;
  std::size_t size = 0;
  for (const Death& death : history.deaths) {
    if (death.reason == delivery::Reason::none) continue;
    entries.push_back(to_text(death));
    size += entries.back().size() + 1;
  }
  std::uint32_t omitted = history.omitted;
  // Each entry was counted with a separator behind it, so one too many.
  while (!entries.empty() && size + omission_of(omitted).size() > bytes_max + (omitted == 0 ? 1 : 0)) {
    size -= entries.back().size() + 1;
    entries.pop_back();
    omitted = sum(omitted, 1);
  }
  if (omitted > 0 && omission_of(omitted).size() <= bytes_max) entries.push_back(omission_of(omitted));
  std::string out;
  for (const std::string& entry : entries) {
    if (!out.empty()) out += between_entries;
    out += entry;
  }
  return out;
}

std::optional<History> parse_history(std::string_view text) {
  if (text.size() > history_bytes_max || text.ends_with(between_entries)) return std::nullopt;
  History history;
  while (!text.empty()) {
    const std::string_view entry = take_until(text, between_entries);
    if (entry.starts_with(omission)) {
      const auto omitted = number<std::uint32_t>(entry.substr(1));
      if (!omitted || *omitted == 0 || !text.empty()) return std::nullopt;
      history.omitted = *omitted;
      break;
    }
    auto death = parse_death(entry);
    if (!death) return std::nullopt;
    history.deaths.push_back(*std::move(death));
  }
  return history;
}

}  // namespace millrace::deadletter
