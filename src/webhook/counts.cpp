#include "counts.hpp"

#include "millrace/metrics/exposition.hpp"
#include "shared.hpp"

namespace millrace::webhook {

std::size_t end_of(const sender::Outcome& outcome) {
  constexpr std::size_t other = 4, timeout = 5, connect_error = 6, tls_error = 7;
  switch (outcome.ending) {
    case push::Ending::answered: break;
    case push::Ending::connect_error: return connect_error;
    case push::Ending::tls_error: return tls_error;
    case push::Ending::timeout: return timeout;
  }
  const std::size_t hundreds = outcome.status / 100;
  return hundreds >= 2 && hundreds <= 5 ? hundreds - 2 : other;
}

SinkPhase phase_of(push::Breaker breaker) {
  switch (breaker) {
    case push::Breaker::closed: return SinkPhase::closed;
    case push::Breaker::open: return SinkPhase::open;
    case push::Breaker::half_open: break;
  }
  return SinkPhase::half_open;
}

void WebHooks::collect(metrics::Exposition& into) const {
  const Counts& counts = shared_->counts;
  for (std::size_t i = 0; i < request_ends.size(); ++i) {
    into.add("millrace_webhook_requests_total", counts.requests[i].load(), {request_ends[i]});
  }
  for (std::size_t i = 0; i < event_ends.size(); ++i) {
    into.add("millrace_webhook_events_total", counts.events[i].load(), {event_ends[i]});
  }
  for (std::size_t i = 0; i < sink_phases.size(); ++i) {
    into.add("millrace_webhook_sinks", static_cast<double>(counts.sinks[i].load()), {sink_phases[i]});
  }
  into.add("millrace_webhook_requests_in_flight", static_cast<double>(counts.in_flight.load()));
}

}  // namespace millrace::webhook
