#pragma once
// The filter among the members of a view's document.

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include "millrace/filter/expression.hpp"
#include "millrace/views/view.hpp"

namespace millrace::views {

/// Where printing and comparing stop: deeper than any filter can be.
inline constexpr int depth_max = 64;

/// Nothing when it is no JSON, or nested deeper than depth_max.
[[nodiscard]] std::optional<nlohmann::json> parse(std::string_view text);

/// Of `filter` or `filters`, whichever `document`, an object, has.
[[nodiscard]] tl::expected<filter::Expression, Fault> expression_of(const nlohmann::json& document);

}  // namespace millrace::views
