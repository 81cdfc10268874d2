#pragma once
// One request on its way through a handler: what it came with, and the typed promise of its answer.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fetch_session_cache.hpp"
#include "millrace/kafka/server.hpp"
#include "millrace/protocol/codec.hpp"
#include "millrace/runtime/guarded.hpp"
#include "reply.hpp"
#include "session.hpp"

namespace spdlog {
class logger;
}

namespace millrace::kafka {

/// The addresses that clients are sent to, one for each listener; none: where the client reached us. Shared: any
/// thread.
class Advertised {
 public:
  void set(std::vector<Endpoint> addresses) {
    addresses_.with([&](std::vector<Endpoint>& held) { held = std::move(addresses); });
  }
  [[nodiscard]] Endpoint address_for(const Peer& peer) const {
    return addresses_.with([&](const std::vector<Endpoint>& held) {
      return peer.listener < held.size() ? held[peer.listener] : peer.reached;
    });
  }

 private:
  runtime::Guarded<std::vector<Endpoint>> addresses_;
};

/// What every handler may use. Shared by all threads.
struct Context {
  runtime::BrokerRuntime& broker;
  runtime::GroupRuntime& groups;
  spdlog::logger& diagnostics;
  const Advertised& advertised;
  runtime::Guarded<FetchSessionCache>& fetch_sessions;
  tracing::Tracer* tracer;  ///< null when nobody wants traces
};

struct Call {
  std::int16_t version = 0;
  std::int32_t correlation_id = 0;
  std::string client_id;
  const Peer& peer;  ///< lives as long as the connection: not to be kept by an answer that waits
};

/// Sends one message as the answer of one call. Moved along to wherever the answer is made; any thread.
template <class Response>
class Answer {
 public:
  Answer(Reply reply, std::int16_t version, std::int32_t correlation_id)
      : reply_(std::move(reply)), version_(version), correlation_id_(correlation_id) {}

  /// `ranges` are the bytes of the ExternalRecords in `response`, by slot.
  void send(const Response& response, std::vector<runtime::FileRange> ranges = {}) {
    auto encoded = protocol::encode_response(version_, correlation_id_, response);
    if (!encoded) return reply_.hang_up();
    Outgoing outgoing{.bytes = std::move(encoded->bytes), .attachments = {}};
    outgoing.attachments.reserve(encoded->holes.size());
    for (const auto& hole : encoded->holes) {
      outgoing.attachments.push_back({.at = hole.at, .range = std::move(ranges[hole.slot])});
    }
    reply_.send(std::move(outgoing));
  }
  /// Produce with acks=0.
  void none() { reply_.none(); }
  void hang_up() { reply_.hang_up(); }
  [[nodiscard]] auto closing_hook() const { return reply_.closing_hook(); }

 private:
  Reply reply_;
  std::int16_t version_;
  std::int32_t correlation_id_;
};

}  // namespace millrace::kafka
