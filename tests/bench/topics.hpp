#pragma once
// The questions that every load asks before and after its work.

#include "connection.hpp"

namespace millrace::bench {

/// Fine when the topic exists already.
[[nodiscard]] Result<void> make_topic(Connection& connection, const std::string& topic, std::int32_t partitions);

/// The first offset that is held, and the one after the last that readers see.
struct Extent {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};
[[nodiscard]] Result<Extent> extent_of(Connection& connection, const std::string& topic, std::int32_t partition);

/// "Produce: orders-3: NOT_LEADER …": an answer that carries an error ends a load.
[[nodiscard]] Failure refused(const std::string& api, const std::string& topic, std::int32_t partition,
                              ErrorCode error);

}  // namespace millrace::bench
