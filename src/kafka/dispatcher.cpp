#include "dispatcher.hpp"

#include <spdlog/logger.h>

#include "handlers/handlers.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/protocol/apis.hpp"

namespace millrace::kafka {

namespace {

std::string clipped(const std::string& text) { return text.substr(0, limits::client_text_max); }

/// "librdkafka 2.16.1", which clients say since version 3 (KIP-511).
void note_software(std::int16_t version, MutableBytes body, Introduction& into) {
  if (version < 3) return;
  const auto decoded = protocol::decode<protocol::ApiVersionsRequest>(version, body);
  if (decoded) into.software = clipped(decoded->client_software_name + " " + decoded->client_software_version);
}

}  // namespace

std::optional<Refusal> Dispatcher::handle(MutableBytes frame, const Peer& peer, Reply reply) {
  auto request = protocol::read_request(frame);
  if (!request) return Refusal{RefusedFor::header, request.error().message};
  auto& header = request->header;
  if (context_.diagnostics.should_log(spdlog::level::debug)) {
    const auto* api = protocol::find_api(header.api_key);
    context_.diagnostics.debug("request api={} version={} correlation={} client={} peer={}",
                               api != nullptr ? api->name : "unknown", header.api_version, header.correlation_id,
                               escaped(header.client_id), peer.address);
  }
  if (peer.said->client_id != header.client_id) peer.said->client_id = clipped(header.client_id);
  const Call call{header.api_version, header.correlation_id, std::move(header.client_id), peer};
  if (header.api_key == protocol::api_versions_key) {
    note_software(call.version, request->body, *peer.said);
    const auto answer = protocol::api_versions_answer(call.version);
    Answer<protocol::ApiVersionsResponse>(std::move(reply), answer.version, call.correlation_id).send(answer.body);
    return std::nullopt;
  }
  std::optional<Refusal> refused;
  const bool known = protocol::with_api(header.api_key, [&](auto api) {
    using Request = typename decltype(api)::Request;
    using Response = typename decltype(api)::Response;
    auto decoded = protocol::decode<Request>(call.version, request->body);
    if (!decoded) {
      const bool is_version = decoded.error().code == Errc::unsupported;
      refused = Refusal{is_version ? RefusedFor::unsupported_version : RefusedFor::body, decoded.error().message};
      return;
    }
    if constexpr (!std::is_same_v<Request, protocol::ApiVersionsRequest>) {
      handlers::handle(context_, call, std::move(*decoded),
                       Answer<Response>(std::move(reply), call.version, call.correlation_id));
    }
  });
  if (!known) return Refusal{RefusedFor::unknown_api, "api key " + std::to_string(header.api_key) + " is not served"};
  return refused;
}

}  // namespace millrace::kafka
