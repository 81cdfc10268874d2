#include "settings.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "keys.hpp"

namespace millrace::app {
namespace {

using V4 = std::array<unsigned char, 4>;
using V6 = std::array<unsigned char, 16>;

bool parse(const std::string& host, V4& out) { return inet_pton(AF_INET, host.c_str(), out.data()) == 1; }
bool parse(const std::string& host, V6& out) { return inet_pton(AF_INET6, host.c_str(), out.data()) == 1; }

/// Says what binds the listeners; the rest of the rules are about numbers.
void judge_listeners(const Settings& settings, Texts& broken) {
  const auto& listeners = settings.listeners;
  const auto& advertised = settings.advertised_listeners;
  for (std::size_t at = 0; at < listeners.size(); ++at) {
    const Endpoint& listener = listeners[at];
    if (listener.port != 0 &&
        std::count(listeners.begin(), listeners.begin() + static_cast<std::ptrdiff_t>(at), listener) > 0) {
      broken.push_back("listeners: " + listener.to_string() + " stands there twice");
    }
    if (is_wildcard(listener) && advertised.empty()) {
      broken.push_back("listeners: clients cannot be told to connect to " + listener.to_string() +
                       "; give advertised_listeners the address they should use, as in \"broker.example:9092\"");
    }
    if (!is_loopback(listener) && !settings.insecure_listeners) {
      broken.push_back("listeners: " + listener.to_string() +
                       " may be reached by other machines, and there is no login yet; listen on 127.0.0.1 or [::1], "
                       "or set insecure_listeners to \"I accept\"");
    }
  }
  for (const Endpoint& listener : settings.http_listeners) {
    if (is_loopback(listener) || settings.insecure_listeners) continue;
    broken.push_back("http_listeners: " + listener.to_string() +
                     " may be reached by other machines, and there is no login yet; listen on 127.0.0.1 or [::1], "
                     "or set insecure_listeners to \"I accept\"");
  }
  if (!advertised.empty() && advertised.size() != listeners.size()) {
    broken.push_back("advertised_listeners: " + std::to_string(advertised.size()) + " addresses for " +
                     std::to_string(listeners.size()) + " listeners; there must be one for each, or none");
  }
  for (const Endpoint& address : advertised) {
    if (address.port == 0 || is_wildcard(address)) {
      broken.push_back("advertised_listeners: no client can connect to " + address.to_string());
    }
  }
}

void judge_at_most(std::string_view name, std::int64_t value, std::string_view bound, std::int64_t most,
                   Texts& broken) {
  if (value <= most) return;
  broken.push_back(std::string(name) + ": " + std::to_string(value) + " is more than " + std::string(bound) + ", " +
                   std::to_string(most));
}

}  // namespace

bool is_loopback(const Endpoint& endpoint) {
  if (endpoint.host == "localhost") return true;
  if (V4 v4{}; parse(endpoint.host, v4)) return v4[0] == 127;
  V6 loopback{};
  loopback.back() = 1;
  V6 v6{};
  return parse(endpoint.host, v6) && v6 == loopback;
}

bool is_wildcard(const Endpoint& endpoint) {
  if (V4 v4{}; parse(endpoint.host, v4)) return v4 == V4{};
  V6 v6{};
  return parse(endpoint.host, v6) && v6 == V6{};
}

Texts broken_rules(const Settings& settings) {
  Texts broken;
  judge_listeners(settings, broken);
  judge_at_most("group_consumer_heartbeat_interval_ms", settings.group_consumer_heartbeat_interval_ms.count(),
                "group_consumer_session_timeout_ms", settings.group_consumer_session_timeout_ms.count(), broken);
  judge_at_most("group_min_session_timeout_ms", settings.group_min_session_timeout_ms.count(),
                "group_max_session_timeout_ms", settings.group_max_session_timeout_ms.count(), broken);
  judge_at_most("group_consumer_min_session_timeout_ms", settings.group_consumer_min_session_timeout_ms.count(),
                "group_consumer_max_session_timeout_ms", settings.group_consumer_max_session_timeout_ms.count(),
                broken);
  judge_at_most("group_consumer_min_heartbeat_interval_ms", settings.group_consumer_min_heartbeat_interval_ms.count(),
                "group_consumer_max_heartbeat_interval_ms", settings.group_consumer_max_heartbeat_interval_ms.count(),
                broken);
  judge_at_most("max_message_bytes", settings.max_message_bytes, "request_bytes_max", settings.request_bytes_max,
                broken);
  judge_at_most("max_message_bytes", settings.max_message_bytes, "segment_bytes", settings.segment_bytes, broken);
  return broken;
}

Changes changed_reloadable(const Settings& running, const Settings& fresh) {
  Changes changes;
  for (const Key& key : keys()) {
    if (!key.same(running, fresh)) (key.reloadable ? changes.applied : changes.needs_restart).push_back(key.name);
  }
  return changes;
}

Settings reloaded(const Settings& running, const Settings& fresh) {
  Settings out = running;
  for (const Key& key : keys()) {
    if (key.reloadable) key.copy(out, fresh);
  }
  return out;
}

}  // namespace millrace::app
