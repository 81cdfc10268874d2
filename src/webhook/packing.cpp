#include "packing.hpp"

#include <utility>

namespace millrace::webhook {

Packed pack(const Terms& terms, const Options& options, std::string_view id, std::span<const push::Outgoing> events,
            std::string_view traceparent) {
  const push::Hop hop{.origin = options.origin,
                      .subscription = id,
                      .credentials = terms.credentials,
                      .traceparent = traceparent,
                      .user_fields = &terms.user_fields};
  push::Request request;
  std::size_t taken = 1;
  if (terms.mode == push::ContentMode::batch) {
    auto batch = push::batch_of(events, terms.bounds, hop);
    request = std::move(batch.request);
    taken = batch.taken;
  } else {
    request = push::message_of(terms.mode, events.front(), hop);
  }
  return {.out = {.method = terms.method,
                  .target = {},
                  .fields = std::move(request.fields),
                  .content_type = std::move(request.content_type),
                  .body = std::move(request.body)},
          .taken = taken};
}

}  // namespace millrace::webhook
