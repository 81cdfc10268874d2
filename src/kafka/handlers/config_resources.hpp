#pragma once
// The kinds of what has configurations, by their numbers in requests.

#include <cstdint>

namespace millrace::kafka::handlers {

inline constexpr std::int8_t topic_resource = 2, broker_resource = 4, logger_resource = 8, client_metrics_resource = 16,
                             group_resource = 32;

}  // namespace millrace::kafka::handlers
