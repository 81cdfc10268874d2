#pragma once
// Events in hand are settled by their tokens: delivery is asked, each token is answered for itself. Any thread.

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "millrace/runtime/delivery_runtime.hpp"
#include "settlement.hpp"

namespace millrace::http::routes {

/// Nothing was decided: the log of deliveries cannot be written now.
inline constexpr std::string_view unavailable = "unavailable";

/// For each token, in their order: empty when that was done, else "lost", "unknown" or "unavailable". Or why nothing
/// was decided of any.
using TokenErrors = tl::expected<std::vector<std::string_view>, ErrorCode>;

/// `done` comes on any thread, once what was decided is durable; perhaps before this returns.
void settle(runtime::DeliveryRuntime& delivery, const std::string& id, const Settlement& settlement,
            runtime::Callback<void(TokenErrors)> done);

/// Tokens by what became of them, each list as it stands between the brackets of JSON: there are many, so they are put
/// together without a document.
struct SettledTokens {
  std::string settled{};
  std::string failed{};  ///< {"token", "error"}

  /// One error for each token.
  void add(const std::vector<std::string>& tokens, const std::vector<std::string_view>& errors);
};

}  // namespace millrace::http::routes
