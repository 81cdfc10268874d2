#pragma once
// Faults while they are collected: each named in the way in which the event came, and no more of them than are listed.

#include <optional>
#include <string>
#include <string_view>

#include "millrace/cloudevents/event.hpp"
#include "millrace/cloudevents/fault.hpp"
#include "millrace/cloudevents/rules.hpp"

namespace millrace::cloudevents {

/// How the place of a fault is spelled: "/time", "ce-time" or "ce_time".
enum class Spelling { json, http, kafka };

class Findings {
 public:
  explicit Findings(Spelling spelling) : spelling_(spelling) {}

  /// Pointers begin with the index from here on, and each fault is one of the batch.
  void begin_element(std::size_t index) { element_ = index; }
  void end_elements() { element_.reset(); }

  /// "time is "noon": must be …". `value` is a stranger's; without one it is the attribute itself that is wrong.
  void add(Problem problem, std::string_view attribute, std::optional<std::string_view> value, const Breach& breach);
  /// Of the event as a whole.
  void add(Problem problem, const Breach& breach);
  /// A fault of this attribute of the event at hand is listed already.
  [[nodiscard]] bool has(std::string_view attribute) const;

  [[nodiscard]] bool empty() const { return faults_.empty(); }
  [[nodiscard]] std::size_t size() const { return faults_.size(); }
  [[nodiscard]] Faults take() && { return std::move(faults_); }

 private:
  [[nodiscard]] std::string pointer_to(std::string_view attribute) const;
  [[nodiscard]] std::string header_of(std::string_view attribute) const;
  void put(Problem problem, std::string_view attribute, const Breach& breach, std::string detail);

  Spelling spelling_;
  std::optional<std::size_t> element_;
  Faults faults_;
};

/// The rules for names, texts and types of the attributes, and that the required ones are there. Whoever has read the
/// event has judged already what is listed in `findings`, and that no name comes twice.
void judge(const Event& event, Strictness strictness, Findings& findings);

/// CORE-26: `event` is one of a batch; `first` is the version of its first event that states one, or empty.
void compare_versions(std::string_view first, const Event& event, Findings& findings);

}  // namespace millrace::cloudevents
