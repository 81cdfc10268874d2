#pragma once
// DescribeConfigs: the effective configuration of topics (resource_type 2) and brokers (4). Null keys ask for all.

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct DescribeConfigsRequest {
  static constexpr ApiShape shape{.name = "DescribeConfigs", .key = 32, .oldest = 1, .newest = 4, .flexible_from = 4};

  struct Resource {
    std::int8_t resource_type = 0;
    std::string resource_name{};
    std::optional<std::vector<std::string>> configuration_keys{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("resource_type", m.resource_type);
      io.field("resource_name", m.resource_name);
      io.field("configuration_keys", m.configuration_keys);
      io.tags();
    }
  };

  std::vector<Resource> resources{};
  bool include_synonyms = false;
  bool include_documentation = false;  // since 3

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("resources", m.resources);
    io.field("include_synonyms", m.include_synonyms);
    if (io.version() >= 3) io.field("include_documentation", m.include_documentation);
    io.tags();
  }
};

struct DescribeConfigsResponse {
  static constexpr ApiShape shape = DescribeConfigsRequest::shape;

  struct Synonym {
    std::string name{};
    std::optional<std::string> value{};
    std::int8_t source = 0;

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("name", m.name);
      io.field("value", m.value);
      io.field("source", m.source);
      io.tags();
    }
  };

  struct Config {
    std::string name{};
    std::optional<std::string> value{};
    bool read_only = false;
    std::int8_t config_source = -1;
    bool is_sensitive = false;
    std::vector<Synonym> synonyms{};
    std::int8_t config_type = 0;                 // since 3
    std::optional<std::string> documentation{};  // since 3

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("name", m.name);
      io.field("value", m.value);
      io.field("read_only", m.read_only);
      io.field("config_source", m.config_source);
      io.field("is_sensitive", m.is_sensitive);
      io.field("synonyms", m.synonyms);
      if (io.version() >= 3) {
        io.field("config_type", m.config_type);
        io.field("documentation", m.documentation);
      }
      io.tags();
    }
  };

  struct Result {
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message{};
    std::int8_t resource_type = 0;
    std::string resource_name{};
    std::vector<Config> configs{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("error_code", m.error_code);
      io.field("error_message", m.error_message);
      io.field("resource_type", m.resource_type);
      io.field("resource_name", m.resource_name);
      io.field("configs", m.configs);
      io.tags();
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Result> results{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("throttle_time_ms", m.throttle_time_ms);
    io.field("results", m.results);
    io.tags();
  }
};

}  // namespace millrace::protocol
