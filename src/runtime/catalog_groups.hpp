#pragma once
// What the catalog has for single groups, as their coordinator looks at it. Immutable; any thread.

#include <memory>
#include <utility>

#include "millrace/broker/catalog.hpp"
#include "millrace/groups/settings.hpp"

namespace millrace::runtime {

class CatalogGroups final : public groups::Settings {
 public:
  CatalogGroups(std::shared_ptr<const broker::Catalog> catalog, const broker::GroupConfigRules& rules)
      : catalog_(std::move(catalog)), rules_(rules) {}

  [[nodiscard]] std::optional<Milliseconds> session_timeout(std::string_view group_id) const override {
    return times(group_id).session_timeout;
  }
  [[nodiscard]] std::optional<Milliseconds> heartbeat_interval(std::string_view group_id) const override {
    return times(group_id).heartbeat_interval;
  }

 private:
  [[nodiscard]] broker::GroupTimes times(std::string_view group_id) const {
    return broker::group_times(rules_, catalog_->group_configs(group_id));
  }

  std::shared_ptr<const broker::Catalog> catalog_;
  broker::GroupConfigRules rules_;
};

}  // namespace millrace::runtime
