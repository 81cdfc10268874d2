#include "problem.hpp"

#include <nlohmann/json.hpp>

namespace millrace::http {

namespace {

nlohmann::ordered_json json_of(const std::vector<Wrong>& errors) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& each : errors) {
    auto& told = list.emplace_back(nlohmann::ordered_json::object());
    if (!each.pointer.empty()) told["pointer"] = each.pointer;
    if (!each.header.empty()) told["header"] = each.header;
    told["rule"] = each.rule;
    told["detail"] = each.detail;
  }
  return list;
}

}  // namespace

Response answer_of(const Problem& problem, const std::string& id) {
  nlohmann::ordered_json body{{"type", "urn:millrace:problem:" + problem.kind},
                              {"title", problem.title},
                              {"status", problem.status},
                              {"detail", problem.detail},
                              {"instance", "urn:millrace:request:" + id}};
  if (!problem.kafka_error.empty()) body["kafka_error"] = problem.kafka_error;
  if (!problem.errors.empty()) body["errors"] = json_of(problem.errors);
  for (const auto& [name, value] : problem.limits) body[name] = value;
  if (!problem.outcome.empty()) body["outcome"] = problem.outcome;
  Response response;
  response.status = problem.status;
  response.content_type = "application/problem+json";
  // A detail may repeat what a stranger sent; bytes that are no UTF-8 are shown as U+FFFD.
  response.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  response.fields = problem.fields;
  response.problem_kind = problem.kind;
  response.fields.emplace_back("Content-Language", "en");
  return response;
}

namespace problems {

Problem malformed(std::string detail) {
  return {400, "malformed", "The request is not well-formed", std::move(detail)};
}
Problem wrong_host(std::string detail) {
  return {421, "wrong-host", "This host is not served here", std::move(detail)};
}
Problem forbidden(std::string detail) { return {403, "forbidden", "The request is not allowed", std::move(detail)}; }
Problem not_found(std::string detail) { return {404, "not-found", "There is no such thing", std::move(detail)}; }
Problem method_not_allowed(std::string detail, std::string allowed) {
  Problem problem{405, "method-not-allowed", "The resource does not know the method", std::move(detail)};
  problem.fields.emplace_back("Allow", std::move(allowed));
  return problem;
}
Problem method_unknown(std::string detail) {
  return {501, "method-unknown", "The method is not known", std::move(detail)};
}
Problem target_too_long(std::string detail) {
  return {414, "target-too-long", "The request target is too long", std::move(detail)};
}
Problem fields_too_large(std::string detail) {
  return {431, "fields-too-large", "The header section is too large", std::move(detail)};
}
Problem body_too_large(std::string detail) {
  return {413, "body-too-large", "The body is too large", std::move(detail)};
}
Problem coding_unknown(std::string detail) {
  return {501, "coding-unknown", "The transfer coding is not known", std::move(detail)};
}
Problem too_slow(std::string detail) { return {408, "too-slow", "The request took too long", std::move(detail)}; }
Problem version_unknown(std::string detail) {
  return {505, "version-unknown", "The version of HTTP is not known", std::move(detail)};
}
Problem invalid(std::string detail) { return {400, "invalid", "The request cannot be carried out", std::move(detail)}; }
Problem media_type_unknown(std::string detail) {
  return {415, "media-type-unknown", "The media type is not taken", std::move(detail)};
}
Problem of_error(ErrorCode error, std::string detail) {
  Problem problem;
  switch (error) {
    case ErrorCode::group_id_not_found:
    case ErrorCode::unknown_topic_or_partition: problem = not_found(std::move(detail)); break;
    case ErrorCode::topic_already_exists:
      problem = {409, "already-exists", "There is such a thing already", std::move(detail)};
      break;
    case ErrorCode::non_empty_group: problem = {409, "in-use", "It is in use", std::move(detail)}; break;
    case ErrorCode::kafka_storage_error:
      problem = {507, "storage", "The disk does not take it", std::move(detail)};
      break;
    case ErrorCode::topic_authorization_failed: problem = forbidden(std::move(detail)); break;
    default: problem = invalid(std::move(detail)); break;
  }
  problem.kafka_error = name_of(error);
  return problem;
}
Problem internal(std::string detail) { return {500, "internal", "The broker failed", std::move(detail)}; }

}  // namespace problems

}  // namespace millrace::http
