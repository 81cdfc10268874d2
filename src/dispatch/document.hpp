#pragma once
// What is kept of a subscription in the metadata log: the subscription itself with its secrets sealed, and beside it
// what its owner did not say (docs/formats/metadata_topic.md).

#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/dispatch/runner.hpp"
#include "millrace/subscriptions/defaults.hpp"
#include "sealing.hpp"

namespace millrace::dispatch {

struct Kept {
  SubscriptionPtr subscription{};
  Uuid topic{};                     ///< a topic that is made anew under the old name is another one
  std::vector<Offset> begin_at{};   ///< of each partition, by index; those beyond begin with what they have
  std::string suspended{};          ///< why; empty: it is active
  bool is_removing = false;         ///< to be forgotten: what is left of it is still to go
  std::string locked_credential{};  ///< JSON, sealed; of a credential that could not be opened, kept as it is. The
                                    ///< subscription then has none
};

/// Makes a key if one is needed. Fails if a secret cannot be sealed.
[[nodiscard]] Result<std::string> write_document(const Kept& kept, SecretFile& secrets);

/// Errc::unsupported: another version may know what it says.
[[nodiscard]] Result<Kept> read_document(std::string_view json, SecretFile& secrets,
                                         const subscriptions::Inheritance& inheritance = {});

}  // namespace millrace::dispatch
