#pragma once
// DescribeCluster: the brokers, which of them controls, and the cluster's id. endpoint_type 1: brokers.

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct DescribeClusterRequest {
  static constexpr ApiShape shape{.name = "DescribeCluster", .key = 60, .oldest = 0, .newest = 2, .flexible_from = 0};

  bool include_cluster_authorized_operations = false;
  std::int8_t endpoint_type = 1;        // since 1
  bool include_fenced_brokers = false;  // since 2

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("include_cluster_authorized_operations", m.include_cluster_authorized_operations);
    if (io.version() >= 1) io.field("endpoint_type", m.endpoint_type);
    if (io.version() >= 2) io.field("include_fenced_brokers", m.include_fenced_brokers);
    io.tags();
  }
};

struct DescribeClusterResponse {
  static constexpr ApiShape shape = DescribeClusterRequest::shape;

  struct Broker {
    std::int32_t broker_id = 0;
    std::string host{};
    std::int32_t port = 0;
    std::optional<std::string> rack{};
    bool is_fenced = false;  // since 2

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("broker_id", m.broker_id);
      io.field("host", m.host);
      io.field("port", m.port);
      io.field("rack", m.rack);
      if (io.version() >= 2) io.field("is_fenced", m.is_fenced);
      io.tags();
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> error_message{};
  std::int8_t endpoint_type = 1;  // since 1
  std::string cluster_id{};
  std::int32_t controller_id = -1;
  std::vector<Broker> brokers{};
  std::int32_t cluster_authorized_operations = operations_not_asked;

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("throttle_time_ms", m.throttle_time_ms);
    io.field("error_code", m.error_code);
    io.field("error_message", m.error_message);
    if (io.version() >= 1) io.field("endpoint_type", m.endpoint_type);
    io.field("cluster_id", m.cluster_id);
    io.field("controller_id", m.controller_id);
    io.field("brokers", m.brokers);
    io.field("cluster_authorized_operations", m.cluster_authorized_operations);
    io.tags();
  }
};

}  // namespace millrace::protocol
