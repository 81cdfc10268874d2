#pragma once
// Which records of a topic a subscription takes: its source, types and filters, asked of each record as readers are
// told of it. Compiled once.

#include <functional>

#include "millrace/cloudevents/kafka.hpp"
#include "millrace/runtime/delivery_runtime.hpp"
#include "millrace/subscriptions/subscription.hpp"

namespace millrace::dispatch {

/// `unmarked` says how the topic is read now; any thread. Unset: it takes all. A record in binary mode costs no memory.
[[nodiscard]] runtime::TakesRecord takes_of(const subscriptions::Subscription& subscription,
                                            std::function<cloudevents::Unmarked()> unmarked);

}  // namespace millrace::dispatch
