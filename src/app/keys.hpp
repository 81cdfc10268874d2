#pragma once
// The one table of configuration keys. File, flag, environment, --help, --print-config, config/millrace.toml and
// docs/configuration.md are all made from it, so they cannot disagree.
//
// A key `num_partitions` is `num_partitions` in the file, `--num-partitions` as a flag and `MILLRACE_NUM_PARTITIONS` in
// the environment. Values here are texts as they came; what they may be stands in `allowed`, in words that follow
// "must be". The table is built once and never changes; any thread may read it.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/broker/topic_config.hpp"
#include "settings.hpp"

namespace millrace::app {

using Texts = std::vector<std::string>;

struct Key {
  std::string name;
  std::string section;  ///< keys of a section stand together
  std::string allowed;
  std::string about;       ///< one or more sentences
  std::string kafka_name;  ///< the same setting in Kafka's broker; empty when there is none
  broker::ConfigType type = broker::ConfigType::string;
  bool reloadable = false;

  /// Stores the value; false, with `settings` unchanged, when it is not allowed.
  std::function<bool(Settings& settings, const Texts& values)> read;
  /// The value as TOML.
  std::function<std::string(const Settings& settings)> print;
  /// The value as Kafka writes it, "PLAINTEXT://127.0.0.1:9092"; nothing where Kafka has a null.
  std::function<std::optional<std::string>(const Settings& settings)> tell;
  std::function<void(Settings& to, const Settings& from)> copy;
  std::function<bool(const Settings& one, const Settings& other)> same;

  [[nodiscard]] std::string flag() const;      ///< "--num-partitions"
  [[nodiscard]] std::string variable() const;  ///< "MILLRACE_NUM_PARTITIONS"
};

/// In the order in which an operator should read them.
[[nodiscard]] std::span<const Key> keys();
/// Null when there is no such key.
[[nodiscard]] const Key* find_key(std::string_view name);
/// The name among `known` that a typing error most likely meant; empty when none is near.
[[nodiscard]] std::string nearest(std::string_view name, const Texts& known);

/// Rules that bind several keys together. Each sentence names the keys, their values and the rule; none when all hold.
[[nodiscard]] Texts broken_rules(const Settings& settings);

}  // namespace millrace::app
