#pragma once
// Reads what a member of a group has, and keeps account of it with the member: what its routes have in common.

#include "event_reading.hpp"
#include "group_members.hpp"

namespace millrace::http::routes {

struct MemberEvent {
  EventPlace place;
  ReadEvent read;
};

struct MemberReading {
  std::vector<MemberEvent> events;
  std::vector<StayPlace> from;       ///< where the partitions that were read stood …
  std::vector<StayPlace> to;         ///< … and stand now, one by one
  std::optional<Problem> problem{};  ///< then there are no events
  bool is_moved = false;  ///< nothing was read, for a place was not there: the next reading goes on elsewhere
};

/// Requires: something is readable. Ends as read_events_at() does. Where the log has been cut off since the group was
/// there, it goes on with what there is.
[[nodiscard]] runtime::Task<MemberReading> read_as_member(const Context& context, Membership& member, ReadWish wish,
                                                          ReadInterrupt& interrupt);

/// Why it cannot read any more, if so: the coordinator does not have it, or the topic is gone.
[[nodiscard]] std::optional<Problem> problem_of(const Context& context, Membership& member);

/// What a member is to the coordinator.
[[nodiscard]] GroupMember::About about_member(const Context& context, const Request& request,
                                              const std::string& group_id, const std::string& member_id,
                                              const runtime::HostedTopic& topic, MemberPlaces::Acks acks);
/// Where it begins, as it is wished.
[[nodiscard]] Membership::Begin begin_at(const Context& context, const runtime::HostedTopic& topic, const Place& place);
/// Whether a member can be asked for so. Errc::invalid: a text that no group or member has, or a place other than
/// `from`, for where a member goes on is its group's affair.
[[nodiscard]] Result<void> check_member(const std::string& group_id, const std::string& member_id, const ReadWish& wish,
                                        const std::optional<std::string>& cursor);

}  // namespace millrace::http::routes
