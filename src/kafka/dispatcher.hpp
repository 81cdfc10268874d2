#pragma once
// From a frame to its handler: reads the header, finds the API in protocol/apis.hpp, decodes the version that was sent,
// and calls handle(Context, Call, Request, Answer<Response>) of handlers/. Shared: any thread.

#include <optional>
#include <string>

#include "call.hpp"

namespace millrace::kafka {

class Dispatcher {
 public:
  explicit Dispatcher(Context context) : context_(std::move(context)) {}

  /// Nothing when the request was understood. Otherwise why the connection must end: Kafka's protocol has no other
  /// answer to an unknown API, to a version that is not served, or to a body that cannot be read.
  [[nodiscard]] std::optional<Refusal> handle(MutableBytes frame, const Peer& peer, Reply reply);

 private:
  Context context_;
};

}  // namespace millrace::kafka
