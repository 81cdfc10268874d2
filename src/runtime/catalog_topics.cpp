#include "catalog_topics.hpp"

namespace millrace::runtime {

std::optional<groups::Topics::Topic> CatalogTopics::find(std::string_view name) const {
  const auto topic = catalog_->find(name);
  return topic ? told(topic) : told(catalog_->find_view(name));
}

std::optional<groups::Topics::Topic> CatalogTopics::find(const Uuid& id) const {
  if (const auto topic = catalog_->find(id)) return told(topic);
  for (const auto& [name, view] : catalog_->views()) {
    if (view->id == id) return told(view);
  }
  return std::nullopt;
}

std::optional<groups::Topics::Topic> CatalogTopics::told(const broker::Catalog::ViewPtr& view) const {
  const auto source = view ? catalog_->find(view->topic) : nullptr;
  if (!source) return std::nullopt;
  return Topic{view->id, view->name, source->partitions};
}

void CatalogTopics::for_each_name(const std::function<void(const std::string&)>& each) const {
  for (const auto& topic : catalog_->topics()) {
    // Nobody who reads "everything" means to read what the broker writes about itself.
    if (!topic->is_internal) each(topic->name);
  }
  for (const auto& [name, view] : catalog_->views()) each(name);
}

}  // namespace millrace::runtime
