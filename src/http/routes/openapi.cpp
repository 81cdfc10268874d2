#include "openapi.hpp"

#include "routes.hpp"

namespace millrace::http::routes {

runtime::Task<Response> describe_api(const Context&, Request) {
  Response response;
  response.body = openapi;
  co_return response;
}

}  // namespace millrace::http::routes
