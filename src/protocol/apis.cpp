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

ApiVersionsAnswer api_versions_answer(std::int16_t asked) {
  constexpr auto shape = ApiVersionsRequest::shape;
  if (shape.serves(asked)) return {asked, {.api_keys = advertised()}};
  return {0,
          {.error_code = ErrorCode::unsupported_version,
           .api_keys = {{.api_key = shape.key, .min_version = shape.oldest, .max_version = shape.newest}}}};
}

}  // namespace millrace::protocol
