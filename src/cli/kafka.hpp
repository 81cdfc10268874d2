#pragma once
// librdkafka, held so that nothing is left open: clients, lists, errors as Results. Owned by one thread; callbacks come
// only while that thread polls.

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "millrace/core/result.hpp"
#include "record.hpp"

namespace millrace::cli::kafka {

template <auto destroy>
struct Destroy {
  template <class T>
  void operator()(T* held) const {
    destroy(held);
  }
};
using Client = std::unique_ptr<rd_kafka_t, Destroy<rd_kafka_destroy>>;
using Topic = std::unique_ptr<rd_kafka_topic_t, Destroy<rd_kafka_topic_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Destroy<rd_kafka_queue_destroy>>;
using Message = std::unique_ptr<rd_kafka_message_t, Destroy<rd_kafka_message_destroy>>;
using Partitions = std::unique_ptr<rd_kafka_topic_partition_list_t, Destroy<rd_kafka_topic_partition_list_destroy>>;
using Settings = std::vector<std::pair<std::string, std::string>>;

/// What a client says of itself while it is polled. Outlives the client.
struct Watch {
  void (*delivered)(const rd_kafka_message_t& message, void* to) = nullptr;
  void* to = nullptr;
  bool unreachable = false;  ///< no broker can be reached now
  bool fatal = false;        ///< it does nothing any more
  std::string why;           ///< in the words of librdkafka
};

/// Errc::invalid for a setting that librdkafka refuses. Nobody is connected to yet.
[[nodiscard]] Result<Client> make_client(rd_kafka_type_t type, const std::string& bootstrap, const Settings& settings,
                                         Watch& watch);

/// How many partitions the topic has, which is never made by asking. Errc::not_found when there is none of that name,
/// Errc::io when no broker answers.
[[nodiscard]] Result<std::int32_t> partition_count(rd_kafka_t& client, Watch& watch, const std::string& topic);

/// A configuration of the topic, a number; nothing when the broker does not tell.
[[nodiscard]] std::optional<std::int64_t> topic_number(rd_kafka_t& client, const std::string& topic,
                                                       const std::string& name);

/// Errc::io for what a broker that is gone causes, Errc::not_found, else Errc::invalid.
[[nodiscard]] Error error_of(rd_kafka_resp_err_t code, const std::string& doing, const Watch& watch);

[[nodiscard]] Record record_of(const rd_kafka_message_t& message);

}  // namespace millrace::cli::kafka
