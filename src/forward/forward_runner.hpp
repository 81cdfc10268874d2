#pragma once
// What brings the events of one subscription to its topic: receive, copy, settle, and again; while there is nothing it
// waits. All of it on the forwarder's thread, but for what comes from outside.

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "millrace/forward/forwarder.hpp"
#include "millrace/runtime/broker_runtime.hpp"
#include "millrace/runtime/guarded.hpp"
#include "millrace/runtime/work_thread.hpp"
#include "shipment.hpp"

namespace millrace::forward {

struct Forwarder::Impl {
  runtime::BrokerRuntime& broker;
  runtime::DeliveryRuntime& delivery;
  FindOriginal find_original;
  FindOriginal find_edited;
  std::shared_ptr<spdlog::logger> diagnostics;
  std::atomic<std::uint64_t> consumers = 0;
  runtime::WorkThread thread;

  Impl(runtime::BrokerRuntime& broker_, runtime::DeliveryRuntime& delivery_, FindOriginal find,
       std::shared_ptr<spdlog::logger> log, FindOriginal edited);
};

class ForwardRunner final : public dispatch::Runner, public std::enable_shared_from_this<ForwardRunner> {
 public:
  ForwardRunner(Forwarder::Impl& forwarder, std::string id);

  void start(dispatch::SubscriptionPtr subscription) override;
  void stop() override;
  [[nodiscard]] dispatch::RunnerStatus status() const override;

 private:
  struct State {
    dispatch::SubscriptionPtr subscription;
    bool is_running = false;
    runtime::Cancel waiting;
    std::optional<dispatch::Attempt> last_attempt;
  };
  /// One round under way.
  struct Round {
    dispatch::SubscriptionPtr subscription;
    std::vector<Cargo> cargo;
    std::vector<Consignment> consignments;
    std::vector<runtime::DeliveryLock> arrived;
    bool has_failed = false;
  };
  using RoundPtr = std::shared_ptr<Round>;

  void post(void (ForwardRunner::*step)());
  void post_after(Milliseconds delay);
  [[nodiscard]] dispatch::SubscriptionPtr running() const;
  void receive();
  void wait();
  void take(std::vector<runtime::Delivered> events);
  /// What a letter has of one that was redriven after its log had lost it, or edited.
  [[nodiscard]] std::optional<record::OwnedRecord> kept(const FindOriginal& find, PartitionIndex partition,
                                                        Offset offset) const;
  /// Reads the records of one partition; what is not there any more is given up, for nobody can deliver it.
  void load(Round& round, PartitionIndex partition, const std::vector<runtime::DeliveryLock>& locks);
  void send(const RoundPtr& round);
  void arrive(const RoundPtr& round, const std::vector<runtime::ProducePartAnswer>& answers);
  void settle(Round& round, const Cargo& cargo, const Verdict& verdict);
  void note(std::string message);
  runtime::LocksDone no_matter();

  Forwarder::Impl& forwarder_;
  std::string id_;
  delivery::ConsumerId consumer_;
  runtime::Guarded<State> state_;
  std::atomic<bool> was_ready_at_once_ = false;  ///< when it waited last
};

}  // namespace millrace::forward
