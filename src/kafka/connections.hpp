#pragma once
// Who is connected: counts against the limits and finds sessions to sweep and to drain. Shared: any thread.

#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "session.hpp"

namespace millrace::kafka {

class Connections {
 public:
  Connections(std::int32_t total_max, std::int32_t per_address_max, std::size_t lanes)
      : total_max_(total_max), per_address_max_(per_address_max), lanes_(lanes) {}

  /// Counts a connection from `host` on the lane, or says which limit refuses it.
  [[nodiscard]] std::optional<std::string> admit(const std::string& host, std::size_t lane);
  void add(std::size_t lane, std::shared_ptr<Session> session);
  void remove(std::size_t lane, const std::shared_ptr<Session>& session);

  /// The lane with the fewest connections.
  [[nodiscard]] std::size_t lightest_lane() const;
  [[nodiscard]] std::size_t size() const;
  /// How many were refused, by the limit that did.
  struct Refused {
    std::uint64_t by_total = 0;
    std::uint64_t by_address = 0;
  };
  [[nodiscard]] Refused refused() const;
  [[nodiscard]] std::vector<std::shared_ptr<Session>> of_lane(std::size_t lane) const;
  void set_limits(std::int32_t total_max, std::int32_t per_address_max);
  void when_empty(std::function<void()> then);

 private:
  struct Lane {
    std::size_t admitted = 0;
    std::unordered_set<std::shared_ptr<Session>> sessions;
  };
  std::int32_t total_max_;
  std::int32_t per_address_max_;
  mutable std::mutex mutex_;
  std::vector<Lane> lanes_;
  std::unordered_map<std::string, std::int32_t> per_address_;
  std::size_t total_ = 0;
  Refused refused_;
  std::function<void()> when_empty_;
};

}  // namespace millrace::kafka
