#pragma once
// Which dead letters a request means: of its query, or of its body. Failures name the parameter or the field, what was
// sent and the rule. Pure.

#include "body.hpp"
#include "millrace/redrive/found.hpp"
#include "query.hpp"

namespace millrace::http::routes {

/// The parameters state, where, reason, since and until.
[[nodiscard]] Result<redrive::Selection> letters_meant(Query& query);
/// The fields ids, where, reason, since and until: of open letters.
[[nodiscard]] Result<redrive::Selection> letters_meant(Body& body);

}  // namespace millrace::http::routes
