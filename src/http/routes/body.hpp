#pragma once
// The JSON object of a request's body, field by field: each of a type, none that is not known. Failures name the field,
// what was sent and the rule.

#include <map>
#include <set>
#include <string>

#include "json.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/limits.hpp"
#include "millrace/core/result.hpp"

namespace millrace::http::routes {

/// Topic → some of its partitions; none: all.
using PartitionsByTopic = std::map<std::string, std::set<PartitionIndex>>;

class Body {
 public:
  /// Errc::invalid when it is no JSON object.
  [[nodiscard]] static Result<Body> of(const Request& request);
  /// An object inside of another. `prefix` is where it stands, as in "fail.": failures name it, and show less of what
  /// was sent.
  [[nodiscard]] static Body inside(Json object, std::string prefix);

  /// Nothing when the field is absent or null.
  [[nodiscard]] Result<std::optional<std::string>> text(const std::string& field);
  [[nodiscard]] Result<std::optional<std::int32_t>> number(const std::string& field);
  [[nodiscard]] Result<std::optional<std::int64_t>> integer(const std::string& field);
  [[nodiscard]] Result<std::optional<std::int64_t>> integer_within(const std::string& field, std::int64_t least,
                                                                   std::int64_t most);
  [[nodiscard]] Result<std::optional<bool>> flag(const std::string& field);
  /// A list of texts; empty when the field is absent, but not when it is there.
  [[nodiscard]] Result<std::vector<std::string>> words(const std::string& field);
  /// A list of partitions; empty when the field is absent, but not when it is there.
  [[nodiscard]] Result<std::set<PartitionIndex>> numbers(const std::string& field);
  /// A list of texts; empty when the field is absent. At most `most` of them.
  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& field, std::size_t most);
  /// {"orders": [0, 2], "payments": null}
  [[nodiscard]] Result<PartitionsByTopic> partitions(const std::string& field);
  /// An object of texts; numbers and booleans are taken as texts, null for no value.
  [[nodiscard]] Result<std::vector<std::pair<std::string, std::optional<std::string>>>> texts(const std::string& field);
  /// Errc::invalid when there is a field that nobody asked for.
  [[nodiscard]] Result<void> all_known() const;

 private:
  explicit Body(Json object) : object_(std::move(object)) {}
  [[nodiscard]] const Json* find(const std::string& field);
  [[nodiscard]] Failure wrong(const std::string& field, const Json& value, const char* rule) const;

  Json object_;
  std::string prefix_{};
  std::size_t shown_max_ = limits::client_text_max;  ///< bytes of a value
  std::set<std::string> known_;
};

/// No body, or an object without fields: some clients send one with every POST.
[[nodiscard]] bool is_bare(const Request& request);

/// The parameter dry_run: whether a change is only to be judged. Errc::invalid: neither true nor false.
[[nodiscard]] Result<bool> is_dry_run(const Request& request);

}  // namespace millrace::http::routes
