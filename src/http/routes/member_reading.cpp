#include "member_reading.hpp"

#include <algorithm>

#include "event_answers.hpp"
#include "event_input.hpp"
#include "member_limits.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/core/limits.hpp"

namespace millrace::http::routes {

namespace {

/// Of who asks, without the port.
std::string host_of(const std::string& peer) {
  const auto end = peer.rfind(':');
  return "/" + peer.substr(0, end);
}

/// A number of 32 bits.
std::int64_t chance_of(const Uuid& fresh) {
  std::int64_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8 | std::to_integer<std::int64_t>(fresh.bytes[i]);
  return number;
}

/// A place that the log does not have: nothing that is there is passed over.
void go_on_with_what_there_is(const Context& context, Membership& member, const std::string& topic,
                              const StayPlace& place) {
  const auto partition = context.broker.topology()->find(topic, place.partition);
  if (!partition) return;
  const auto [start, end] =
      partition->with([](const broker::Partition& open) { return std::pair(open.start(), open.high_watermark()); });
  const auto to = std::clamp(place.next, start, end);
  member.with([&](GroupMember& each) { each.places().move(place, to); });
}

}  // namespace

runtime::Task<MemberReading> read_as_member(const Context& context, Membership& member, ReadWish wish,
                                            ReadInterrupt& interrupt) {
  MemberReading reading;
  interrupt.begin();
  const auto topic = member.with([&](GroupMember& each) {
    reading.from = each.places().readable();
    return each.about().topic;
  });
  std::vector<ReadPlace> places;
  for (const auto& from : reading.from) places.push_back({.partition = from.partition, .next = from.next});
  auto found = co_await read_events_at(context, topic, places, wish, &interrupt);
  if (found.problem) {
    if (found.problem->status == 410 || found.problem->status == 416) {
      go_on_with_what_there_is(context, member, topic, reading.from[found.failed]);
      reading.is_moved = true;
    } else {
      reading.problem = std::move(found.problem);
    }
    reading.to = reading.from;
    co_return reading;
  }
  reading.to = reading.from;
  std::vector<std::vector<Offset>> offsets(reading.to.size());
  for (std::size_t i = 0; i < places.size(); ++i) reading.to[i].next = places[i].next;
  for (auto& read : found.events) {
    const auto at = std::ranges::find(reading.to, read.partition, &StayPlace::partition);
    const EventPlace place{.partition = read.partition, .stay = at->stay, .offset = read.offset};
    offsets[static_cast<std::size_t>(at - reading.to.begin())].push_back(read.offset);
    reading.events.push_back({.place = place, .read = std::move(read)});
  }
  member.with([&](GroupMember& each) {
    for (std::size_t i = 0; i < offsets.size(); ++i) each.places().read(reading.to[i], offsets[i]);
  });
  co_return reading;
}

std::optional<Problem> problem_of(const Context& context, Membership& member) {
  const auto [about, refusal] =
      member.with([](const GroupMember& each) { return std::pair(each.about(), each.refusal()); });
  const auto topic = context.broker.topology()->find(about.topic);
  if (!topic || topic->topic->id != about.topic_id) return unknown_topic(about.topic);
  if (!refusal) return std::nullopt;
  const auto detail = "group " + escaped(about.group_id) + ": " + refusal->message;
  if (refusal->error == ErrorCode::group_max_size_reached || refusal->error == ErrorCode::policy_violation) {
    Problem full{503, "not-available", "There is no room for another member", detail};
    full.fields.emplace_back("Retry-After", "5");
    full.kafka_error = name_of(refusal->error);
    return full;
  }
  if (refusal->error == ErrorCode::group_id_not_found || refusal->error == ErrorCode::fenced_member_epoch) {
    Problem other{409, "in-use", "It is in use", detail};
    other.kafka_error = name_of(refusal->error);
    return other;
  }
  return problems::of_error(refusal->error, detail);
}

GroupMember::About about_member(const Context& context, const Request& request, const std::string& group_id,
                                const std::string& member_id, const runtime::HostedTopic& topic,
                                MemberPlaces::Acks acks) {
  auto client = std::string(field_of(request, "user-agent").value_or(""));
  return {.group_id = group_id,
          .member_id = member_id,
          .topic = topic.topic->name,
          .topic_id = topic.topic->id,
          .client_id = client.empty() ? "http" : std::move(client),
          .client_host = host_of(request.peer),
          .acks = acks,
          .stays = chance_of(context.broker.fresh_uuid())};
}

Membership::Begin begin_at(const Context& context, const runtime::HostedTopic& topic, const Place& place) {
  return [&broker = context.broker, id = topic.topic->id, place](PartitionIndex partition) -> std::optional<Offset> {
    // The topic may have more partitions by now.
    const auto now = broker.topology()->find(id);
    if (!now || !now->find(partition)) return std::nullopt;
    const auto at = offset_of(broker, place, *now, partition, std::nullopt);
    return at ? std::optional(*at) : std::nullopt;
  };
}

Result<void> check_member(const std::string& group_id, const std::string& member_id, const ReadWish& wish,
                          const std::optional<std::string>& cursor) {
  if (cursor || wish.place.kind == Place::Kind::offset) {
    return failure(Errc::invalid, "a member goes on where its group is: from alone says where a new one begins");
  }
  const auto check = [](const char* name, const std::string& text, std::size_t most) -> Result<void> {
    const bool is_plain = std::ranges::none_of(text, [](char c) { return c >= 0 && (c < ' ' || c == 0x7f); });
    if (!text.empty() && text.size() <= most && is_plain) return {};
    return failure(Errc::invalid, std::string(name) + ": \"" + escaped(text) + "\" is not of 1 to " +
                                      std::to_string(most) + " bytes without control characters");
  };
  if (auto group = check("group", group_id, limits::group_id_max); !group) return group;
  return check("member", member_id, member_limits::member_id_bytes_max);
}

}  // namespace millrace::http::routes
