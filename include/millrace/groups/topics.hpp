#pragma once
// Topics, as a coordinator looks at them: what a subscription means depends on which topics there are.
//
// An immutable picture. The engine hands a coordinator the newest one before it asks anything; groups compare it with
// what their last assignment was made from, each when one of its members speaks next. Shared: any thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/ids.hpp"

namespace millrace::groups {

class Topics {
 public:
  struct Topic {
    Uuid id;
    std::string name;
    std::int32_t partitions = 0;
  };

  Topics() = default;
  Topics(const Topics&) = delete;
  Topics& operator=(const Topics&) = delete;
  virtual ~Topics() = default;

  [[nodiscard]] virtual std::optional<Topic> find(std::string_view name) const = 0;
  [[nodiscard]] virtual std::optional<Topic> find(const Uuid& id) const = 0;
  /// All that a regular expression may choose from.
  virtual void for_each_name(const std::function<void(const std::string&)>& each) const = 0;
  /// Grows with every change, also over restarts.
  [[nodiscard]] virtual std::int64_t version() const = 0;
};

using TopicsPtr = std::shared_ptr<const Topics>;

/// Of no topics.
[[nodiscard]] TopicsPtr no_topics();

}  // namespace millrace::groups
