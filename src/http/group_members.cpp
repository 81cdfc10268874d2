#include "group_members.hpp"

#include <vector>

#include "member_limits.hpp"
#include "millrace/broker/group_config.hpp"

namespace millrace::http {

template <class Reply>
runtime::GroupDone<Reply> Membership::taken() {
  return [self = shared_from_this()](runtime::GroupAnswer<Reply> answer) {
    auto& thread = self->thread_;
    thread.post([self, answer = std::move(answer)] {
      self->take(answer);
      self->advance();
      self->tell_change();
    });
  };
}

template <class Reply>
void Membership::take(const runtime::GroupAnswer<Reply>& answer) {
  const auto now = broker_.now().steady;
  with([&](GroupMember& member) { member.take(answer, now); });
}

void Membership::take(const runtime::GroupAnswer<groups::OffsetFetchReply>& answer) {
  const auto now = broker_.now().steady;
  const auto without_offset = with([&](GroupMember& member) { return member.take(answer, now); });
  for (auto place : without_offset) {
    const auto at = begin_(place.partition);
    place.next = at.value_or(no_offset);
    with([&](GroupMember& member) { at ? member.places().begin(place, false) : member.ask_again(now); });
  }
}

std::uint64_t Membership::watch(std::function<void()> changed) {
  std::function<void()> before;
  const auto number = with([&](GroupMember&) {
    before = std::exchange(changed_, std::move(changed));
    return ++watches_;
  });
  if (before) before();
  return number;
}

std::uint64_t Membership::watches() {
  return with([&](GroupMember&) { return watches_; });
}

void Membership::tell_change() {
  const auto changed = with([&](GroupMember&) { return changed_; });
  if (changed) changed();
}

void Membership::advance() {
  const std::lock_guard lock(mutex_);
  send(member_.next(broker_.now().steady));
}

void Membership::leave() {
  const std::lock_guard lock(mutex_);
  send(member_.leave());
}

void Membership::give_way() {
  with([](GroupMember& member) { member.give_way(); });
  tell_change();
}

void Membership::send(GroupMember::Step step) {
  if (step.commit) groups_.commit(std::move(*step.commit), taken<groups::CommitReply>());
  if (step.fetch) groups_.fetch_offsets(std::move(*step.fetch), taken<groups::OffsetFetchReply>());
  if (step.heartbeat) {
    groups_.consumer_heartbeat(std::move(*step.heartbeat), taken<groups::ConsumerHeartbeatReply>());
  }
}

GroupMembers::GroupMembers(runtime::BrokerRuntime& broker, runtime::GroupRuntime& groups,
                           runtime::WorkThread::OnEscape on_escape)
    : broker_(broker), groups_(groups), thread_("members", std::move(on_escape)) {
  thread_.repeat(member_limits::look_interval, [this] { look(); });
}

MembershipPtr GroupMembers::Table::put(const GroupMember::About& about, Row row) {
  polled += row.is_polled ? 1 : 0;
  auto& into = rows[{about.group_id, about.member_id}];
  polled -= into.is_polled ? 1 : 0;
  return std::exchange(into, std::move(row)).member;
}

void GroupMembers::Table::erase(const MembershipPtr& member) {
  std::erase_if(rows, [&](const auto& entry) {
    if (entry.second.member != member) return false;
    polled -= entry.second.is_polled ? 1 : 0;
    return true;
  });
}

void GroupMembers::leave_all() {
  thread_.stop_repeating();
  const auto rows = table_.with([](Table& table) {
    table.is_closed = true;
    table.polled = 0;
    return std::exchange(table.rows, {});
  });
  for (const auto& [key, row] : rows) row.member->leave();
}

MembershipPtr GroupMembers::make(GroupMember::About about, Membership::Begin begin) {
  return std::make_shared<Membership>(broker_, groups_, thread_, std::move(about), std::move(begin));
}

MembershipPtr GroupMembers::join(const GroupMember::About& about, Membership::Begin begin) {
  auto member = make(about, std::move(begin));
  MembershipPtr before;
  const bool is_open = table_.with([&](Table& table) {
    if (!table.is_closed) before = table.put(about, {.member = member, .is_polled = false});
    return !table.is_closed;
  });
  if (before) before->give_way();
  if (is_open) {
    member->advance();
  } else {
    member->leave();
  }
  return member;
}

MembershipPtr GroupMembers::find(const std::string& group_id, const std::string& member_id) {
  return table_.with([&](Table& table) -> MembershipPtr {
    const auto found = table.rows.find({group_id, member_id});
    if (found == table.rows.end() || !found->second.is_polled) return nullptr;
    const auto& member = found->second.member;
    return member->with([](const GroupMember& each) { return each.is_over(); }) ? nullptr : member;
  });
}

MembershipPtr GroupMembers::poll(const GroupMember::About& about, Membership::Begin begin, Milliseconds wait) {
  auto fresh = make(about, std::move(begin));
  MembershipPtr before;
  const auto member = table_.with([&](Table& table) -> MembershipPtr {
    const auto found = table.rows.find({about.group_id, about.member_id});
    const bool is_here = found != table.rows.end() && found->second.is_polled;
    if (is_here && !found->second.member->with([](const GroupMember& each) { return each.is_over(); })) {
      return found->second.member;
    }
    if (table.is_closed || table.polled >= member_limits::polled_max) return nullptr;
    before = table.put(about, {.member = fresh, .is_polled = true});
    return fresh;
  });
  if (before) before->give_way();
  if (!member) return nullptr;
  seen(*member, wait);
  if (member == fresh) member->advance();
  return member;
}

void GroupMembers::seen(Membership& member, Milliseconds wait) {
  const auto now = broker_.now().steady;
  const auto group = member.with([](const GroupMember& each) { return each.about().group_id; });
  const auto patience = wait + session_timeout(group);
  member.with([&](GroupMember& each) { each.seen(now, patience); });
}

Milliseconds GroupMembers::session_timeout(const std::string& group_id) const {
  const auto& rules = broker_.group_config_rules();
  return broker::group_times(rules, broker_.catalog()->group_configs(group_id))
      .session_timeout.value_or(rules.session_timeout);
}

void GroupMembers::look() {
  const auto now = broker_.now().steady;
  std::vector<MembershipPtr> all;
  table_.with([&](const Table& table) {
    for (const auto& [key, row] : table.rows) all.push_back(row.member);
  });
  for (const auto& member : all) {
    const bool is_silent = member->with([now](const GroupMember& each) { return each.is_silent(now); });
    if (is_silent) {
      member->leave();
    } else {
      member->advance();
    }
    if (!member->with([](const GroupMember& each) { return each.is_over(); })) continue;
    table_.with([&](Table& table) { table.erase(member); });
  }
}

}  // namespace millrace::http
