#include "request_span.hpp"

#include <algorithm>
#include <charconv>

namespace millrace::http {

namespace {

/// "127.0.0.1:8080", "[::1]:8080" and "::1:8080" → host and port, where there is one.
void tell_address(tracing::Span& span, std::string_view host, std::string_view address_key, std::string_view port_key) {
  const auto colon = host.rfind(':');
  const bool has_port = colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos;
  auto name = has_port ? host.substr(0, colon) : host;
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  if (!name.empty()) span.text(address_key, name);
  if (!has_port) return;
  std::uint16_t port = 0;
  const auto digits = host.substr(colon + 1);
  const auto* const end = digits.data() + digits.size();
  const auto [at, error] = std::from_chars(digits.data(), end, port);
  if (error == std::errc{} && at == end) span.number(port_key, port);
}

std::string path_of(const Request& request) {
  std::string path;
  for (const auto& segment : request.path) path += "/" + segment;
  return path;
}

}  // namespace

std::optional<tracing::SpanContext> caller_of(const Request& request) {
  std::optional<std::string_view> parent;
  std::string state;
  for (const auto& field : request.fields) {
    if (field.name == "traceparent") {
      if (parent) return std::nullopt;  // Which of the two is meant, nobody knows.
      parent = field.value;
    } else if (field.name == "tracestate") {
      state += (state.empty() ? "" : ",") + field.value;
    }
  }
  return parent ? tracing::parse_context(*parent, state) : std::nullopt;
}

std::optional<tracing::Span> begin_span(tracing::Tracer& tracer, Request& request, std::string_view route) {
  auto caller = caller_of(request);
  const auto method = name_of(request.method);
  auto span = tracer.begin(tracing::SpanKind::server, std::string(method) + " " + std::string(route), caller);
  if (!span) return std::nullopt;
  span->text("http.request.method", method);
  span->text("http.route", route);
  span->text("url.scheme", "http");
  span->text("url.path", path_of(request));
  const auto host = std::ranges::find(request.fields, "host", &Field::name);
  if (host != request.fields.end()) tell_address(*span, host->value, "server.address", "server.port");
  // On the Unix socket it is a user.
  if (request.peer.find(':') != std::string::npos) tell_address(*span, request.peer, "client.address", "client.port");
  span->text("millrace.request.id", request.id);
  request.trace = {.span = span->context, .caller = std::move(caller)};
  return span;
}

void end_span(tracing::Tracer& tracer, tracing::Span span, const Response& response) {
  span.number("http.response.status_code", response.status);
  // What a caller did wrong is no failure of ours.
  span.has_failed = response.status >= 500;
  if (span.has_failed) {
    span.text("error.type", response.problem_kind.empty() ? std::to_string(response.status) : response.problem_kind);
  }
  tracer.end(std::move(span));
}

}  // namespace millrace::http
