#pragma once
// Reads records of one topic: as somebody who only looks, or as a member of a group that commits what was printed.
// Owned by one thread.

#include <map>
#include <memory>
#include <optional>
#include <set>

#include "consume_from.hpp"
#include "kafka.hpp"

namespace millrace::cli {

struct ConsumerWish {
  std::string bootstrap;
  std::string topic;
  std::string group;  ///< empty: none
  From from;
  std::optional<std::int32_t> partition;  ///< nothing: all of them
};

class Consumer {
 public:
  /// Asks where the partitions begin and end now, and begins to read. Errc::not_found for a topic or partition that
  /// does not exist, Errc::io when no broker answers, Errc::invalid for an offset that is not there.
  [[nodiscard]] static Result<std::unique_ptr<Consumer>> start(const ConsumerWish& wish);
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  /// A record, or null when none came in time. A failure is final.
  [[nodiscard]] Result<kafka::Message> next(int wait_ms);
  /// Is the record below the end that its partition had at the start?
  [[nodiscard]] bool was_there(const rd_kafka_message_t& message) const;
  /// Everything that was there at the start has come: of all partitions, or of those that the group gave to us.
  [[nodiscard]] bool is_at_end() const;
  /// The record was handed on, so the group may commit it.
  void handed_on(const std::string& topic, std::int32_t partition, std::int64_t offset);
  /// Since when no broker answers; nothing: all is well.
  [[nodiscard]] bool is_unreachable() const { return watch_.unreachable; }
  [[nodiscard]] const std::string& why() const { return watch_.why; }
  /// Commits and leaves the group.
  void close();

 private:
  Consumer() = default;
  [[nodiscard]] Result<std::map<std::int32_t, Extent>> extents(const ConsumerWish& wish, std::int32_t count);
  [[nodiscard]] Result<std::map<std::int32_t, std::int64_t>> first_offsets(const ConsumerWish& wish);
  [[nodiscard]] Result<void> look(const ConsumerWish& wish);
  [[nodiscard]] Result<void> join(const ConsumerWish& wish);
  void note(const rd_kafka_message_t& message);

  kafka::Watch watch_;
  kafka::Client client_;  // after watch_, which it calls
  kafka::Topic topic_;
  kafka::Queue queue_;  ///< null in a group
  std::map<std::int32_t, Extent> extents_;
  std::set<std::int32_t> read_;  ///< partitions of which everything that was there has come
};

}  // namespace millrace::cli
