#pragma once
// What the librdkafka programs of the end-to-end tests share: command line, configuration, records as text lines, and
// errors that end the program. A record is one line of tab-separated fields, bytes in hex, `-` for null:
//
//   partition  timestamp_ms  key  value  name=value,name=value,…
//
// The programs print events as lines on stdout; the tests in Python read them. Nothing here is part of the broker.

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace millrace::e2e {

/// `--name value` pairs and `-X key=value` client properties.
struct Arguments {
  std::map<std::string, std::string> named;
  std::vector<std::pair<std::string, std::string>> properties;

  /// The value of `--name`; ends the program if it is missing and has no fallback.
  [[nodiscard]] std::string text(const std::string& name, std::optional<std::string> fallback = {}) const;
  [[nodiscard]] std::int64_t number(const std::string& name, std::optional<std::int64_t> fallback = {}) const;
};

[[nodiscard]] Arguments parse_arguments(int argc, char** argv);

struct Record {
  std::int32_t partition = 0;
  std::int64_t timestamp_ms = 0;  ///< 0: the client's clock
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
};

[[nodiscard]] Record parse_record(const std::string& line);
/// `record <partition> <offset> <timestamp> <key> <value> <headers>`, tab-separated.
void print_record(const rd_kafka_message_t& message);

/// Prints one event line and flushes, since the reader is waiting for it.
void say(const std::string& line);
/// Prints the reason on stderr and exits with 1.
[[noreturn]] void fail(const std::string& reason);

struct Deleter {
  void operator()(rd_kafka_t* p) const { rd_kafka_destroy(p); }
  void operator()(rd_kafka_topic_partition_list_t* p) const { rd_kafka_topic_partition_list_destroy(p); }
  void operator()(rd_kafka_message_t* p) const { rd_kafka_message_destroy(p); }
  void operator()(rd_kafka_queue_t* p) const { rd_kafka_queue_destroy(p); }
  void operator()(rd_kafka_event_t* p) const { rd_kafka_event_destroy(p); }
};
using Client = std::unique_ptr<rd_kafka_t, Deleter>;
using Partitions = std::unique_ptr<rd_kafka_topic_partition_list_t, Deleter>;
using Message = std::unique_ptr<rd_kafka_message_t, Deleter>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Deleter>;
using Event = std::unique_ptr<rd_kafka_event_t, Deleter>;

/// A configuration with the address of `--broker` and every `-X`; the caller hands it to `make_client`.
[[nodiscard]] rd_kafka_conf_t* make_configuration(const Arguments& arguments);
void set(rd_kafka_conf_t* configuration, const std::string& name, const std::string& value);
[[nodiscard]] Client make_client(rd_kafka_type_t type, rd_kafka_conf_t* configuration);

}  // namespace millrace::e2e
