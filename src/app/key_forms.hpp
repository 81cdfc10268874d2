#pragma once
// What keys are made of: how each type of value is read, written as TOML and told to Kafka's tools. For keys.cpp alone.

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "keys.hpp"
#include "millrace/push/fields.hpp"
#include "millrace/tracing/endpoint.hpp"
#include "value_text.hpp"

namespace millrace::app {

inline constexpr std::int64_t no_upper_bound = std::numeric_limits<std::int64_t>::max();
inline constexpr std::int64_t day_ms = 86'400'000;

/// What is said of a key in words.
struct About {
  std::string name;
  std::string text;
  std::string kafka_name = {};
};

enum class Reload { no, yes };

struct Range {
  std::int64_t least;
  std::int64_t most;
  bool or_unlimited = false;  ///< -1 is allowed as well
};

inline std::string words(const Range& range) {
  std::string out = range.most == no_upper_bound
                        ? "a whole number of at least " + std::to_string(range.least)
                        : "a whole number from " + std::to_string(range.least) + " to " + std::to_string(range.most);
  return range.or_unlimited ? out + ", or -1 for no limit" : out;
}

template <class T>
using Reader = std::function<std::optional<T>(const Texts& values)>;
/// How a type is read and written.
template <class T>
struct Form {
  broker::ConfigType type;
  Reader<T> read;
  std::function<std::string(const T& value)> print;
  std::function<std::optional<std::string>(const T& value)> tell;
};

template <class T>
Key make(About about, T Settings::* member, std::string allowed, Reload reload, Form<T> form) {
  Key key;
  key.name = std::move(about.name);
  key.about = std::move(about.text);
  key.kafka_name = std::move(about.kafka_name);
  key.allowed = std::move(allowed);
  key.reloadable = reload == Reload::yes;
  key.type = form.type;
  key.read = [member, read = std::move(form.read)](Settings& settings, const Texts& values) {
    auto value = read(values);
    if (value) settings.*member = std::move(*value);
    return value.has_value();
  };
  key.print = [member, print = std::move(form.print)](const Settings& settings) { return print(settings.*member); };
  key.tell = [member, tell = std::move(form.tell)](const Settings& settings) { return tell(settings.*member); };
  key.copy = [member](Settings& to, const Settings& from) { to.*member = from.*member; };
  key.same = [member](const Settings& one, const Settings& other) { return one.*member == other.*member; };
  return key;
}

/// Reads keys that take exactly one value.
template <class T, class Read>
Reader<T> single(Read read) {
  return [read](const Texts& values) -> std::optional<T> {
    if (values.size() != 1) return std::nullopt;
    return read(values.front());
  };
}

/// A whole number, or a time in whole milliseconds.
template <class T>
Key number(About about, T Settings::* member, Range range, Reload reload) {
  const auto read = [range](const std::string& text) -> std::optional<T> {
    const auto value = read_integer(text);
    if (!value) return std::nullopt;
    const bool unlimited = range.or_unlimited && *value == -1;
    if (!unlimited && (*value < range.least || *value > range.most)) return std::nullopt;
    if constexpr (std::is_same_v<T, Milliseconds>) {
      return Milliseconds(*value);
    } else {
      return static_cast<T>(*value);
    }
  };
  const auto print = [](const T& value) {
    if constexpr (std::is_same_v<T, Milliseconds>) {
      return std::to_string(value.count());
    } else {
      return std::to_string(value);
    }
  };
  const auto type = std::is_same_v<T, std::int32_t> ? broker::ConfigType::int32 : broker::ConfigType::int64;
  return make<T>(std::move(about), member, words(range), reload, {type, single<T>(read), print, print});
}

inline Key boolean(About about, bool Settings::* member, Reload reload) {
  const auto print = [](const bool& value) { return std::string(value ? "true" : "false"); };
  return make<bool>(std::move(about), member, "true or false", reload,
                    {broker::ConfigType::boolean, single<bool>(read_boolean), print, print});
}

/// One of a few words.
template <class T>
Key choice(About about, T Settings::* member, std::vector<std::pair<std::string, T>> choices, Reload reload) {
  std::string allowed;
  for (std::size_t at = 0; at < choices.size(); ++at) {
    if (at > 0) allowed += at + 1 == choices.size() ? " or " : ", ";
    allowed += quoted(choices[at].first);
  }
  const auto read = [choices](const std::string& text) -> std::optional<T> {
    for (const auto& [word, value] : choices) {
      if (word == text) return value;
    }
    return std::nullopt;
  };
  const auto word_for = [choices](const T& value) {
    for (const auto& [word, candidate] : choices) {
      if (candidate == value) return word;
    }
    return std::string();
  };
  const auto print = [word_for](const T& value) { return quoted(word_for(value)); };
  return make<T>(std::move(about), member, allowed, reload,
                 {broker::ConfigType::string, single<T>(read), print, word_for});
}

inline Key endpoints(About about, std::vector<Endpoint> Settings::* member, bool may_be_empty, Reload reload) {
  using List = std::vector<Endpoint>;
  const auto read = [may_be_empty](const Texts& values) -> std::optional<List> {
    List list;
    for (const std::string& value : values) {
      for (const std::string& part : split_list(value)) {
        auto endpoint = read_endpoint(part);
        if (!endpoint) return std::nullopt;
        list.push_back(std::move(*endpoint));
      }
    }
    if (list.empty() && !may_be_empty) return std::nullopt;
    return list;
  };
  const std::string prefix = about.kafka_name.empty() ? "" : "PLAINTEXT://";
  const auto tell = [prefix](const List& list) { return tell_list(list, prefix); };
  const std::string allowed = std::string(may_be_empty ? "a list" : "a list of at least one") +
                              " of host:port, with IPv6 addresses in brackets, as in \"[::1]:9092\"";
  return make<List>(std::move(about), member, allowed, reload, {broker::ConfigType::list, read, print_list, tell});
}

inline Key host_names(About about, std::vector<std::string> Settings::* member, Reload reload) {
  using List = std::vector<std::string>;
  const auto is_in_names = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':';
  };
  const auto read = [is_in_names](const Texts& values) -> std::optional<List> {
    List list;
    for (const std::string& value : values) {
      for (std::string& part : split_list(value)) {
        if (!std::all_of(part.begin(), part.end(), is_in_names)) return std::nullopt;
        list.push_back(std::move(part));
      }
    }
    return list;
  };
  const auto print = [](const List& list) {
    std::string out;
    for (const auto& name : list) out += (out.empty() ? "" : ", ") + quoted(name);
    return "[" + out + "]";
  };
  const auto tell = [](const List& list) -> std::optional<std::string> {
    if (list.empty()) return std::nullopt;
    std::string out;
    for (const auto& name : list) out += (out.empty() ? "" : ",") + name;
    return out;
  };
  return make<List>(std::move(about), member, "a list of names or addresses in small letters, without ports", reload,
                    {broker::ConfigType::list, read, print, tell});
}

/// The URL of a collector of traces.
inline Key collector(About about, std::string Settings::* member, Reload reload) {
  const auto read = [](const std::string& text) -> std::optional<std::string> {
    if (!text.empty() && !tracing::parse_collector(text)) return std::nullopt;
    return text;
  };
  const auto tell = [](const std::string& value) { return value.empty() ? std::nullopt : std::optional(value); };
  return make<std::string>(std::move(about), member,
                           "empty or a URL as in \"http://127.0.0.1:4318/v1/traces\": http alone, there is no TLS here "
                           "yet, without user, query and fragment",
                           reload, {broker::ConfigType::string, single<std::string>(read), quoted, tell});
}

/// What sinks of web hooks are asked in the name of.
inline Key origin(About about, std::string Settings::* member, Reload reload) {
  const auto read = [](const std::string& text) -> std::optional<std::string> {
    if (!push::check_origin(text)) return std::nullopt;
    return text;
  };
  const auto tell = [](const std::string& value) { return std::optional(value); };
  return make<std::string>(std::move(about), member, "a DNS name, as in \"events.example.com\"", reload,
                           {broker::ConfigType::string, single<std::string>(read), quoted, tell});
}

/// A share of a whole.
inline Key fraction(About about, double Settings::* member, Reload reload) {
  return make<double>(std::move(about), member, "a number from 0 to 1", reload,
                      {broker::ConfigType::float64, single<double>(read_fraction), print_fraction, print_fraction});
}

inline Key path(About about, std::string Settings::* member, Reload reload) {
  const auto read = [](const std::string& text) -> std::optional<std::string> {
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (std::any_of(text.begin(), text.end(), is_control)) return std::nullopt;
    return text;
  };
  const auto tell = [](const std::string& value) { return value.empty() ? std::nullopt : std::optional(value); };
  return make<std::string>(std::move(about), member, "a path without control characters", reload,
                           {broker::ConfigType::list, single<std::string>(read), quoted, tell});
}

}  // namespace millrace::app
