#pragma once
// Defaults: what subscriptions do where their owners have said nothing, set for all of the cluster, and for those of a
// topic, which count first. Where neither says anything it is Config's own.
//
// What is inherited is not part of a subscription: it follows the defaults, also later. Pure, any thread.
// docs/subscriptions.md is the prose.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/subscriptions/subscription.hpp"

namespace millrace::subscriptions {

/// Key of config → value, as config has them; without the keys that are each subscription's own: topic, startfrom,
/// deadlettertopic.
using Defaults = std::map<std::string, std::string, std::less<>>;

struct Inheritance {
  Defaults cluster{};
  std::map<std::string, Defaults, std::less<>> topics{};  ///< by topic
  bool operator==(const Inheritance&) const = default;
};

/// An object of JSON as `config` is one. Null is as if it were not there.
[[nodiscard]] Judged<Defaults> read_defaults(std::string_view json);

[[nodiscard]] std::string to_json(const Defaults& defaults);

/// Whether subscriptions that say nothing obey all rules by these, whatever their protocol and topic. The fault names
/// the key.
[[nodiscard]] Judged<void> check(const Inheritance& inheritance);

/// The same subscription as it is by these defaults. Fails if what it says itself breaks a rule together with them.
[[nodiscard]] Judged<Subscription> inherit(Subscription subscription, const Inheritance& inheritance);

/// Where a value comes from that is neither the subscription's own nor Config's.
enum class Origin : std::uint8_t { topic, cluster };
/// As in "topic".
[[nodiscard]] std::string_view name_of(Origin origin) noexcept;

/// By key.
[[nodiscard]] std::vector<std::pair<std::string_view, Origin>> inherited(const Subscription& subscription,
                                                                         const Inheritance& inheritance);

}  // namespace millrace::subscriptions
