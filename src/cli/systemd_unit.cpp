#include "systemd_unit.hpp"

#include <algorithm>
#include <optional>

#include "millrace/core/check.hpp"
#include "millrace/core/escaped.hpp"

namespace millrace::cli {

namespace {

const std::string shipped_program = "/usr/bin/millraced", shipped_config = "/etc/millrace/millrace.toml";

void replace(std::string& text, std::string_view from, const std::string& to) {
  const auto at = text.find(from);
  CHECK(at != std::string::npos, "the shipped unit has the line");
  text.replace(at, from.size(), to);
}

/// systemd gives meaning to blanks, quotes, percent signs and more; none of them is needed.
bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '.' ||
         c == '_' || c == '-' || c == '+' || c == '@';
}

std::optional<std::string> fault_of_path(const std::string& option, const std::string& path) {
  if (path.empty()) return std::nullopt;
  const bool is_fine = path.starts_with('/') && path.find("/../") == std::string::npos && !path.ends_with("/..") &&
                       std::ranges::all_of(path, is_plain);
  if (is_fine) return std::nullopt;
  return option + " \"" + escaped(path) + "\" is no path from / on of letters, digits and /._-+@";
}

std::optional<std::string> fault_of(const UnitWish& wish) {
  const std::pair<std::string, const std::string&> paths[] = {
      {"--program", wish.program}, {"--config", wish.config}, {"--data-dir", wish.data_dir}};
  for (const auto& [option, path] : paths) {
    if (auto fault = fault_of_path(option, path)) return fault;
  }
  const bool is_name = std::ranges::all_of(wish.user, [](char c) { return is_plain(c) && c != '/'; });
  if (!is_name || wish.user.starts_with('-')) return "--user \"" + escaped(wish.user) + "\" is no name of a user";
  if (!wish.data_dir.empty() && wish.user.empty()) {
    return "--data-dir needs --user: the user that is made up at each start owns nothing outside /var/lib";
  }
  return std::nullopt;
}

bool is_in_a_home(const std::string& path) {
  return path.starts_with("/home/") || path.starts_with("/root/") || path.starts_with("/run/user/");
}

}  // namespace

Result<std::string> systemd_unit(const std::string& shipped, const UnitWish& wish) {
  if (const auto fault = fault_of(wish)) return failure(Errc::invalid, *fault);
  auto unit = shipped;
  const std::string start = "ExecStart=", told = " --config ";
  replace(unit, start + shipped_program + told + shipped_config,
          start + (wish.program.empty() ? shipped_program : wish.program) + told +
              (wish.config.empty() ? shipped_config : wish.config) +
              (wish.data_dir.empty() ? "" : " --data-dir " + wish.data_dir));
  if (!wish.data_dir.empty()) {
    replace(unit, "StateDirectory=millrace\nStateDirectoryMode=0700\n", "ReadWritePaths=" + wish.data_dir + "\n");
    if (is_in_a_home(wish.data_dir)) replace(unit, "ProtectHome=yes", "ProtectHome=no");
  }
  if (!wish.user.empty()) replace(unit, "DynamicUser=yes", "User=" + wish.user);
  return unit;
}

}  // namespace millrace::cli
