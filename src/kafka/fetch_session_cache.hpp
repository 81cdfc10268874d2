#pragma once
// All fetch sessions by id, and who has to go when there are too many of them, as in Kafka: one that was not used for
// two minutes; else the smallest of those that are older than two minutes, if the new one is larger. A client whose
// session went begins anew, or goes on without one: nothing is lost but bytes on the wire.
//
// Owned: the engine's lock is around it, and around each session another; never is one taken under the other. Pure:
// time is an argument, and ids come out of a seed. Every session is a consumer's, for there are no followers.

#include <memory>
#include <random>
#include <set>
#include <unordered_map>
#include <utility>

#include "fetch_session.hpp"
#include "millrace/core/limits.hpp"
#include "millrace/runtime/guarded.hpp"

namespace millrace::kafka {

using FetchSessionPtr = std::shared_ptr<runtime::Guarded<FetchSession>>;

class FetchSessionCache {
 public:
  static constexpr Milliseconds safe_for{120'000};  ///< Kafka's min.incremental.fetch.session.eviction.ms
  static constexpr std::int32_t no_session = 0;

  /// `bytes_max` bounds the memory of all sessions together.
  explicit FetchSessionCache(std::size_t slots, std::uint64_t seed,
                             std::size_t bytes_max = limits::fetch_sessions_bytes_max)
      : slots_(slots), bytes_max_(bytes_max), chance_(seed) {}

  /// The id of the new session, from 1; no_session when no other has to make room for it.
  [[nodiscard]] std::int32_t add(FetchSessionPtr session, FetchSession::Size size, Instant now);
  /// Null when there is none.
  [[nodiscard]] FetchSessionPtr find(std::int32_t id) const;
  /// It was used just now, and has this size. One that outgrew all memory that there is for sessions is gone: false.
  [[nodiscard]] bool touch(std::int32_t id, FetchSession::Size size, Instant now);
  void remove(std::int32_t id);

  [[nodiscard]] std::size_t size() const { return by_id_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    FetchSessionPtr session;
    Instant created;
    Instant used;
    FetchSession::Size size;
  };
  using ById = std::unordered_map<std::int32_t, Entry>;

  [[nodiscard]] std::int32_t fresh_id();
  /// Lets one go that is worth less than a session of so many partitions; false when there is none.
  [[nodiscard]] bool evict_for(std::size_t partitions, Instant now);
  void remove(ById::iterator at);

  std::size_t slots_;
  std::size_t bytes_max_;
  std::mt19937_64 chance_;
  ById by_id_;
  std::set<std::pair<Instant, std::int32_t>> by_use_;
  std::set<std::pair<std::size_t, std::int32_t>> old_by_size_;  ///< those that were old when they were last used
  std::size_t bytes_ = 0;
};

}  // namespace millrace::kafka
