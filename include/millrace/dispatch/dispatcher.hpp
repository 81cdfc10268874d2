#pragma once
// Dispatcher: subscriptions at work. It judges them, keeps them as documents of the metadata log, has delivery serve
// them, runs what sends their events, and says how each of them is doing.
//
// A change is answered when it is durable. Changes happen one after the other on a thread of its own; whoever asks for
// one, or looks, is not blocked. Secrets are sealed before they are written (docs/formats/secret_key.md), and never
// leave here but for runners. At a start everything is served again; a document that this version cannot read is said
// in the log and kept as it is.
//
// Owned by app: open() while the broker is opening; serve_protocol(), then start() once; stop() before delivery is
// stopped and before the broker is closed. All else: any thread, between start() and stop(). Callbacks come on any
// thread.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/delivery/breaker.hpp"
#include "millrace/delivery/partition_delivery.hpp"
#include "millrace/disk/disk.hpp"
#include "millrace/dispatch/runner.hpp"
#include "millrace/runtime/callback.hpp"
#include "millrace/subscriptions/defaults.hpp"

namespace spdlog {
class logger;
}

namespace millrace::runtime {
class BrokerRuntime;
class DeliveryRuntime;
class GroupRuntime;
}  // namespace millrace::runtime

namespace millrace::redrive {
class Letters;
}  // namespace millrace::redrive

namespace millrace::dispatch {

/// Each has its filter, its machines and a document in memory, and all of them are listed in one answer.
inline constexpr std::size_t subscriptions_max = 10'000;

/// The consumer group as which its progress is committed, for Kafka's tools: "ce-sub-" and the id.
[[nodiscard]] std::string group_of(std::string_view id);

enum class State : std::uint8_t {
  active,
  pending_validation,  ///< the sink has not said yet that it wants events
  suspended,           ///< nothing is handed out or sent until it is resumed
};
/// As in "pending-validation".
[[nodiscard]] std::string_view name_of(State state) noexcept;

/// Why it is suspended, in the dispatcher's own words; runners have others.
inline constexpr std::string_view topic_deleted = "topic-deleted";
inline constexpr std::string_view credential_unreadable = "credential-unreadable";
inline constexpr std::string_view protocol_not_served = "protocol-not-served";

struct View {
  SubscriptionPtr subscription;  ///< with its secrets: subscriptions::Secrets::hidden for readers
  State state = State::active;
  std::string reason{};           ///< of State::suspended; else empty
  bool lacks_credential = false;  ///< the secret in the log cannot be opened
};

struct Status {
  struct Partition {
    PartitionIndex partition = 0;
    Offset high_watermark;
    delivery::PartitionDelivery::Facts facts;
  };
  State state = State::active;
  std::string reason{};
  std::vector<Partition> partitions{};           ///< without those whose delivery log cannot be read now
  delivery::PartitionDelivery::Counts counts{};  ///< since the broker's start
  std::optional<Attempt> last_attempt{};
  std::optional<delivery::Breaker::Facts> breaker{};  ///< of who asks for its events
  Milliseconds breaker_wait{0};                       ///< how long an open one lasts from now
};

/// Why a change was not made.
struct Refusal {
  enum class Why : std::uint8_t {
    invalid,               ///< `faults` says what; there is at least one
    unknown_topic,         ///< there is no such topic, or it is the broker's own
    unknown_subscription,  ///< no such id
    not_served,            ///< nobody here sends by this protocol
    too_many,              ///< there are subscriptions_max
    unresumable,           ///< what it was suspended for is still so
    unavailable,           ///< it could not be written, or the broker stops
  };
  Why why = Why::invalid;
  std::string detail{};
  subscriptions::Faults faults{};
};

template <class T>
using Answered = tl::expected<T, Refusal>;
template <class T>
using Done = runtime::Callback<void(Answered<T>)>;

class Dispatcher {
 public:
  /// Listens to deletions of topics from here on. All references must outlive it. The key of secrets is in `disk`.
  /// `letters` is told where those of each subscription go; null: nobody writes any.
  [[nodiscard]] static std::unique_ptr<Dispatcher> open(runtime::BrokerRuntime& broker,
                                                        runtime::DeliveryRuntime& delivery,
                                                        runtime::GroupRuntime& groups, disk::Disk& disk,
                                                        std::shared_ptr<spdlog::logger> diagnostics,
                                                        redrive::Letters* letters = nullptr);
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  /// From now on subscriptions with this protocol are taken, and run by what `make` makes. Before start(); without it
  /// they are refused, and those of an earlier start are served and wait. Protocol::pull needs no runner.
  /// A new subscription, or a changed one, whose sink `judge` refuses is refused; unset: none is.
  void serve_protocol(subscriptions::Protocol protocol, MakeRunner make, JudgeSink judge = nullptr);
  /// Serves what there is, and runs it.
  void start();
  /// Runners are stopped, changes that were begun are made, later ones are unavailable. Blocks until then.
  void stop();

  /// A new subscription by a stranger's JSON. With `dry_run` it is judged only, and has no id.
  void create(std::string json, bool dry_run, Done<View> done);
  /// As a PUT has it: subscriptions::read_update().
  void replace(std::string id, std::string json, bool dry_run, Done<View> done);
  /// Its delivery is forgotten, and the group that told its progress.
  void remove(std::string id, Done<View> done);
  /// A suspended one becomes active; an active one stays so. After topic_deleted the topic of that name has to be there
  /// again, and is delivered from its start.
  void resume(std::string id, Done<View> done);
  /// What the cluster's subscriptions do, or those of a topic, where their owners say nothing: a stranger's JSON in
  /// place of what was there. It holds for all of them from the answer on. Refused, and nothing is changed, if one of
  /// them would break a rule by it. An empty topic: of the cluster. The defaults of a topic go with it.
  void set_defaults(std::string topic, std::string json, bool dry_run, Done<subscriptions::Defaults> done);
  [[nodiscard]] std::shared_ptr<const subscriptions::Inheritance> inheritance() const;

  /// Nothing is handed out or sent until it is resumed.
  void suspend(std::string id, std::string reason, Done<View> done);

  [[nodiscard]] std::optional<View> find(std::string_view id) const;
  /// In order of their ids.
  [[nodiscard]] std::vector<View> list() const;
  /// Looks into each partition. Nothing: no such id.
  [[nodiscard]] std::optional<Status> status(std::string_view id) const;

  struct Impl;

 private:
  explicit Dispatcher(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace millrace::dispatch
