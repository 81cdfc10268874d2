#include "group_member.hpp"

#include <utility>

#include "member_limits.hpp"

namespace millrace::http {

namespace {

constexpr std::int32_t epoch_joining = 0;
constexpr std::int32_t epoch_leaving = -1;

/// The coordinator is loading, or its log failed: it is there again in a moment.
bool is_passing(ErrorCode error) {
  return error == ErrorCode::not_coordinator || error == ErrorCode::coordinator_not_available ||
         error == ErrorCode::coordinator_load_in_progress;
}

/// The coordinator goes on without this member, which may come back.
bool is_fenced(ErrorCode error) {
  return error == ErrorCode::fenced_member_epoch || error == ErrorCode::unknown_member_id;
}

}  // namespace

GroupMember::GroupMember(About about) : about_(std::move(about)), places_(about_.acks, about_.stays) {}

GroupMember::Step GroupMember::next(Instant now) {
  Step step;
  if (is_over_) return step;
  if (epoch_ > 0 && !committing_) {
    auto offsets = places_.give_up(now);
    if (std::exchange(hurries_, false) || now >= commit_at_) offsets.merge(places_.uncommitted());
    if (!offsets.empty()) {
      step.commit = commit_of(offsets);
      commit_at_ = now + member_limits::commit_interval;
      committing_ = std::move(offsets);
    }
  }
  if (epoch_ > 0 && fetching_.empty() && now >= fetch_at_) {
    fetching_ = places_.ask();
    if (!fetching_.empty()) step.fetch = fetch_of(fetching_);
  }
  if (!has_heartbeat_out_ && is_heartbeat_due(now)) {
    step.heartbeat = heartbeat(epoch_);
    said_ = places_.all();
    has_heartbeat_out_ = true;
  }
  return step;
}

GroupMember::Step GroupMember::leave() {
  Step step;
  if (is_over_) return step;
  is_over_ = true;
  if (epoch_ == epoch_joining && !has_heartbeat_out_) return step;
  if (auto offsets = places_.uncommitted(); !offsets.empty() && epoch_ > 0) step.commit = commit_of(offsets);
  step.heartbeat = heartbeat(epoch_leaving);
  return step;
}

void GroupMember::take(const Answer<groups::ConsumerHeartbeatReply>& answer, Instant now) {
  has_heartbeat_out_ = false;
  if (is_over_) return;
  const auto error = answer ? answer->error : answer.error();
  if (is_passing(error)) {
    // What it did not hear may have been an assignment.
    says_all_ = true;
    heartbeat_at_ = now + member_limits::retry_after;
    return;
  }
  const bool joined_before = epoch_ > 0;
  if (is_fenced(error) || (joined_before && error == ErrorCode::group_id_not_found)) return join_again(now);
  if (error != ErrorCode::none) return refuse(error, answer ? answer->message.value_or("") : "");
  epoch_ = answer->member_epoch;
  says_all_ = false;
  heartbeat_at_ = now + answer->heartbeat_interval;
  if (answer->assignment) take_assignment(*answer->assignment, now);
}

void GroupMember::take(const Answer<groups::CommitReply>& answer, Instant now) {
  auto committing = std::exchange(committing_, std::nullopt).value_or(Offsets());
  last_commit_ = answer ? ErrorCode::none : answer.error();
  if (answer) {
    for (const auto& topic : answer->topics) {
      for (const auto& partition : topic.partitions) {
        if (partition.error == ErrorCode::none) continue;
        last_commit_ = partition.error;
        committing.erase(partition.partition);
      }
    }
    places_.committed(committing);
  }
  ++commits_;
  commit_at_ = now + member_limits::commit_interval;
}

std::vector<StayPlace> GroupMember::take(const Answer<groups::OffsetFetchReply>& answer, Instant now) {
  const auto asked = std::exchange(fetching_, {});
  std::vector<StayPlace> without_offset;
  if (!answer || answer->groups.empty() || answer->groups.front().error != ErrorCode::none) {
    ask_again(now);
    return without_offset;
  }
  for (const auto& topic : answer->groups.front().topics) {
    for (const auto& partition : topic.partitions) {
      const auto found = asked.find(partition.partition);
      if (found == asked.end()) continue;
      const StayPlace at{.partition = found->first, .stay = found->second, .next = partition.offset};
      if (partition.offset == no_offset) {
        without_offset.push_back(at);
      } else {
        places_.begin(at, true);
      }
    }
  }
  return without_offset;
}

void GroupMember::ask_again(Instant now) {
  places_.unask();
  fetch_at_ = now + member_limits::retry_after;
}

groups::CommitRequest GroupMember::commit_of(const Offsets& offsets) const {
  groups::CommitRequest request;
  request.group_id = about_.group_id;
  request.generation_id = epoch_;
  request.member_id = about_.member_id;
  request.knows_member_epochs = true;
  request.connection = connection();
  auto& topic = request.topics.emplace_back();
  topic.name = about_.topic;
  for (const auto& [partition, offset] : offsets) {
    topic.partitions.push_back({.partition = partition, .offset = offset, .metadata = {}});
  }
  return request;
}

groups::OffsetFetchRequest GroupMember::fetch_of(const std::map<PartitionIndex, std::int64_t>& partitions) const {
  groups::OffsetFetchRequest request;
  request.connection = connection();
  auto& group = request.groups.emplace_back();
  group.group_id = about_.group_id;
  group.member_id = about_.member_id;
  group.member_epoch = epoch_;
  auto& topic = group.topics.emplace().emplace_back();
  topic.name = about_.topic;
  for (const auto& [partition, stay] : partitions) topic.partitions.push_back(partition);
  return request;
}

groups::ConsumerHeartbeatRequest GroupMember::heartbeat(std::int32_t epoch) const {
  groups::ConsumerHeartbeatRequest request;
  request.group_id = about_.group_id;
  request.member_id = about_.member_id;
  request.member_epoch = epoch;
  request.client_id = about_.client_id;
  request.client_host = about_.client_host;
  request.requires_member_id = true;
  if (epoch == epoch_leaving) return request;
  if (says_all_) {
    request.rebalance_timeout = member_limits::rebalance_timeout;
    request.subscribed_topics = {about_.topic};
  }
  auto& owned = request.owned.emplace();
  if (auto all = places_.all(); !all.empty()) owned[about_.topic_id] = std::move(all);
  return request;
}

bool GroupMember::is_heartbeat_due(Instant now) const {
  return now >= heartbeat_at_ || (epoch_ > 0 && !says_all_ && said_ != places_.all());
}

void GroupMember::take_assignment(const groups::Assignment& assignment, Instant now) {
  std::set<PartitionIndex> partitions;
  for (const auto& [topic, assigned] : assignment) {
    if (topic != about_.topic_id) {
      return refuse(ErrorCode::unknown_topic_id, "the topic was deleted and made anew");
    }
    partitions = assigned;
  }
  places_.assign(partitions, now + member_limits::give_up_within);
}

void GroupMember::join_again(Instant now) {
  if (!places_.uncommitted().empty()) {
    last_commit_ = ErrorCode::fenced_member_epoch;
    ++commits_;
  }
  places_.clear();
  epoch_ = epoch_joining;
  says_all_ = true;
  heartbeat_at_ = now;
}

void GroupMember::refuse(ErrorCode error, std::string message) {
  refusal_ = Refusal{.error = error, .message = std::move(message)};
  is_over_ = true;
  places_.clear();
}

}  // namespace millrace::http
