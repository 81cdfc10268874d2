#include "millrace/groups/topics.hpp"

namespace millrace::groups {

namespace {

class NoTopics final : public Topics {
 public:
  [[nodiscard]] std::optional<Topic> find(std::string_view) const override { return std::nullopt; }
  [[nodiscard]] std::optional<Topic> find(const Uuid&) const override { return std::nullopt; }
  void for_each_name(const std::function<void(const std::string&)>&) const override {}
  [[nodiscard]] std::int64_t version() const override { return 0; }
};

}  // namespace

TopicsPtr no_topics() { return std::make_shared<NoTopics>(); }

}  // namespace millrace::groups
