#pragma once
// The members of one JSON object, each asked for by its name, with what is wrong with it. Owned: one reader at a time.

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "findings.hpp"
#include "millrace/cloudevents/rules.hpp"
#include "millrace/core/escaped.hpp"
#include "text.hpp"

namespace millrace::subscriptions {

using Json = nlohmann::json;

/// What nobody has asked for is not known. Borrows the object and the findings.
class Members {
 public:
  Members(const Json& object, std::string pointer, Findings& findings)
      : object_(object), pointer_(std::move(pointer)), findings_(findings) {}

  /// Null is as if it were not there.
  [[nodiscard]] const Json* find(const std::string& name) {
    known_.insert(name);
    const auto found = object_.find(name);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }

  /// A text that is not empty; nothing when it is not there or wrong.
  [[nodiscard]] std::optional<std::string> text(const std::string& name, std::string_view rule, std::size_t bytes_max) {
    const auto* const value = find(name);
    if (value == nullptr) return std::nullopt;
    const auto* const said = value->get_ptr<const std::string*>();
    if (said == nullptr || said->empty() || !cloudevents::is_string(*said)) {
      add(name, rule, "must be a string that is not empty, without control characters");
    } else if (said->size() > bytes_max) {
      add(name, rule, "has " + std::to_string(said->size()) + " bytes; " + std::to_string(bytes_max) + " are the most");
    } else {
      return *said;
    }
    return std::nullopt;
  }

  /// Whatever text is there, which no message will show; empty where none is.
  [[nodiscard]] std::string unjudged(const std::string& name) {
    const auto* const value = find(name);
    return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
  }

  void add(const std::string& name, std::string_view rule, const std::string& why) {
    findings_.add(pointer_to(pointer_, name), rule, name + " " + why);
  }

  void refuse_others(std::string_view rule) {
    for (const auto& [name, value] : object_.items()) {
      if (known_.contains(name)) continue;
      const std::string hint = name == "filter" && pointer_.empty() ? "; filters is" : "";
      findings_.add(pointer_to(pointer_, name), rule,
                    "\"" + escaped(name, 64) + "\" is no member that is known" + hint);
    }
  }

  [[nodiscard]] const std::string& pointer() const { return pointer_; }
  [[nodiscard]] const Json& object() const { return object_; }

 private:
  const Json& object_;
  std::string pointer_;
  Findings& findings_;
  std::set<std::string> known_;
};

}  // namespace millrace::subscriptions
