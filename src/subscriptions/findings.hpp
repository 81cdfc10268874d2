#pragma once
// Faults of a subscription while they are collected, no more of them than are listed.

#include <string>
#include <string_view>
#include <utility>

#include "millrace/subscriptions/subscription.hpp"

namespace millrace::subscriptions {

class Findings {
 public:
  void add(std::string pointer, std::string_view rule, std::string detail) {
    if (faults_.size() < limits::faults_max)
      faults_.push_back({.pointer = std::move(pointer), .rule = std::string(rule), .detail = std::move(detail)});
  }
  [[nodiscard]] bool empty() const { return faults_.empty(); }
  [[nodiscard]] std::size_t size() const { return faults_.size(); }
  [[nodiscard]] Faults take() && { return std::move(faults_); }

 private:
  Faults faults_;
};

/// A stranger's text, escaped and cut.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// "/config/a~1b" (RFC 6901), the name cut where it is longer than any that is known.
[[nodiscard]] std::string pointer_to(std::string_view parent, std::string_view name);

/// Why the text is not `what` at all: too long, no JSON object, nested too deep, a member twice. Nothing when it
/// can be parsed.
[[nodiscard]] std::optional<std::string> why_not_document(std::string_view text,
                                                          std::string_view what = "the subscription");

/// What is wrong between the topics, and what an update may not change.
void compare(const Subscription& said, const Subscription* before, Findings& findings);

[[nodiscard]] bool is_id(std::string_view text);
/// -1, which may be spelled "all", 0 or 1.
[[nodiscard]] std::optional<std::int16_t> acks_of(std::string_view text);

/// "SUB-9": the row that a fault of the filters is about, by its pointer into them.
[[nodiscard]] std::string_view rule_of_filter(std::string_view pointer);

/// A topic of this cluster as KAFKA's sink: "kafka:" and perhaps its name. Nothing for any other text.
[[nodiscard]] std::optional<std::string_view> topic_of_sink(std::string_view sink);

/// Why a header field cannot have that value; nothing when it can.
[[nodiscard]] std::optional<std::string_view> why_not_header_value(std::string_view value);
/// Of a secret only the rule is told.
void judge(const PlainCredential& said, Findings& findings);
void judge(const AccessToken& said, Findings& findings);

}  // namespace millrace::subscriptions
