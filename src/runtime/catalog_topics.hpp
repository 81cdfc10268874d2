#pragma once
// The catalog, as groups look at it. Immutable; any thread.

#include <memory>
#include <utility>

#include "millrace/broker/catalog.hpp"
#include "millrace/groups/topics.hpp"

namespace millrace::runtime {

class CatalogTopics final : public groups::Topics {
 public:
  explicit CatalogTopics(std::shared_ptr<const broker::Catalog> catalog) : catalog_(std::move(catalog)) {}

  [[nodiscard]] std::optional<Topic> find(std::string_view name) const override { return told(catalog_->find(name)); }
  [[nodiscard]] std::optional<Topic> find(const Uuid& id) const override { return told(catalog_->find(id)); }
  void for_each_name(const std::function<void(const std::string&)>& each) const override;
  [[nodiscard]] std::int64_t version() const override { return catalog_->version(); }

 private:
  [[nodiscard]] static std::optional<Topic> told(const broker::Catalog::TopicPtr& topic) {
    if (!topic) return std::nullopt;
    return Topic{topic->id, topic->name, topic->partitions};
  }

  std::shared_ptr<const broker::Catalog> catalog_;
};

}  // namespace millrace::runtime
