#include "handlers.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::FindCoordinatorRequest;
using protocol::FindCoordinatorResponse;

namespace {

constexpr std::int8_t group_key = 0, transaction_key = 1;

FindCoordinatorResponse::Coordinator find(const Context& context, const Call& call, std::int8_t type, std::string key) {
  FindCoordinatorResponse::Coordinator found;
  found.key = std::move(key);
  if (type == group_key) {
    const auto address = context.advertised.address_for(call.peer);
    found.node_id = context.broker.broker_id();
    found.host = address.host;
    found.port = address.port;
  } else if (type == transaction_key) {
    // The one answer on which every client gives up at once instead of asking again for ever.
    found.error_code = ErrorCode::transactional_id_authorization_failed;
    found.error_message = "transactions are not served";
  } else {
    found.error_code = ErrorCode::invalid_request;
    found.error_message = "key_type: " + std::to_string(type) + " is not 0 (group)";
  }
  return found;
}

}  // namespace

void handle(const Context& context, const Call& call, FindCoordinatorRequest request,
            Answer<FindCoordinatorResponse> answer) {
  FindCoordinatorResponse response;
  if (call.version >= 4) {
    for (auto& key : request.coordinator_keys) {
      response.coordinators.push_back(find(context, call, request.key_type, std::move(key)));
    }
    return answer.send(response);
  }
  auto found = find(context, call, request.key_type, std::move(request.key));
  response.error_code = found.error_code;
  response.error_message = std::move(found.error_message);
  response.node_id = found.node_id;
  response.host = std::move(found.host);
  response.port = found.port;
  answer.send(response);
}

}  // namespace millrace::kafka::handlers
