#pragma once
// Which events there are: types and sources seen in each topic, how many, how often, since when, and one of each to
// look at. Pure, and bounded: beyond `entries_max` a new type or source is counted with the others of its topic.
//
// It is about what was seen. Counts are exact for what was looked at; what was passed over is counted too.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "millrace/cloudevents/event.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/time.hpp"

namespace millrace::http {

class EventCatalogue {
 public:
  static constexpr std::size_t entries_max = 10'000;
  static constexpr std::size_t text_bytes_max = 1'024;  ///< a longer type or source has no entry of its own

  struct Key {
    std::string topic, type, source;
    auto operator<=>(const Key&) const = default;
  };
  struct Entry {
    std::uint64_t count = 0;
    double per_second = 0;                       ///< over about the last minute
    Timestamp first_seen = 0, last_seen = 0;     ///< by the records' timestamps
    PartitionIndex partition = 0;                ///< of the newest …
    Offset offset;                               ///< … and its offset
    std::string data_schema, data_content_type;  ///< of the newest; empty: not said
    std::uint64_t lately = 0;                    ///< since the last tick()
  };
  struct Topic {
    std::uint64_t events = 0;
    std::uint64_t other_events = 0;   ///< of types and sources that have no entry
    std::uint64_t other_records = 0;  ///< that are no events
    std::uint64_t passed_over = 0;    ///< records that nobody looked at
  };

  /// Whether an event came now, and counts for how often there are some, or before anybody looked.
  enum class When : std::uint8_t { before, now };
  void see(const std::string& topic, PartitionIndex partition, Offset offset, Timestamp timestamp,
           const cloudevents::Event& event, When when = When::now);
  void see_record(const std::string& topic) { ++topics_[topic].other_records; }
  void pass_over(const std::string& topic, std::uint64_t records) { topics_[topic].passed_over += records; }
  void forget(const std::string& topic);
  /// So much time has gone by since the last one: rates are told anew.
  void tick(Milliseconds passed);

  [[nodiscard]] const std::map<Key, Entry>& entries() const { return entries_; }
  [[nodiscard]] const std::map<std::string, Topic>& topics() const { return topics_; }

 private:
  std::map<Key, Entry> entries_;
  std::map<std::string, Topic> topics_;
};

}  // namespace millrace::http
