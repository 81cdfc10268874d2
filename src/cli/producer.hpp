#pragma once
// Sends records to one topic and counts what became of them. Memory is bounded: send() waits while much is under way.
// Owned; the callback comes from within a call.

#include <functional>
#include <memory>

#include "kafka.hpp"
#include "output.hpp"

namespace millrace::cli {

/// What is printed of each record that was acknowledged.
enum class Told { nothing, ids, json };

class Producer {
 public:
  /// Asks for the topic, and how large a batch may be there. Idempotent where `acks` is "all". Errc::not_found for a
  /// topic that does not exist, Errc::io when no broker answers, Errc::invalid for an address that is none.
  [[nodiscard]] static Result<std::unique_ptr<Producer>> start(const std::string& bootstrap, std::string topic,
                                                               const std::string& acks, Told told);

  [[nodiscard]] std::int32_t partition_count() const { return partitions_; }
  /// `line` is named when the broker refuses it; 0: none.
  [[nodiscard]] Result<void> send(const Record& record, std::uint64_t line);
  void poll();
  void flush_output();
  /// Waits until it is known of every record what became of it.
  void finish();

  /// Nothing can be sent any more, or whoever read what was printed is gone.
  [[nodiscard]] bool is_over() const { return watch_.fatal || !output_.is_open(); }
  [[nodiscard]] bool is_unreachable() const { return is_unreachable_; }
  [[nodiscard]] std::uint64_t refused_count() const { return refused_; }
  /// "3 records acknowledged, 1 refused"
  [[nodiscard]] std::string summary() const;

  std::function<void(const std::string&)> on_trouble;

 private:
  Producer(std::string topic, Told told, bool is_acknowledged)
      : topic_(std::move(topic)), told_(told), is_acknowledged_(is_acknowledged) {}
  static void delivered(const rd_kafka_message_t& message, void* self);
  void settle(const rd_kafka_message_t& message);
  void tell(const rd_kafka_message_t& message, std::uint64_t line);

  std::string topic_;
  Told told_;
  bool is_acknowledged_;
  kafka::Watch watch_;
  kafka::Client client_;  // after watch_, which it calls
  std::int32_t partitions_ = 0;
  Output output_;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t under_way_bytes_ = 0;
  bool is_unreachable_ = false;
};

}  // namespace millrace::cli
