#pragma once
// The parameters of a request's query, one by one: each of a type, none that is not known. Failures name the parameter,
// what was sent and the rule.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "message.hpp"
#include "millrace/core/result.hpp"

namespace millrace::http::routes {

class Query {
 public:
  /// Borrows the request.
  explicit Query(const Request& request) : request_(request) {}

  /// Nothing when it is absent.
  [[nodiscard]] std::optional<std::string> text(const std::string& name);
  /// Errc::invalid: no whole number, or not from `least` to `most`.
  [[nodiscard]] Result<std::optional<std::int64_t>> number(const std::string& name, std::int64_t least,
                                                           std::int64_t most);
  /// One of the words between blanks, as its place among them. Errc::invalid: another.
  [[nodiscard]] Result<std::optional<std::size_t>> word(const std::string& name, std::string_view words);
  /// Errc::invalid when there is a parameter that nobody asked for.
  [[nodiscard]] Result<void> all_known() const;

 private:
  const Request& request_;
  std::set<std::string> known_;
};

}  // namespace millrace::http::routes
