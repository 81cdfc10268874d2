#include "millrace/protocol/apis.hpp"

namespace millrace::protocol {

const ApiShape* find_api(std::int16_t key) noexcept {
  const ApiShape* found = nullptr;
  with_api(key, [&](auto api) { found = &decltype(api)::shape; });
  return found;
}

std::vector<ApiVersionsResponse::ApiKey> advertised() {
  std::vector<ApiVersionsResponse::ApiKey> keys;
  for_each_api([&](auto api) {
    constexpr auto shape = decltype(api)::shape;
    constexpr auto oldest = shape.key == ProduceRequest::shape.key ? std::int16_t{0} : shape.oldest;
    keys.push_back({.api_key = shape.key, .min_version = oldest, .max_version = shape.newest});
  });
  return keys;
}

namespace {

/// That consumers may use the group protocol of KIP-848, which some ask by this feature's level. Clients of version 3
/// cannot read a range that begins at 0.
constexpr const char* group_version = "group.version";

ApiVersionsResponse served(std::int16_t version) {
  ApiVersionsResponse response;
  response.api_keys = advertised();
  if (version >= 4) {
    response.supported_features.push_back({.name = group_version, .min_version = 0, .max_version = 1});
  }
  response.finalized_features_epoch = 1;  // they never change
  response.finalized_features.push_back({.name = group_version, .max_version_level = 1, .min_version_level = 1});
  return response;
}

}  // namespace

ApiVersionsAnswer api_versions_answer(std::int16_t asked) {
  constexpr auto shape = ApiVersionsRequest::shape;
  if (shape.serves(asked)) return {asked, served(asked)};
  return {0,
          {.error_code = ErrorCode::unsupported_version,
           .api_keys = {{.api_key = shape.key, .min_version = shape.oldest, .max_version = shape.newest}}}};
}

}  // namespace millrace::protocol
