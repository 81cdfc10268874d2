#pragma once
// The unit file that is shipped, with other places and another user. Pure.

#include <string>

#include "millrace/core/result.hpp"

namespace millrace::cli {

struct UnitWish {
  std::string program;   ///< empty: as shipped
  std::string config;    ///< likewise
  std::string data_dir;  ///< empty: /var/lib/millrace, which systemd makes
  std::string user;      ///< empty: one that systemd makes up at each start
};

/// `shipped` is config/millrace.service. Errc::invalid names the option and the rule.
[[nodiscard]] Result<std::string> systemd_unit(const std::string& shipped, const UnitWish& wish);

/// config/millrace.service, as it was when this was built.
extern const char* const shipped_unit;

}  // namespace millrace::cli
