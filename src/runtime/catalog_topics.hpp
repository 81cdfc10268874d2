#pragma once
// The catalog, as groups look at it: topics, and views among them. Immutable; any thread.

#include <memory>
#include <utility>

#include "millrace/broker/catalog.hpp"
#include "millrace/groups/topics.hpp"

namespace millrace::runtime {

class CatalogTopics final : public groups::Topics {
 public:
  explicit CatalogTopics(std::shared_ptr<const broker::Catalog> catalog) : catalog_(std::move(catalog)) {}

  [[nodiscard]] std::optional<Topic> find(std::string_view name) const override;
  [[nodiscard]] std::optional<Topic> find(const Uuid& id) const override;
  void for_each_name(const std::function<void(const std::string&)>& each) const override;
  [[nodiscard]] std::int64_t version() const override { return catalog_->version(); }

 private:
  [[nodiscard]] static std::optional<Topic> told(const broker::Catalog::TopicPtr& topic) {
    if (!topic) return std::nullopt;
    return Topic{topic->id, topic->name, topic->partitions};
  }

  /// With the partitions of its source.
  [[nodiscard]] std::optional<Topic> told(const broker::Catalog::ViewPtr& view) const;

  std::shared_ptr<const broker::Catalog> catalog_;
};

}  // namespace millrace::runtime
