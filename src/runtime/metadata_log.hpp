#pragma once
// The log of administrative changes, `__millrace_metadata`: replayed at start, appended to and flushed before a change
// is told to anybody. Used by the administrator's thread alone, and while opening.

#include <memory>
#include <string>

#include "millrace/broker/catalog.hpp"
#include "millrace/core/random.hpp"
#include "millrace/runtime/hosted_partition.hpp"

namespace spdlog {
class logger;
}

namespace millrace::runtime {

class MetadataLog {
 public:
  MetadataLog(std::shared_ptr<HostedPartition> partition, std::string source, Random& random)
      : partition_(std::move(partition)), source_(std::move(source)), random_(random) {}

  /// The image that all events so far make. A broken event is Errc::corrupt: guessing at topics could lose one.
  [[nodiscard]] Result<broker::Catalog> replay(spdlog::logger& diagnostics);

  /// Appends the events as one batch and waits until they are durable.
  [[nodiscard]] Result<void> append(const std::vector<broker::MetadataEvent>& events, Now now);

 private:
  std::shared_ptr<HostedPartition> partition_;
  std::string source_;
  Random& random_;
};

}  // namespace millrace::runtime
