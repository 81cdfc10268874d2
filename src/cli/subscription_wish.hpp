#pragma once
// A subscription as the command line names it, put into the JSON that the broker reads (docs/subscriptions.md). Only
// what is named is changed. Pure.

#include <optional>
#include <string>
#include <vector>

#include "client.hpp"

namespace millrace::cli {

struct SubscriptionWish {
  std::optional<std::string> topic{};
  std::optional<std::string> sink{};  ///< empty, as below: none, or none any more
  std::optional<std::string> source{};
  std::optional<std::string> filter{};  ///< CESQL; takes the place of all filters that are there
  std::vector<std::string> types{};     ///< take the place of those that are there; one that is empty: none any more
  std::optional<std::string> from{};
  std::optional<std::string> ordering{};
  std::optional<std::string> max_attempts{};
  std::optional<std::string> max_age{};  ///< a span of time, as durations.hpp has it; empty: none any more
  std::vector<std::string> config{};     ///< key=value
  std::vector<std::string> unset{};      ///< keys of config that are to have their defaults
  std::vector<std::string> headers{};    ///< name=value; an empty value takes the header away

  [[nodiscard]] bool is_empty() const;
};

/// `subscription` is an object, perhaps an empty one. A sink brings its protocol along: KAFKA if it begins with
/// "kafka:", else HTTP; with another protocol the settings of the one before go, and without a sink all about it.
void apply(const SubscriptionWish& wish, Json& subscription);

}  // namespace millrace::cli
