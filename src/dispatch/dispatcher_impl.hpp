#pragma once
// Dispatcher::Impl: what is at work, and the thread on which it changes; split over changes.cpp (by whom they belong
// to), states.cpp (by what happens) and progress.cpp (what Kafka's tools see). dispatcher.hpp says what it promises.

#include <spdlog/logger.h>

#include <functional>
#include <future>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "document.hpp"
#include "millrace/dispatch/dispatcher.hpp"
#include "millrace/groups/messages.hpp"
#include "millrace/runtime/broker_runtime.hpp"
#include "millrace/runtime/delivery_runtime.hpp"
#include "millrace/runtime/guarded.hpp"
#include "millrace/runtime/work_thread.hpp"
#include "millrace/subscriptions/defaults.hpp"

namespace millrace::dispatch {

[[nodiscard]] tl::unexpected<Refusal> refused(Refusal::Why why, std::string detail);
[[nodiscard]] tl::unexpected<Refusal> refused(subscriptions::Faults faults, std::string_view of = "the subscription");
[[nodiscard]] tl::unexpected<Refusal> not_served(subscriptions::Protocol protocol);

/// The one answer that `ask` is given a callback for. Waits, so it is for the dispatcher's thread alone.
template <class T, class Ask>
T answer_to(Ask ask) {
  const auto promise = std::make_shared<std::promise<T>>();
  auto answer = promise->get_future();
  ask([promise](T value) { promise->set_value(std::move(value)); });
  return answer.get();
}

struct Dispatcher::Impl : std::enable_shared_from_this<Dispatcher::Impl> {
  /// Never changed: another one takes its place.
  struct Entry {
    Kept kept{};
    std::shared_ptr<Runner> runner{};       ///< null: nothing runs
    std::uint64_t life = 0;                 ///< of the runner
    std::optional<Attempt> last_attempt{};  ///< of the runner that was there before
  };
  using EntryPtr = std::shared_ptr<const Entry>;
  using Entries = std::map<std::string, EntryPtr, std::less<>>;

  Impl(runtime::BrokerRuntime& its_broker, runtime::DeliveryRuntime& its_delivery, runtime::GroupRuntime& its_groups,
       disk::Disk& disk, std::shared_ptr<spdlog::logger> log, redrive::Letters* its_letters)
      : broker(its_broker),
        delivery(its_delivery),
        groups(its_groups),
        letters(its_letters),
        secrets(disk),
        diagnostics(std::move(log)) {}

  [[nodiscard]] EntryPtr find(std::string_view id) const;
  [[nodiscard]] std::vector<EntryPtr> all() const;
  [[nodiscard]] View view_of(const Entry& entry) const;
  [[nodiscard]] bool is_served(subscriptions::Protocol protocol) const;
  /// False when it has stopped; then nothing is posted.
  bool post(runtime::Callback<void()> work);
  /// `make()` on the thread, and its answer.
  template <class T>
  void change(Done<T> done, std::function<Answered<T>()> make) {
    const auto answer = std::make_shared<Done<T>>(std::move(done));
    if (post([answer, make = std::move(make)] { (*answer)(make()); })) return;
    (*answer)(refused(Refusal::Why::unavailable, "the broker is stopping"));
  }

  // creating.cpp; but for create() on the thread
  /// One that is to be made, and who waits for it.
  struct Wish {
    std::string json{};
    bool dry_run = false;
    Done<View> done{};
  };
  void create(Wish wish);
  void create_waiting();
  void create_together(std::span<Wish> wishes);
  /// What would be kept, with an id unless it is only tried; `others` are about to be made, too.
  [[nodiscard]] Answered<Kept> judge(const std::string& json, bool dry_run, std::size_t others);
  [[nodiscard]] std::vector<ErrorCode> serve_all(const std::vector<Kept>& all);

  // changes.cpp; all on the thread
  [[nodiscard]] Answered<View> replace(const std::string& id, const std::string& json, bool dry_run);
  [[nodiscard]] Answered<View> remove(const std::string& id);
  /// What is left of one that is to be forgotten; tried again until it is done.
  void finish_removal(const std::string& id);
  [[nodiscard]] bool forget(const std::string& id);
  /// Unset: it is removed. A Refusal when it could not be written.
  [[nodiscard]] Answered<void> store(std::vector<broker::ChangeDocument> documents);
  [[nodiscard]] Answered<void> store(const std::string& id, std::optional<std::string> json);
  [[nodiscard]] Answered<void> store(const Kept& kept);

  // defaults.cpp; on the thread, but for restore_defaults()
  using Inheritance = subscriptions::Inheritance;
  using InheritancePtr = std::shared_ptr<const Inheritance>;
  void restore_defaults();
  [[nodiscard]] InheritancePtr inheritance_now() const;
  [[nodiscard]] Answered<subscriptions::Defaults> set_defaults(const std::string& topic, const std::string& json,
                                                               bool dry_run);
  /// All whose config is another by these, as they then are. A Refusal when one would break a rule.
  [[nodiscard]] Answered<std::vector<Kept>> changed_by(const Inheritance& next) const;
  /// They are served and run so from now on.
  void follow(std::vector<Kept> changed);
  /// Of topics that are gone.
  void forget_defaults();

  // states.cpp; on the thread, but for start() and stop()
  void start();
  void stop();
  /// What the log has. `to_do` is for the thread.
  void restore(const std::string& id, const std::string& json, std::vector<std::function<void()>>& to_do);
  [[nodiscard]] Answered<View> suspend(const std::string& id, const std::string& reason);
  [[nodiscard]] Answered<View> resume(const std::string& id);
  void look_for_topics();
  void topic_gone(const Entry& entry);
  void serve(const Kept& kept, runtime::Callback<void(ErrorCode)> done);
  /// Whether its events may be sent there.
  [[nodiscard]] Answered<void> check_sink(const subscriptions::Subscription& subscription) const;
  /// Whether its dead letters could be written.
  [[nodiscard]] Answered<void> check_letters(const subscriptions::Subscription& subscription) const;
  /// As an event, if it wants that.
  void tell_state(const Kept& kept) const;
  /// Takes its place among the entries, with its runner started, or stopped if it may not run.
  View put(Kept kept, const EntryPtr& before);
  [[nodiscard]] std::shared_ptr<Runner> fresh_runner(const Kept& kept, std::uint64_t life);

  // progress.cpp; on the thread
  void tell_progress();
  void tell_progress(const Entry& entry);

  runtime::BrokerRuntime& broker;
  runtime::DeliveryRuntime& delivery;
  runtime::GroupRuntime& groups;
  redrive::Letters* letters;  ///< null: nobody writes any
  SecretFile secrets;         ///< the thread's, after start()
  std::shared_ptr<spdlog::logger> diagnostics;
  std::map<subscriptions::Protocol, MakeRunner> makers{};  ///< as they were at the start
  std::map<subscriptions::Protocol, JudgeSink> judges{};   ///< likewise
  runtime::Guarded<Entries> entries{};
  runtime::Guarded<InheritancePtr> inheritance{std::make_shared<const Inheritance>()};
  runtime::Guarded<bool> is_open{false};
  std::uint64_t lives = 0;                       ///< the thread's, after start()
  runtime::Guarded<std::vector<Wish>> wishes{};  ///< until the thread comes to them
  std::set<std::string> untold{};                ///< whose progress is to be told again; the thread's
  Instant all_told_at{};                         ///< the thread's
  runtime::WorkThread work{
      "dispatch", [this](std::string_view what) { diagnostics->error("dispatch work failed why=\"{}\"", what); }};
};

}  // namespace millrace::dispatch
