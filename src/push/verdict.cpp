#include "millrace/push/verdict.hpp"

#include <algorithm>

#include "millrace/core/escaped.hpp"
#include "millrace/core/retry_after.hpp"
#include "millrace/delivery/policy.hpp"

namespace millrace::push {

namespace {

constexpr unsigned server_error = 500, last_status = 599;

/// The rows of the table.
enum class Row : std::uint8_t { delivered, permanent, token_refused, retired, passing };

/// What HTTP does not define counts as a 500, and what is no final answer, too (RFC 9110, section 15).
unsigned counted_as(unsigned status) { return status < 200 || status > last_status ? server_error : status; }

Row row_of(unsigned status, const SinkFacts& sink) {
  if (status < 300) return Row::delivered;
  if (status >= server_error) return Row::passing;
  switch (status) {
    case 401:
    case 403: return Row::token_refused;
    case 404: return sink.was_verified ? Row::passing : Row::permanent;
    case 408:
    case 409:
    case 425:
    case 429: return Row::passing;
    case 410: return Row::retired;
    default: return Row::permanent;
  }
}

Row row_of(unsigned status, const SinkFacts& sink, const Overrides& overrides) {
  // Not of a class: what a sink says of itself stays.
  if (status == 410) return Row::retired;
  if (overrides.retry_on.names(status)) return Row::passing;
  if (overrides.fail_on.names(status)) return Row::permanent;
  if (overrides.retry_on.names_class_of(status)) return Row::passing;
  if (overrides.fail_on.names_class_of(status)) return Row::permanent;
  return row_of(status, sink);
}

std::string_view words_for(Ending ending) {
  switch (ending) {
    case Ending::connect_error: return "no connection";
    case Ending::tls_error: return "no TLS";
    default: return "no answer in time";
  }
}

Verdict unanswered(const Attempt& attempt, const Overrides& overrides) {
  std::string message(words_for(attempt.ending));
  if (!attempt.cause.empty()) message += ": " + escaped(attempt.cause);
  return {.fate = overrides.fail_on.names(attempt.ending) ? Fate::rejected : Fate::failed,
          .failure = {.reason = delivery::Reason::http_timeout, .code = 0, .message = std::move(message)},
          .health = Health::bad};
}

Verdict failed(Fate fate, unsigned status) {
  return {.fate = fate,
          .failure = {.reason = delivery::Reason::http_status,
                      .code = static_cast<std::int32_t>(status),
                      .message = "the sink answered " + std::to_string(status)},
          .health = Health::bad};
}

Verdict suspended(Suspension why) { return {.fate = Fate::released, .suspension = why, .health = Health::unknown}; }

Verdict token_refused(const SinkFacts& sink) {
  if (sink.refresh == Refresh::impossible || sink.refresh == Refresh::done) {
    return suspended(Suspension::unauthorized);
  }
  return {.fate = Fate::released, .refresh_token = sink.refresh == Refresh::possible, .health = Health::unknown};
}

Verdict verdict_of(Row row, unsigned status, const SinkFacts& sink) {
  switch (row) {
    case Row::delivered: return {};
    case Row::token_refused: return token_refused(sink);
    case Row::retired: return suspended(Suspension::retired);
    case Row::permanent: return failed(Fate::rejected, status);
    case Row::passing: break;
  }
  return failed(Fate::failed, status);
}

}  // namespace

std::string_view name_of(Suspension suspension) noexcept {
  switch (suspension) {
    case Suspension::retired: return "sink-retired";
    case Suspension::unauthorized: return "sink-unauthorized";
    case Suspension::none: break;
  }
  return {};
}

Verdict judge(const Attempt& attempt, const SinkFacts& sink, const Overrides& overrides, Timestamp now) {
  if (attempt.ending != Ending::answered) return unanswered(attempt, overrides);
  const unsigned status = counted_as(attempt.status);
  Verdict verdict = verdict_of(row_of(status, sink, overrides), status, sink);
  if (verdict.failure.code != 0 && status != attempt.status) {
    verdict.failure.code = static_cast<std::int32_t>(std::min(attempt.status, 999U));
    verdict.failure.message = "the sink answered " + std::to_string(attempt.status) + ", which is no final status";
  }
  const auto asked = read_retry_after(attempt.retry_after, now);
  if (verdict.fate == Fate::failed)
    verdict.at_least = std::min(asked.value_or(Milliseconds(0)), delivery::delay_ceiling);
  if (status == 429) {
    verdict.pause = asked.value_or(unsaid_pause);
    verdict.health = Health::unknown;
  }
  return verdict;
}

}  // namespace millrace::push
