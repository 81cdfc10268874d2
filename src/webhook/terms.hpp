#pragma once
// What a subscription says of its sink, in the words of push. Pure.

#include <memory>
#include <string>

#include "millrace/core/rarely.hpp"
#include "millrace/core/result.hpp"
#include "millrace/push/message.hpp"
#include "millrace/push/sink_state.hpp"
#include "millrace/subscriptions/sink.hpp"
#include "millrace/subscriptions/subscription.hpp"
#include "millrace/webhook/web_hooks.hpp"

namespace millrace::webhook {

/// A value; shared by the requests that go out by it, and never changed.
struct Terms {
  std::string topic;
  subscriptions::SinkUrl sink;
  std::string method;
  std::string credentials;  ///< of Authorization; empty: none
  push::Fields user_fields;
  push::ContentMode mode = push::ContentMode::binary;
  push::BatchBounds bounds;
  Milliseconds lock_time{};
  std::size_t places = 1;
  bool honours_expiry = false;
  Rarely<push::Overrides> overrides{};
};
using TermsPtr = std::shared_ptr<const Terms>;

/// Errc::invalid: no URL that the operator allows.
[[nodiscard]] Result<TermsPtr> terms_of(const subscriptions::Subscription& subscription, const Options& options);

/// Whether consent to one is consent to the other: the same URL, asked for with the same credentials.
[[nodiscard]] bool is_same_sink(const Terms& one, const Terms& other);

/// How long a request may take that goes out now with events that have been in hand for so long; 0: none may. Locks
/// last an eighth of their time longer, for the answer to be settled.
[[nodiscard]] Milliseconds timeout_of(const Terms& terms, const Options& options, Milliseconds in_hand);

/// Whether its `expirytime` is over.
[[nodiscard]] bool is_expired(const cloudevents::Event& event, Timestamp now);

}  // namespace millrace::webhook
