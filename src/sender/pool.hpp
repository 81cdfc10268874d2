#pragma once
// Connections that wait for their next request, by the sink that they lead to. Bounded for a sink and for all.
//
// On one thread. The one that was used last is taken first, so that the others may come to their end.

#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "connection.hpp"
#include "millrace/core/time.hpp"

namespace millrace::sender {

/// A sink as the network sees it.
struct Place {
  bool is_secure = false;
  std::string host;
  std::uint16_t port = 0;
  auto operator<=>(const Place&) const = default;
};

class Pool {
 public:
  Pool(std::size_t per_place_max, std::size_t all_max, Milliseconds idle_time)
      : per_place_max_(per_place_max), all_max_(all_max), idle_time_(idle_time) {}

  /// One that is fit for a request; null when there is none.
  [[nodiscard]] std::unique_ptr<Connection> take(const Place& place);
  void put(const Place& place, std::unique_ptr<Connection> connection, SteadyTime now);
  /// Closes those that have waited too long, or were closed by the other side.
  void sweep(SteadyTime now);
  void clear();
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Idle {
    std::unique_ptr<Connection> connection;
    SteadyTime since;
  };
  void drop_oldest();

  const std::size_t per_place_max_;
  const std::size_t all_max_;
  const Milliseconds idle_time_;
  std::map<Place, std::deque<Idle>> idle_;  ///< none of them empty; the oldest in front
  std::size_t size_ = 0;
};

}  // namespace millrace::sender
