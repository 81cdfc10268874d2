#pragma once
// When the first record was written that a group has not committed past, remembered from one scrape to the next: a
// group that stands still costs nothing, and one that moves costs a look into the index and at one batch header, which
// lie in the page cache when it is not far behind.
//
// The log is asked, and not a history in memory, because it knows the answer after a restart too, however old the lag.
// Looks are bounded; who is not looked at keeps the time of an earlier offset, which is older, and has its turn next.
// Owned: the scraper's thread.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "millrace/core/ids.hpp"
#include "millrace/core/time.hpp"

namespace millrace::http {

class LagAges {
 public:
  using LookUp = std::function<std::optional<Timestamp>()>;

  /// `looks_max` of each round, and `kept_max` partitions of groups that are remembered.
  LagAges(std::size_t looks_max, std::size_t kept_max) : looks_max_(looks_max), kept_max_(kept_max) {}

  /// The time of the record at `offset`; asks `look_up` when it is not known. Nothing when it cannot be told.
  [[nodiscard]] std::optional<Timestamp> time_of(const std::string& group, const TopicPartition& at, Offset offset,
                                                 const LookUp& look_up);
  /// Ends a round: forgets who was not asked for, and gives how many answers of it were not up to date.
  std::size_t end_round();

 private:
  using Key = std::tuple<std::string, std::string, PartitionIndex>;
  struct Known {
    Offset offset;
    std::optional<Timestamp> time;
    std::uint64_t round = 0;
  };
  [[nodiscard]] bool has_turn();

  std::size_t looks_max_;
  std::size_t kept_max_;
  std::map<Key, Known> known_;
  std::uint64_t round_ = 1;
  std::size_t moved_ = 0;         ///< in this round, so far
  std::size_t looked_ = 0;        ///< likewise
  std::size_t moved_before_ = 0;  ///< in the one before
  std::size_t first_ = 0;         ///< the one of those that moved whose turn it is
  std::size_t left_out_ = 0;
};

}  // namespace millrace::http
