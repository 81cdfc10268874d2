#include "dispatcher.hpp"

#include <spdlog/logger.h>

#include "handlers/handlers.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/protocol/apis.hpp"

namespace millrace::kafka {

std::optional<std::string> Dispatcher::handle(MutableBytes frame, const Peer& peer, Reply reply) {
  auto request = protocol::read_request(frame);
  if (!request) return request.error().message;
  auto& header = request->header;
  if (context_.diagnostics.should_log(spdlog::level::debug)) {
    const auto* api = protocol::find_api(header.api_key);
    context_.diagnostics.debug("request api={} version={} correlation={} client={} peer={}",
                               api != nullptr ? api->name : "unknown", header.api_version, header.correlation_id,
                               escaped(header.client_id), peer.address);
  }
  const Call call{header.api_version, header.correlation_id, std::move(header.client_id), peer};
  if (header.api_key == protocol::api_versions_key) {
    const auto answer = protocol::api_versions_answer(call.version);
    Answer<protocol::ApiVersionsResponse>(std::move(reply), answer.version, call.correlation_id).send(answer.body);
    return std::nullopt;
  }
  std::optional<std::string> refused;
  const bool known = protocol::with_api(header.api_key, [&](auto api) {
    using Request = typename decltype(api)::Request;
    using Response = typename decltype(api)::Response;
    auto decoded = protocol::decode<Request>(call.version, request->body);
    if (!decoded) {
      refused = decoded.error().message;
      return;
    }
    if constexpr (!std::is_same_v<Request, protocol::ApiVersionsRequest>) {
      handlers::handle(context_, call, std::move(*decoded),
                       Answer<Response>(std::move(reply), call.version, call.correlation_id));
    }
  });
  if (!known) return "api key " + std::to_string(header.api_key) + " is not served";
  return refused;
}

}  // namespace millrace::kafka
