#include "handlers.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::InitProducerIdRequest;
using protocol::InitProducerIdResponse;

void handle(const Context& context, const Call&, InitProducerIdRequest request, Answer<InitProducerIdResponse> answer) {
  InitProducerIdResponse response;
  response.producer_epoch = -1;
  if ((request.producer_id == -1) != (request.producer_epoch == -1)) {
    response.error_code = ErrorCode::invalid_request;
    return answer.send(response);
  }
  if (request.transactional_id) {
    // Kafka's own code for an empty id; for others the one on which clients give up at once.
    response.error_code = request.transactional_id->empty() ? ErrorCode::invalid_request
                                                            : ErrorCode::transactional_id_authorization_failed;
    return answer.send(response);
  }
  context.broker.new_producer_id([response, answer = std::move(answer)](runtime::ProducerIdAnswer made) mutable {
    response.error_code = made.error;
    response.producer_id = made.id;
    response.producer_epoch = made.error == ErrorCode::none ? ProducerEpoch{0} : ProducerEpoch{-1};
    answer.send(response);
  });
}

}  // namespace millrace::kafka::handlers
