// Any bytes as what a sink says: a status and Retry-After in an answer to a delivery, header fields in an answer to the
// handshake and in a callback, statuses in an override, header fields of a user. Whatever it is, what follows stays
// within its bounds, and consent needs the words that the specification asks for.

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/retry_after.hpp"
#include "millrace/push/handshake.hpp"
#include "millrace/push/verdict.hpp"

namespace {

using namespace millrace;
using namespace millrace::push;
using cloudevents::HeaderField;

constexpr Timestamp now = 1'777'636'800'000;

void require(bool condition) {
  if (!condition) std::abort();
}

/// Lines; each has a name and a value.
std::vector<HeaderField> fields_in(std::string_view text) {
  std::vector<HeaderField> fields;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    const auto colon = std::min(line.find(':'), line.size());
    fields.push_back({line.substr(0, colon), line.substr(std::min(colon + 1, line.size()))});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return fields;
}

void judge_delivery(unsigned status, std::string_view retry_after) {
  const auto asked = read_retry_after(retry_after, now);
  require(!asked || (*asked >= Milliseconds(0) && *asked <= retry_after_max));
  for (const Refresh refresh : {Refresh::impossible, Refresh::possible, Refresh::done, Refresh::outdated}) {
    const Verdict verdict =
        judge({.status = status, .retry_after = retry_after}, {.refresh = refresh}, Overrides{}, now);
    require(verdict.at_least >= Milliseconds(0) && verdict.at_least <= retry_after_max);
    require(verdict.pause >= Milliseconds(0) && verdict.pause <= retry_after_max);
    require((verdict.fate == Fate::settled) == (status >= 200 && status < 300));
    require((verdict.pause > Milliseconds(0)) <= (status == 429));
    require((verdict.suspension == Suspension::none && !verdict.refresh_token) || verdict.fate == Fate::released);
    require(verdict.failure.message.empty() == (verdict.fate == Fate::settled || verdict.fate == Fate::released));
  }
}

bool says_consent(const std::vector<HeaderField>& fields) {
  for (const HeaderField& field : fields) {
    std::string name;
    for (const char c : field.name) name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (name == "webhook-allowed-origin" && !field.value.empty()) return true;
  }
  return false;
}

void judge_handshake(std::string_view text) {
  const auto fields = fields_in(text);
  Proposal proposal{.origin = "eventemitter.example.com"};
  for (const bool has_rate : {false, true}) {
    if (has_rate) proposal.rate = 120;
    const Judgement judged = judge(proposal, fields);
    require(judged.consent != Consent::awaited);
    if (judged.consent == Consent::granted) {
      require(says_consent(fields) && judged.why.empty() && judged.rate.per_minute.value_or(1) > 0);
    } else {
      require(!judged.why.empty() && judged.why.size() < 2'000);
    }
  }
  CallbackKeys keys(Milliseconds(1'000));
  const auto key = keys.issue("s", Rate{60}, {1, 2}, Instant{});
  require(key.has_value());
  require(keys.redeem("GET", text, fields, Instant{}).error != CallbackError::none || text == *key);
  const auto answer = keys.redeem("POST", *key, fields, Instant{});
  require(answer.error == CallbackError::rate || answer.rate.per_minute.value_or(1) > 0);
}

void read_settings(std::string_view text) {
  if (const auto statuses = Statuses::parse(text)) {
    require(!statuses->names(200) && !statuses->names_class_of(204));
    require(!statuses->clashes_with(Statuses{}));
  }
  Fields user;
  for (const HeaderField& field : fields_in(text)) user.emplace_back(field.name, field.value);
  if (!check_user_fields(user)) return;
  for (const auto& [name, value] : user) {
    require(!is_reserved(name) && (name + value).find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const unsigned status = (unsigned{data[0]} << 8U | data[1]) % 1'000;
  const std::string text(reinterpret_cast<const char*>(data) + 2, size - 2);
  judge_delivery(status, text);
  judge_handshake(text);
  read_settings(text);
  return 0;
}
