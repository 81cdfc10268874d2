#pragma once
// What is set for single groups, as a coordinator looks at it. An immutable picture, as Topics is: the engine hands a
// coordinator the newest one before it asks anything. Shared: any thread.

#include <memory>
#include <optional>
#include <string_view>

#include "millrace/core/time.hpp"

namespace millrace::groups {

class Settings {
 public:
  Settings() = default;
  Settings(const Settings&) = delete;
  Settings& operator=(const Settings&) = delete;
  virtual ~Settings() = default;

  /// Instead of Config's consumer_session_timeout.
  [[nodiscard]] virtual std::optional<Milliseconds> session_timeout(std::string_view group_id) const = 0;
  /// Instead of Config's consumer_heartbeat_interval.
  [[nodiscard]] virtual std::optional<Milliseconds> heartbeat_interval(std::string_view group_id) const = 0;
};

using SettingsPtr = std::shared_ptr<const Settings>;

/// Nothing is set for any group.
[[nodiscard]] SettingsPtr no_settings();

}  // namespace millrace::groups
