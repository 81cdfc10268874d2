#include "config_keys.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "millrace/core/escaped.hpp"
#include "millrace/core/rfc3339.hpp"
#include "millrace/push/verdict.hpp"
#include "text.hpp"

namespace millrace::subscriptions {

namespace {

using Number = std::optional<std::int64_t>;

constexpr std::int64_t day_ms = delivery::delay_ceiling.count();
constexpr std::int64_t century_ms = Milliseconds(std::chrono::hours(24 * 365 * 100)).count();
constexpr std::int64_t in_flight_most = 100'000;   ///< beyond it a partition stops anyway: delivery's unsettled-max
constexpr std::int64_t batch_events_most = 1'000;  ///< what push sends at most
constexpr std::int64_t batch_bytes_most = limits::MiB;  ///< likewise: servers take no larger request unless told
constexpr std::int64_t message_most = 1 * limits::KiB;  ///< what readers of letters take
constexpr std::int64_t history_most = 4 * limits::KiB;  ///< likewise
constexpr std::size_t statuses_bytes_max = 512;         ///< of a list of them: more than push's statuses_max need

template <auto field>
Number get(const Config& config) {
  return static_cast<std::int64_t>(config.*field);
}
template <auto field>
void put(Config& config, std::int64_t value) {
  using Type = std::remove_reference_t<decltype(config.*field)>;
  config.*field = static_cast<Type>(value);
}

std::optional<Milliseconds> duration_of(std::int64_t value) {
  return value == none ? std::nullopt : std::optional(Milliseconds(value));
}

using Backoff = delivery::Backoff;

template <auto field>
Number get_of_backoff(const Config& config) {
  return static_cast<std::int64_t>(config.backoff.*field);
}
template <auto field>
void put_of_backoff(Config& config, std::int64_t value) {
  config.backoff.*field = static_cast<std::uint32_t>(value);
}

// By name. Durations are in milliseconds, shares in percent.
constexpr ConfigKey table[] = {
    {"backoffbase", "", 0, day_ms, KeyOf::any,
     [](const Config& config) -> Number { return config.backoff.base.count(); },
     [](Config& config, std::int64_t value) { config.backoff.base = Milliseconds(value); }},
    {"backoffcap", "", 0, day_ms, KeyOf::any, [](const Config& config) -> Number { return config.backoff.cap.count(); },
     [](Config& config, std::int64_t value) { config.backoff.cap = Milliseconds(value); }},
    {"backofffactor", "", 100, 10'000, KeyOf::any, get_of_backoff<&Backoff::factor_percent>,
     put_of_backoff<&Backoff::factor_percent>},
    {"backoffjitter", "", 0, 100, KeyOf::any, get_of_backoff<&Backoff::jitter_percent>,
     put_of_backoff<&Backoff::jitter_percent>},
    {"breaker", "off pause", 0, 0, KeyOf::pull, get<&Config::has_breaker>, put<&Config::has_breaker>},
    {"breakerleast", "", 1, 1'000'000, KeyOf::pull, get<&Config::breaker_least>, put<&Config::breaker_least>},
    {"breakerpause", "", 1'000, day_ms, KeyOf::pull,
     [](const Config& config) -> Number { return config.breaker_pause.count(); },
     [](Config& config, std::int64_t value) { config.breaker_pause = Milliseconds(value); }},
    {"breakerrate", "", 1, 100, KeyOf::pull, get<&Config::breaker_rate>, put<&Config::breaker_rate>},
    {"breakerwindow", "", 1'000, day_ms, KeyOf::pull,
     [](const Config& config) -> Number { return config.breaker_window.count(); },
     [](Config& config, std::int64_t value) { config.breaker_window = Milliseconds(value); }},
    {"compat", "none knative", 0, 0, KeyOf::any, get<&Config::is_for_knative>, put<&Config::is_for_knative>},
    {"contentmode", "binary structured batch", 0, 0, KeyOf::http, get<&Config::content_mode>,
     put<&Config::content_mode>},
    {"copy", "full link", 0, 0, KeyOf::any, get<&Config::links>, put<&Config::links>},
    {"deadholds", "false true", 0, 0, KeyOf::any, get<&Config::dead_holds>, put<&Config::dead_holds>},
    {"deadletterretention", "", 1'000, century_ms, KeyOf::any,
     [](const Config& config) {
       return config.letters_retention ? Number(config.letters_retention->count()) : std::nullopt;
     },
     [](Config& config, std::int64_t value) { config.letters_retention = duration_of(value); }},
    {"deadletters", "false true", 0, 0, KeyOf::any, get<&Config::dead_letters>, put<&Config::dead_letters>},
    {"historylimit", "", 0, history_most, KeyOf::any, get<&Config::history_bytes>, put<&Config::history_bytes>},
    {"honourexpiry", "false true", 0, 0, KeyOf::any, get<&Config::honours_expiry>, put<&Config::honours_expiry>},
    {"locktime", "", 1'000, day_ms, KeyOf::any, [](const Config& config) -> Number { return config.lock_time.count(); },
     [](Config& config, std::int64_t value) { config.lock_time = Milliseconds(value); }},
    {"maxage", "", 1, century_ms, KeyOf::any,
     [](const Config& config) { return config.age_max ? Number(config.age_max->count()) : std::nullopt; },
     [](Config& config, std::int64_t value) { config.age_max = duration_of(value); }},
    {"maxattempts", "", 1, 1'000, KeyOf::any, get<&Config::attempts_max>, put<&Config::attempts_max>},
    {"maxbatchbytes", "", 1'024, batch_bytes_most, KeyOf::http, get<&Config::batch_bytes_max>,
     put<&Config::batch_bytes_max>},
    {"maxbatchevents", "", 1, batch_events_most, KeyOf::http, get<&Config::batch_events_max>,
     put<&Config::batch_events_max>},
    {"maxinflight", "", 1, in_flight_most, KeyOf::any, get<&Config::in_flight_max>, put<&Config::in_flight_max>},
    {"messagelimit", "", 0, message_most, KeyOf::any, get<&Config::message_bytes>, put<&Config::message_bytes>},
    {"notify", "none events", 0, 0, KeyOf::any, get<&Config::notifies>, put<&Config::notifies>},
    {"ontargeterror", "hold drop", 0, 0, KeyOf::any, get<&Config::on_target_error>, put<&Config::on_target_error>},
    {"ordering", "none key partition", 0, 0, KeyOf::any, get<&Config::ordering>, put<&Config::ordering>},
};

// `retryon` and `failon` are behind those of the table.
constexpr std::size_t inheritable_keys = std::size(table) + 2;
static_assert(inheritable_keys <= 32, "each has a bit in Config::own");

constexpr std::array<Inheritable, inheritable_keys> make_inheritable() {
  std::array<Inheritable, inheritable_keys> out{};
  std::uint32_t bit = 1;
  std::size_t at = 0;
  for (const auto& key : table) {
    out[at++] = {key.name, bit, key.of};
    bit <<= 1;
  }
  out[at++] = {"retryon", bit, KeyOf::http};
  out[at] = {"failon", bit << 1, KeyOf::http};
  return out;
}
constexpr auto all_inheritable = make_inheritable();

/// The word at that place; empty beyond them.
std::string_view word_at(std::string_view words, std::int64_t place) {
  for (; place > 0 && !words.empty(); --place) words.remove_prefix(std::min(words.find(' '), words.size() - 1) + 1);
  return words.substr(0, words.find(' '));
}

Number place_of(std::string_view word, std::string_view words) {
  for (std::int64_t place = 0; !word_at(words, place).empty(); ++place) {
    if (word_at(words, place) == word) return place;
  }
  return std::nullopt;
}

Number whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? Number(value) : std::nullopt;
}

std::string said(std::string_view name, std::string_view value) {
  return std::string(name) + " is \"" + escaped(value) + "\", but must be ";
}

std::string of_http_only(std::string_view name) {
  return std::string(name) + " says how requests are made, and is for protocol HTTP only";
}

std::optional<std::string> set_topic(std::string& topic, std::string_view name, std::string_view value) {
  if (!is_topic_name(value)) {
    return said(name, value) + "the name of a topic: 1 to " + std::to_string(limits::topic_name_max) +
           " of a-z, A-Z, 0-9, \".\", \"_\" and \"-\"";
  }
  topic = value;
  return std::nullopt;
}

std::optional<std::string> set_start(Start& start, std::string_view value) {
  if (value == "earliest" || value == "latest") {
    start = {.at = value == "latest" ? Start::At::latest : Start::At::earliest};
    return std::nullopt;
  }
  const auto time = parse_rfc3339(value);
  if (!time || *time < 0) return said("startfrom", value) + "earliest, latest, or a time as RFC 3339 has it, from 1970";
  start = {.at = Start::At::time, .time = *time};
  return std::nullopt;
}

std::optional<std::string> set_statuses(std::string& statuses, Protocol protocol, std::string_view name,
                                        std::string_view value) {
  if (protocol != Protocol::http) return of_http_only(name);
  if (value.size() > statuses_bytes_max)
    return std::string(name) + " may have " + std::to_string(statuses_bytes_max) + " bytes at most";
  if (const auto read = push::Statuses::parse(value); !read) return std::string(name) + ": " + read.error().message;
  statuses = value;
  return std::nullopt;
}

}  // namespace

std::span<const ConfigKey> config_keys() { return table; }

bool may_be_none(const ConfigKey& key) { return !key.get(Config()); }

std::span<const Inheritable> inheritable() { return all_inheritable; }

std::uint32_t bit_of(std::string_view name) {
  const auto found = std::ranges::find(all_inheritable, name, &Inheritable::name);
  return found == all_inheritable.end() ? 0 : found->bit;
}

std::optional<std::string> set_config(Config& config, Protocol protocol, std::string_view name,
                                      std::string_view value) {
  if (name == "topic") return set_topic(config.topic, name, value);
  if (name == "deadlettertopic") return set_topic(config.dead_letter_topic, name, value);
  if (name == "startfrom") return set_start(config.start, value);
  if (name == "retryon") return set_statuses(config.retry_on, protocol, name, value);
  if (name == "failon") return set_statuses(config.fail_on, protocol, name, value);
  const auto key = std::ranges::find(table, name, &ConfigKey::name);
  if (key == std::end(table)) return "\"" + escaped(name, 64) + "\" is no key of config";
  if (!is_of(key->of, protocol)) {
    if (key->of == KeyOf::http) return of_http_only(name);
    return std::string(name) + " says when nothing is handed out, and is for subscriptions without a sink only";
  }
  if (value == "none" && may_be_none(*key)) {
    key->put(config, none);
    return std::nullopt;
  }
  const auto number = key->words.empty() ? whole_number(value) : place_of(value, key->words);
  if (!key->words.empty() && !number) return said(name, value) + "one of: " + std::string(key->words);
  if (key->words.empty() && (!number || *number < key->least || *number > key->most)) {
    return said(name, value) + "a whole number from " + std::to_string(key->least) + " to " +
           std::to_string(key->most) + (may_be_none(*key) ? ", or none" : "");
  }
  key->put(config, *number);
  return std::nullopt;
}

std::optional<std::string> text_of(const ConfigKey& key, const Config& config) {
  const auto number = key.get(config);
  if (!number) return std::nullopt;
  return key.words.empty() ? std::to_string(*number) : std::string(word_at(key.words, *number));
}

std::string text_of(const Start& start) {
  if (start.at == Start::At::time) return rfc3339(start.time);
  return start.at == Start::At::earliest ? "earliest" : "latest";
}

}  // namespace millrace::subscriptions
