#pragma once
// Short ways to say records, letters and their marks in tests.

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "millrace/deadletter/letter.hpp"

namespace millrace::deadletter {

using HeaderTexts = std::vector<std::pair<std::string_view, std::optional<std::string_view>>>;

inline std::optional<Bytes> owned(std::optional<std::string_view> text) {
  return text ? std::optional(to_bytes(*text)) : std::nullopt;
}

inline Record record_of(const HeaderTexts& headers, std::optional<std::string_view> value,
                        std::optional<std::string_view> key = "customer-7") {
  Record record;
  record.timestamp = 1'700'000'000'000;
  record.key = owned(key);
  record.value = owned(value);
  for (const auto& [name, text] : headers) record.headers.emplace_back(std::string(name), owned(text));
  return record;
}

/// As it lies in the dead-letter topic.
inline Record buried(const Letter& letter, const Record& original, Compat compat = Compat::none,
                     const Bounds& bounds = {}) {
  const auto headers = headers_of(original);
  return to_record(letter, view_of(original, headers), compat, bounds);
}

inline std::optional<Read> dug_up(const Record& record) {
  const auto headers = headers_of(record);
  return read_letter(view_of(record, headers));
}

inline std::string value_of(const Record& record) {
  return record.value ? std::string(as_text(*record.value)) : "(null)";
}

/// "name: text" of each header behind the first `from`.
inline std::vector<std::string> headers_from(const Record& record, std::size_t from) {
  std::vector<std::string> out;
  for (std::size_t at = from; at < record.headers.size(); ++at) {
    const auto& [name, value] = record.headers[at];
    out.push_back(name + ": " + (value ? std::string(as_text(*value)) : "(null)"));
  }
  return out;
}

inline constexpr Timestamp noon = 1'777'636'800'000;  ///< 2026-05-01T12:00:00Z

inline Letter sample() {
  Letter letter;
  letter.name = {"billing", "orders", 3, Offset(1042), 0};
  letter.reason = delivery::Reason::max_deliveries;
  letter.died_at = noon + 190'500;
  letter.attempts = 5;
  letter.first_failure = noon;
  letter.code = 503;
  letter.message = "no \"stock\" service";
  letter.destination = "https://billing.example/events";
  letter.history.deaths = {{"billing", delivery::Reason::http_status, 5, noon, noon + 190'500}};
  return letter;
}

}  // namespace millrace::deadletter
