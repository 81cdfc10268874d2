#pragma once
// InitProducerId: an id and an epoch for an idempotent or transactional producer. 5 may answer with an error code more.

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct InitProducerIdRequest {
  static constexpr ApiShape shape{.name = "InitProducerId", .key = 22, .oldest = 0, .newest = 5, .flexible_from = 2};

  std::optional<std::string> transactional_id{};
  std::int32_t transaction_timeout_ms = 0;
  std::int64_t producer_id = -1;     // since 3
  std::int16_t producer_epoch = -1;  // since 3

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("transactional_id", m.transactional_id);
    io.field("transaction_timeout_ms", m.transaction_timeout_ms);
    if (io.version() >= 3) {
      io.field("producer_id", m.producer_id);
      io.field("producer_epoch", m.producer_epoch);
    }
    io.tags();
  }
};

struct InitProducerIdResponse {
  static constexpr ApiShape shape = InitProducerIdRequest::shape;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = 0;

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("throttle_time_ms", m.throttle_time_ms);
    io.field("error_code", m.error_code);
    io.field("producer_id", m.producer_id);
    io.field("producer_epoch", m.producer_epoch);
    io.tags();
  }
};

}  // namespace millrace::protocol
