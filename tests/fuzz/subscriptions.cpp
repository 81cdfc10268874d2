// Any bytes as a subscription, and as defaults of subscriptions. What is read can be asked, is within delivery's
// bounds, and is the same when it is written and read again; what is shown of it, put back, changes nothing. What is
// not read has faults, each with a pointer, a rule and a reason. Reading is within heap in proportion.

#include <cstdint>
#include <cstdlib>

#include "heap_watch.hpp"
#include "millrace/subscriptions/defaults.hpp"
#include "millrace/subscriptions/limits.hpp"
#include "millrace/subscriptions/sink.hpp"
#include "millrace/subscriptions/subscription.hpp"

namespace {

using namespace millrace;
using namespace millrace::subscriptions;

void require(bool condition) {
  if (!condition) std::abort();
}

void judge(const Faults& faults) {
  require(!faults.empty() && faults.size() <= millrace::subscriptions::limits::faults_max);
  for (const auto& [pointer, rule, detail] : faults)
    require((pointer.empty() || pointer.front() == '/') && rule.starts_with("SUB-") && !detail.empty());
}

void use(Subscription subscription) {
  require(filter_of(subscription).has_value());
  require(delivery::check(policy_of(subscription)).has_value());
  require((subscription.protocol == Protocol::pull) == subscription.sink.empty());
  if (subscription.protocol == Protocol::http) require(read_url(subscription.sink).has_value());
  subscription.id = "a-1";
  const auto again = restore(to_json(subscription, Secrets::kept));
  require(again.has_value() && *again == subscription);
  const auto put_back = read_update(to_json(subscription, Secrets::hidden), subscription);
  require(put_back.has_value() && *put_back == subscription);
}

/// Who says nothing is something by them.
void use(const Defaults& defaults) {
  require(read_defaults(to_json(defaults)) == defaults);
  const Inheritance all{.cluster = defaults};
  const auto silent = read(R"({"config":{"topic":"t"}})", all);
  require(check(all) ? silent.has_value() : true);
  if (silent) require(inherit(*silent, {}) == read(R"({"config":{"topic":"t"}})"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const testing::HeapWatch reading;
  auto subscription = read(text);
  require(reading.peak() <= 100 * size + 262'144);  // A hundred faults tell more than was said.
  if (subscription) {
    use(*std::move(subscription));
  } else {
    judge(subscription.error());
  }
  const auto defaults = read_defaults(text);
  if (defaults) {
    use(*defaults);
  } else {
    judge(defaults.error());
  }
  if (const auto stored = restore(text)) require(!stored->id.empty());
  if (const auto url = read_url(text)) {
    require(!url->host.empty() && url->port != 0 && url->target.starts_with('/'));
    require(!url->address || parse_address(url->host) == url->address);
  }
  if (const auto address = parse_address(text)) require(parse_address(address->to_string()) == address);
  return 0;
}
