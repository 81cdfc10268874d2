// What Prometheus scrapes.

#include "awaited.hpp"
#include "problem.hpp"
#include "routes.hpp"
#include "scraper.hpp"

namespace millrace::http::routes {

runtime::Task<Response> metrics(const Context& context, Request request) {
  auto ask = [&context](auto done) { context.scraper.ask(std::move(done)); };
  const auto text = co_await awaited<Scraper::Text>(std::move(ask));
  if (!text) co_return answer_of(problems::internal("the numbers could not be had; the log says more"), request.id);
  Response response;
  response.content_type = metrics::Exposition::content_type;
  response.body = *text;
  co_return response;
}

}  // namespace millrace::http::routes
