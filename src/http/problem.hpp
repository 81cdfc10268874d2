#pragma once
// What is wrong, in the form of RFC 9457 (application/problem+json): every answer with a status of 400 or more has one.

#include <string>
#include <vector>

#include "message.hpp"
#include "millrace/core/error_code.hpp"

namespace millrace::http {

/// One thing among several that are wrong with what was sent.
struct Wrong {
  std::string pointer;  ///< where in a JSON body (RFC 6901); empty: nowhere
  std::string header;   ///< in which header field; empty: in none
  std::string rule;     ///< its row in docs/cloudevents.md
  std::string detail;
};

struct Problem {
  unsigned status = 500;
  std::string kind;                                           ///< the end of its type: urn:millrace:problem:<kind>
  std::string title;                                          ///< the same for all of its kind
  std::string detail;                                         ///< what was sent, and the rule
  std::vector<std::pair<std::string, std::string>> fields{};  ///< header fields of the answer, as Allow
  std::string kafka_error{};    ///< what a Kafka client would have been told, "TOPIC_ALREADY_EXISTS"; or empty
  std::vector<Wrong> errors{};  ///< each thing that is wrong, where there may be several
  std::vector<std::pair<std::string, std::int64_t>> limits{};  ///< what was exceeded, and by what: limit, size
  std::string outcome{};  ///< of what was to be stored: "not-stored" or "unknown"; or empty
};

/// `id` is the request's.
[[nodiscard]] Response answer_of(const Problem& problem, const std::string& id);

namespace problems {
[[nodiscard]] Problem malformed(std::string detail);
[[nodiscard]] Problem wrong_host(std::string detail);
[[nodiscard]] Problem forbidden(std::string detail);
[[nodiscard]] Problem not_found(std::string detail);
[[nodiscard]] Problem method_not_allowed(std::string detail, std::string allowed);
[[nodiscard]] Problem method_unknown(std::string detail);
[[nodiscard]] Problem target_too_long(std::string detail);
[[nodiscard]] Problem fields_too_large(std::string detail);
[[nodiscard]] Problem body_too_large(std::string detail);
[[nodiscard]] Problem coding_unknown(std::string detail);
[[nodiscard]] Problem too_slow(std::string detail);
[[nodiscard]] Problem version_unknown(std::string detail);
[[nodiscard]] Problem internal(std::string detail);
/// A field of a body that is not as it must be.
[[nodiscard]] Problem invalid(std::string detail);
[[nodiscard]] Problem media_type_unknown(std::string detail);
/// What the engine refused, `detail` being its sentence.
[[nodiscard]] Problem of_error(ErrorCode error, std::string detail);
}  // namespace problems

}  // namespace millrace::http
