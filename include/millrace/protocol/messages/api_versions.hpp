#pragma once
// ApiVersions: what we serve. The first question of most clients; apis.hpp builds the answer and says what happens to a
// version above ours. finalized_features_epoch -1 means that it is not known.

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct ApiVersionsRequest {
  static constexpr ApiShape shape{.name = "ApiVersions", .key = 18, .oldest = 0, .newest = 4, .flexible_from = 3};

  std::string client_software_name{};     // since 3
  std::string client_software_version{};  // since 3

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    if (io.version() >= 3) {
      io.field("client_software_name", m.client_software_name);
      io.field("client_software_version", m.client_software_version);
    }
    io.tags();
  }
};

struct ApiVersionsResponse {
  static constexpr ApiShape shape = ApiVersionsRequest::shape;

  struct ApiKey {
    std::int16_t api_key = 0;
    std::int16_t min_version = 0;
    std::int16_t max_version = 0;

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("api_key", m.api_key);
      io.field("min_version", m.min_version);
      io.field("max_version", m.max_version);
      io.tags();
    }
  };

  struct SupportedFeature {
    std::string name{};
    std::int16_t min_version = 0;
    std::int16_t max_version = 0;

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("name", m.name);
      io.field("min_version", m.min_version);
      io.field("max_version", m.max_version);
      io.tags();
    }
  };

  struct FinalizedFeature {
    std::string name{};
    std::int16_t max_version_level = 0;
    std::int16_t min_version_level = 0;

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("name", m.name);
      io.field("max_version_level", m.max_version_level);
      io.field("min_version_level", m.min_version_level);
      io.tags();
    }
  };

  ErrorCode error_code = ErrorCode::none;
  std::vector<ApiKey> api_keys{};
  std::int32_t throttle_time_ms = 0;                   // since 1
  std::vector<SupportedFeature> supported_features{};  // since 3, tagged
  std::int64_t finalized_features_epoch = -1;          // since 3, tagged
  std::vector<FinalizedFeature> finalized_features{};  // since 3, tagged
  bool zk_migration_ready = false;                     // since 3, tagged

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("error_code", m.error_code);
    io.field("api_keys", m.api_keys);
    if (io.version() >= 1) io.field("throttle_time_ms", m.throttle_time_ms);
    io.tags(tag(0, "supported_features", m.supported_features, !m.supported_features.empty()),
            tag(1, "finalized_features_epoch", m.finalized_features_epoch, m.finalized_features_epoch != -1),
            tag(2, "finalized_features", m.finalized_features, !m.finalized_features.empty()),
            tag(3, "zk_migration_ready", m.zk_migration_ready, m.zk_migration_ready));
  }
};

}  // namespace millrace::protocol
