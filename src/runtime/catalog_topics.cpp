#include "catalog_topics.hpp"

namespace millrace::runtime {

void CatalogTopics::for_each_name(const std::function<void(const std::string&)>& each) const {
  for (const auto& topic : catalog_->topics()) {
    // Nobody who reads "everything" means to read what the broker writes about itself.
    if (!topic->is_internal) each(topic->name);
  }
}

}  // namespace millrace::runtime
