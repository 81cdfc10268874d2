#pragma once
// One fetch session (KIP-227): the partitions that a client reads again and again, so that it need not name them each
// time, and what it was last told of each, so that an answer can leave out those of which there is nothing new.
//
// An epoch numbers the fetches of a session: 0 asks for one, 1 is its first increment, and after the largest comes 1
// again. Whoever sends another than the next has lost an answer or is somebody else, and has to begin anew.
// Owned: the engine's lock is around it. Pure.

#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "millrace/core/error_code.hpp"
#include "millrace/runtime/requests.hpp"

namespace millrace::kafka {

namespace fetch_epoch {
inline constexpr std::int32_t none = -1;  ///< no session, and the one that is named is over
inline constexpr std::int32_t first = 0;  ///< every partition is named; a session is asked for
[[nodiscard]] constexpr std::int32_t after(std::int32_t epoch) { return epoch == INT32_MAX ? 1 : epoch + 1; }
[[nodiscard]] constexpr bool names_all(std::int32_t epoch) { return epoch == none || epoch == first; }
}  // namespace fetch_epoch

class FetchSession {
 public:
  struct Place {
    runtime::FetchTopicPtr topic;
    PartitionIndex partition = 0;
  };
  /// A partition that goes into the answer, and which of the answers is its own.
  struct News {
    Place place;
    std::size_t answer = 0;
  };
  struct Size {
    std::size_t partitions = 0;
    std::size_t bytes = 0;  ///< of memory, about
  };

  /// What a full fetch asked for and was answered; the session counts all of it as told. A session names its topics by
  /// id or by name to its end.
  FetchSession(bool by_id, std::span<const runtime::FetchPart> asked, std::span<const broker::FetchAnswer> answers);
  FetchSession(const FetchSession&) = delete;
  FetchSession& operator=(const FetchSession&) = delete;
  ~FetchSession() = default;

  /// The next fetch: partitions that are new or asked for otherwise than before, and those that are not wanted any
  /// more. Answers: invalid_fetch_session_epoch, fetch_session_topic_id_error; either changes nothing.
  [[nodiscard]] ErrorCode advance(std::int32_t epoch, bool by_id, std::span<const runtime::FetchPart> changed,
                                  std::span<const Place> forgotten);
  /// What the fetch reads: all partitions, those first that have waited longest to give records.
  [[nodiscard]] std::vector<runtime::FetchPart> parts() const;
  /// `answers` to parts() of the fetch that was sent with `epoch`. New is a partition with records, with another high
  /// watermark or log start than before, whose history parts from the reader's, or with an error; an error is told
  /// until it is gone, and that it is gone is told too. Nothing when another fetch came in between.
  [[nodiscard]] std::optional<std::vector<News>> news(std::int32_t epoch, std::span<const broker::FetchAnswer> answers);

  [[nodiscard]] Size size() const { return {.partitions = order_.size(), .bytes = bytes_}; }

 private:
  struct Told {
    runtime::FetchPart wanted;
    Offset high_watermark = no_offset;
    Offset log_start_offset = no_offset;
  };
  using Order = std::list<Told>;
  struct Key {
    std::string_view topic;
    Uuid id;
    PartitionIndex partition = 0;
    bool operator==(const Key&) const = default;
  };
  static Key key_of(const Key& key) { return key; }
  static Key key_of(const auto& place) {
    const auto& topic = *place.topic;
    return {.topic = topic.name, .id = topic.id.value_or(Uuid{}), .partition = place.partition};
  }
  static Key key_of(const Order::iterator& at) { return key_of(at->wanted); }
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const auto& of) const {
      const Key key = key_of(of);
      const auto topic = key.topic.empty() ? std::hash<Uuid>{}(key.id) : std::hash<std::string_view>{}(key.topic);
      return topic * 31 + static_cast<std::size_t>(key.partition);
    }
  };
  struct Same {
    using is_transparent = void;
    bool operator()(const auto& one, const auto& other) const { return key_of(one) == key_of(other); }
  };

  Told& want(const runtime::FetchPart& part);
  void forget(const Place& at);
  /// Whether it is news, and remembers it as told.
  static bool tell(Told& told, const broker::FetchAnswer& answer);

  bool by_id_;
  std::int32_t epoch_ = fetch_epoch::after(fetch_epoch::first);  ///< that the next fetch must have
  Order order_;
  std::unordered_set<Order::iterator, Hash, Same> by_name_;
  std::size_t bytes_ = 0;
};

}  // namespace millrace::kafka
