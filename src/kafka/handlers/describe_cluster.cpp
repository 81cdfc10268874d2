#include "authorized_operations.hpp"
#include "handlers.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::DescribeClusterRequest;
using protocol::DescribeClusterResponse;

namespace {

constexpr std::int8_t brokers_endpoint = 1, controllers_endpoint = 2;

}  // namespace

void handle(const Context& context, const Call& call, DescribeClusterRequest request,
            Answer<DescribeClusterResponse> answer) {
  DescribeClusterResponse response;
  if (request.endpoint_type != brokers_endpoint) {
    const bool of_controllers = request.endpoint_type == controllers_endpoint;
    response.error_code = of_controllers ? ErrorCode::mismatched_endpoint_type : ErrorCode::unsupported_endpoint_type;
    response.error_message = "endpoint_type: " + std::to_string(request.endpoint_type) + " is not 1 (brokers)";
    return answer.send(response);
  }
  const auto address = context.advertised.address_for(call.peer);
  response.cluster_id = context.broker.cluster_id();
  response.controller_id = context.broker.broker_id();
  auto& self = response.brokers.emplace_back();
  self.broker_id = context.broker.broker_id();
  self.host = address.host;
  self.port = address.port;
  if (request.include_cluster_authorized_operations) response.cluster_authorized_operations = cluster_operations;
  answer.send(response);
}

}  // namespace millrace::kafka::handlers
