#pragma once
// CloudEvents for a load to read: JSON data of a given size, in binary mode, as a producer of any Kafka client would
// send them.

#include "connection.hpp"

namespace millrace::bench {

struct Filling {
  std::int32_t partitions = 1;
  std::uint64_t events = 0;    ///< of all partitions together
  std::size_t data_bytes = 0;  ///< of each event's data
  std::uint64_t keys = 0;      ///< of each partition, in turn; 0: events have none
};
/// Makes the topic if there is none, and produces until each partition has its share of the events. Fails when one has
/// more already.
[[nodiscard]] Result<void> fill_with_events(Connection& connection, const std::string& topic, const Filling& filling);

}  // namespace millrace::bench
