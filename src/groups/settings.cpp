#include "millrace/groups/settings.hpp"

namespace millrace::groups {

namespace {

class NoSettings final : public Settings {
 public:
  [[nodiscard]] std::optional<Milliseconds> session_timeout(std::string_view) const override { return std::nullopt; }
  [[nodiscard]] std::optional<Milliseconds> heartbeat_interval(std::string_view) const override { return std::nullopt; }
};

}  // namespace

SettingsPtr no_settings() { return std::make_shared<NoSettings>(); }

}  // namespace millrace::groups
