#pragma once
// What a reader of events asks for, and what it is told when there are none. Pure.

#include "event_selection.hpp"
#include "event_views.hpp"
#include "millrace/broker/partition_answers.hpp"
#include "place.hpp"

namespace millrace::http::routes {

struct ReadWish {
  EventForm form = EventForm::binary;
  Place place;
  bool says_where = false;  ///< offset or from was given
  std::size_t events_max = 0;
  std::size_t bytes_max = 0;
  Milliseconds wait{0};
  EventSelection selection;
  bool adds_place = false;              ///< each event is to say where it is stored
  std::optional<RequestTrace> trace{};  ///< of the request
};

/// The parameters offset or from, max_events, max_bytes, wait_ms, extensions and those of EventSelection; `query` may
/// take more before all_known(). Errc::invalid.
[[nodiscard]] Result<ReadWish> read_wish(Query& query, const Request& request, EventForm form);

/// A request to read a topic's events that can be met.
struct ReadRequest {
  ReadWish wish;
  runtime::HostedTopicPtr topic;
};

/// What read_wish() asks, that no parameter is left over, and the topic. Other parameters are taken from `query`
/// before.
[[nodiscard]] tl::expected<ReadRequest, Problem> judge_reading(const Context& context, const Request& request,
                                                               Query& query, EventForm form);

[[nodiscard]] Problem not_acceptable(std::string_view accept);
/// Of a fetch at `asked` in this partition of a topic that the engine refused.
[[nodiscard]] Problem of_fetch(const broker::FetchAnswer& answer, PartitionIndex partition, Offset asked);

}  // namespace millrace::http::routes
