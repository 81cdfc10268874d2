#include <nlohmann/json.hpp>
#include <set>

#include "findings.hpp"
#include "millrace/core/escaped.hpp"

namespace millrace::subscriptions {

namespace {

using Json = nlohmann::json;

/// Looks at a text while it is parsed, and keeps nothing of it.
class Watch {
 public:
  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    is_deep_ = is_deep_ || depth > static_cast<int>(limits::json_depth_max);
    if (is_deep_) return false;
    if (event == Json::parse_event_t::object_start) names_.emplace_back();
    if (event == Json::parse_event_t::object_end) names_.pop_back();
    if (event == Json::parse_event_t::key && !names_.back().insert(parsed.get<std::string>()).second)
      twice_ = parsed.get<std::string>();
    return true;
  }

  [[nodiscard]] bool is_deep() const { return is_deep_; }
  [[nodiscard]] const std::optional<std::string>& twice() const { return twice_; }

 private:
  bool is_deep_ = false;
  std::vector<std::set<std::string>> names_;  ///< of the objects that are open
  std::optional<std::string> twice_;
};

}  // namespace

std::optional<std::string> why_not_document(std::string_view text, std::string_view what) {
  if (text.size() > limits::subscription_bytes_max) {
    return std::string(what) + " has " + std::to_string(text.size()) + " bytes; " +
           std::to_string(limits::subscription_bytes_max) + " are the most";
  }
  Watch watch;
  const auto json = Json::parse(text, std::ref(watch), false);
  if (watch.is_deep()) return "nested deeper than " + std::to_string(limits::json_depth_max);
  if (!json.is_object()) return std::string(what) + " is not a JSON object";
  if (watch.twice()) return "\"" + escaped(*watch.twice(), 64) + "\" is there twice in one object";
  return std::nullopt;
}

}  // namespace millrace::subscriptions
