#pragma once
// Sinks of redrive jobs: letters sent by HTTP as events of a subscription are, one in a request, in binary mode and
// without credentials. A sink is asked first whether it wants events; its answers are judged by push (docs/push.md),
// and a rate that it grants, 429 and Retry-After are kept to.
//
// What is given must outlive all jobs. Any thread; nothing waits.

#include <memory>

#include "millrace/redrive/sinks.hpp"
#include "millrace/webhook/web_hooks.hpp"

namespace millrace::webhook {

struct RedriveWorks {
  runtime::BrokerRuntime& broker;
  Send send;
  Options options{};                 ///< WebHooks::open() has checked them
  subscriptions::Allowed allowed{};  ///< by whom a host that is an address is judged before anything is sent
};

[[nodiscard]] std::shared_ptr<redrive::Sinks> redrive_sinks(RedriveWorks works);

}  // namespace millrace::webhook
