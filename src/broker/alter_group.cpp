// IncrementalAlterConfigs and AlterConfigs for one group: what the configurations will be, all changes or none.

#include "millrace/broker/catalog.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/core/limits.hpp"

namespace millrace::broker {

namespace {

AlterAnswer refused(ErrorCode error, std::string message) { return {error, std::move(message), {}}; }

/// A group need not exist to be configured, so its name is all that there is to judge.
std::optional<std::string> group_name_fault(std::string_view group_id) {
  if (group_id.empty()) return "resource_name: a group has a name";
  if (group_id.size() > limits::group_id_max) {
    return "resource_name: a group's name has at most " + std::to_string(limits::group_id_max) + " bytes";
  }
  if (!is_utf8(group_id)) return "resource_name: a group's name is UTF-8";
  return std::nullopt;
}

}  // namespace

AlterAnswer Catalog::alter_group(const AlterGroup& wanted, const CatalogRules& rules) const {
  if (auto fault = group_name_fault(wanted.group_id)) return refused(ErrorCode::invalid_request, std::move(*fault));
  const auto before = group_configs(wanted.group_id);
  auto configs = wanted.from_nothing ? ConfigMap{} : before;
  for (const auto& change : wanted.changes) {
    switch (change.operation) {
      case ConfigOperation::set: configs.insert_or_assign(change.key, change.value.value_or("")); break;
      case ConfigOperation::remove: configs.erase(change.key); break;
      case ConfigOperation::append:
      case ConfigOperation::subtract:
        return refused(ErrorCode::invalid_config,
                       "group configuration " + escaped(change.key) +
                           " is no list: nothing can be appended to it or subtracted from it");
    }
  }
  if (auto verdict = check_group_configs(configs, rules.group_configs); verdict.error != ErrorCode::none) {
    return refused(verdict.error, std::move(verdict.message));
  }
  AlterAnswer answer;
  if (wanted.validate_only || configs == before) return answer;
  if (before.empty() && group_configs_.size() >= limits::configured_groups_max) {
    return refused(ErrorCode::policy_violation, "as many groups have configurations of their own as may, " +
                                                    std::to_string(limits::configured_groups_max));
  }
  answer.events.emplace_back(GroupConfigured{wanted.group_id, std::move(configs)});
  return answer;
}

}  // namespace millrace::broker
