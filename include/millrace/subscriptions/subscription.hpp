#pragma once
// What a subscription is: who wants which events of which topic, and how they get them, as the Subscriptions API of
// CloudEvents has it (rows SUB-1 to SUB-15 of docs/subscriptions.md). One with a sink is pushed to; one without is
// asked for its events (pull).
//
// A stranger's JSON becomes a Subscription here, with all of its faults told at once, and JSON again: for readers
// without its secrets, for the broker's own log with them. Nothing is resolved, sent or stored here, and no clock is
// asked. Whether the sink's addresses are allowed is for whoever connects: sink.hpp. Pure, any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <variant>
#include <vector>

#include "millrace/core/rarely.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/delivery/breaker.hpp"
#include "millrace/delivery/policy.hpp"
#include "millrace/filter/expression.hpp"
#include "millrace/push/verdict.hpp"
#include "millrace/subscriptions/limits.hpp"

namespace millrace::subscriptions {

enum class Protocol : std::uint8_t {
  pull,   ///< neither protocol nor sink: events are asked for
  http,   ///< "HTTP": the sink is a URL
  kafka,  ///< "KAFKA": the sink is a topic of this cluster, kafka:<topic>
};

struct Header {
  std::string name{};
  std::string value{};
  bool operator==(const Header&) const = default;
};

struct HttpSettings {
  std::string method = "POST";
  std::vector<Header> headers{};  ///< by name; sent beside each event, shown to readers
  bool operator==(const HttpSettings&) const = default;
};

struct KafkaSettings {
  std::string topic{};                 ///< `topicname`, or what the sink names
  std::string key_attribute{};         ///< `partitionkeyextractor`; empty: the record keeps its key
  std::string client_id{};             ///< `clientid`
  std::optional<std::int16_t> acks{};  ///< `ackmode`, or `acks`: -1, 0, 1
  bool operator==(const KafkaSettings&) const = default;
};

/// A name and a password.
struct PlainCredential {
  std::string identifier{};
  std::string secret{};
  bool operator==(const PlainCredential&) const = default;
};

/// A bearer token.
struct AccessToken {
  std::string token{};
  std::optional<Timestamp> expires{};
  bool operator==(const AccessToken&) const = default;
};

using Credential = std::variant<std::monostate, PlainCredential, AccessToken>;

/// Where a new subscription begins in its topic.
struct Start {
  enum class At : std::uint8_t { earliest, latest, time };
  At at = At::latest;
  Timestamp time = 0;  ///< with At::time: the first record that is not older
  bool operator==(const Start&) const = default;
};

enum class ContentMode : std::uint8_t { binary, structured, batch };

/// SUB-14. What may be said is the table of src/subscriptions/config_keys.cpp.
struct Config {
  std::string topic{};
  Start start{};
  ContentMode content_mode = ContentMode::binary;
  std::uint32_t batch_events_max = 100;             ///< with ContentMode::batch
  std::uint32_t batch_bytes_max = 1 * limits::MiB;  ///< likewise; one event always goes
  delivery::Order ordering = delivery::Order::key;
  std::uint32_t in_flight_max = 1'000;  ///< of each partition
  std::uint16_t attempts_max = 10;
  std::optional<Milliseconds> age_max{};
  delivery::Backoff backoff{};
  Milliseconds lock_time{60'000};  ///< longer than a request to a sink may take
  bool dead_letters = true;
  bool dead_holds = true;
  std::string dead_letter_topic{};                  ///< empty: the one that is made from the names
  std::optional<Milliseconds> letters_retention{};  ///< after their death; unset: as their topic says
  std::uint32_t message_bytes = 1 * limits::KiB;    ///< of a letter's message, at most
  std::uint32_t history_bytes = 4 * limits::KiB;    ///< of its history, at most
  bool links = false;                               ///< its letters point to their records instead of having them
  bool notifies = false;                            ///< its letters and its suspension are told as events
  bool is_for_knative = false;                      ///< its letters have Knative's attributes as well
  std::string retry_on{};                           ///< of Protocol::http: push::Statuses, as they were said
  std::string fail_on{};                            ///< likewise
  delivery::OnTargetError on_target_error = delivery::OnTargetError::hold;
  bool honours_expiry = false;  ///< events whose expirytime is over are settled unsent
  bool has_breaker = true;      ///< of Protocol::pull, as the next four: they are breaker_of()
  std::uint32_t breaker_least = 100;
  std::uint32_t breaker_rate = 50;
  Milliseconds breaker_window{60'000};
  Milliseconds breaker_pause{60'000};
  std::uint32_t own = 0;  ///< which keys its owner has said, a bit each; the others are inherited (defaults.hpp)
  bool operator==(const Config&) const = default;
};

struct Subscription {
  std::string id{};                  ///< of the broker: a-z, 0-9 and "-"; empty until it is given
  std::string source{};              ///< empty: any
  std::vector<std::string> types{};  ///< empty: any
  std::string filters = "[]";        ///< filter objects: an array of JSON
  std::string sink{};                ///< as it was said; empty for pull
  Protocol protocol = Protocol::pull;
  Rarely<HttpSettings> http{};    ///< of Protocol::http
  Rarely<KafkaSettings> kafka{};  ///< of Protocol::kafka
  Rarely<Credential> credential{};
  Config config{};
  bool operator==(const Subscription&) const = default;
};

struct Inheritance;  // defaults.hpp

struct Fault {
  std::string pointer{};  ///< into the JSON (RFC 6901): "/config/topic"; empty for the whole
  std::string rule{};     ///< "SUB-4"
  std::string detail{};   ///< the value and the rule; of a secret only the rule. Escaped, cut, fit to be printed
  bool operator==(const Fault&) const = default;
};

/// At least one; at most limits::faults_max.
using Faults = std::vector<Fault>;

template <class T>
using Judged = tl::expected<T, Faults>;

/// A new subscription; without an Inheritance nothing is set for the cluster or its topic. Its `id` is not read
/// (SUB-3), nor is `status`, which is for readers; null is as if it were not there; other members that are not known
/// are faults. Takes time and memory in proportion to the text, which has at most limits::subscription_bytes_max.
[[nodiscard]] Judged<Subscription> read(std::string_view json, const Inheritance& inheritance);
[[nodiscard]] Judged<Subscription> read(std::string_view json);

/// What replaces `before`: the whole, as PUT has it. `id`, config.topic and config.startfrom stay: left out or the same
/// (the topic has to be said). A secret that is left out is kept where sink, protocol, credentialtype and identifier
/// stay the same: who may not read it must not have it sent elsewhere. Without sinkcredential there is none any more.
/// A key of config that was inherited, and has the value that it had, stays inherited: what was read can be sent back.
[[nodiscard]] Judged<Subscription> read_update(std::string_view json, const Subscription& before,
                                               const Inheritance& inheritance);
[[nodiscard]] Judged<Subscription> read_update(std::string_view json, const Subscription& before);

/// What to_json() has written with Secrets::kept, with its id.
[[nodiscard]] Judged<Subscription> restore(std::string_view json, const Inheritance& inheritance);
[[nodiscard]] Judged<Subscription> restore(std::string_view json);

enum class Secrets : std::uint8_t {
  hidden,  ///< SUB-12: secret and accesstoken are left out
  kept,    ///< for the broker's own log: restore() gives the same Subscription
};

/// Readers are told every key of config, as it holds now; the broker keeps those that the owner has said. Values of
/// config are strings, as the OpenAPI has them.
[[nodiscard]] std::string to_json(const Subscription& subscription, Secrets secrets);

/// What the config says of delivery; the rest is delivery's default.
[[nodiscard]] delivery::Policy policy_of(const Subscription& subscription);

/// When nothing is handed out for a while. Nothing: it goes on whatever happens, as for those with a sink, which has a
/// breaker of its own.
[[nodiscard]] std::optional<delivery::BreakerPolicy> breaker_of(const Subscription& subscription);

/// What it says otherwise than push's table. push::check() passes for what was read here.
[[nodiscard]] push::Overrides overrides_of(const Subscription& subscription);

/// source AND types AND filters (SUB-5, SUB-6), asked of the attributes of each event. Does not fail for what was read
/// here; otherwise Errc::invalid.
[[nodiscard]] Result<filter::Expression> filter_of(const Subscription& subscription);

}  // namespace millrace::subscriptions
