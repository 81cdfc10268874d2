#include "member_visit.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <set>

#include "member_limits.hpp"
#include "millrace/core/escaped.hpp"

namespace millrace::http::routes {

namespace {

namespace asio = boost::asio;

constexpr asio::use_awaitable_t<runtime::Executor> until_done{};

}  // namespace

Problem group_unavailable(std::string detail, ErrorCode error) {
  Problem problem{503, "not-available", "The group's coordinator does not answer now", std::move(detail)};
  problem.fields.emplace_back("Retry-After", "1");
  if (error != ErrorCode::none) problem.kafka_error = name_of(error);
  return problem;
}

MemberVisit::MemberVisit(const Context& context, MembershipPtr member, const runtime::Executor& executor)
    : context_(context), member_(std::move(member)), woken_(std::make_shared<Woken>(executor)) {
  number_ = member_->watch([weak = std::weak_ptr(woken_), executor] {
    asio::post(executor, [weak] {
      const auto here = weak.lock();
      if (!here) return;
      here->timer.cancel();
      here->interrupt.interrupt();
    });
  });
}

runtime::Task<std::optional<Problem>> MemberVisit::settle() {
  const auto latest = context_.broker.now().steady + member_limits::settle_within;
  while (true) {
    if (auto why = problem()) co_return why;
    if (member_->with([](const GroupMember& each) { return each.is_settled(); })) co_return std::nullopt;
    if (context_.broker.now().steady >= latest)
      co_return group_unavailable("the member could not join", ErrorCode::none);
    co_await until_changed(latest);
  }
}

runtime::Task<std::optional<Problem>> MemberVisit::acknowledge(const MemberCursor& cursor, Taken& taken) {
  bool is_any = false;
  for (const auto& part : cursor.parts) {
    taken.emplace_back(part, take(part));
    is_any = is_any || taken.back().second;
  }
  if (!is_any) co_return std::nullopt;
  struct Committing {
    bool is_done = false;
    std::uint64_t answers = 0;
    ErrorCode error = ErrorCode::none;
  };
  const auto look = [&] {
    return member_->with([&](const GroupMember& each) {
      const auto is_to_come = [&](const auto& part) { return part.second && each.is_to_commit(part.first.partition); };
      return Committing{std::ranges::none_of(taken, is_to_come), each.commits(), each.last_commit()};
    });
  };
  // One commit may be under way that was sent before.
  const auto before = member_->with([](GroupMember& each) {
    each.hurry();
    return each.commits();
  });
  member_->advance();
  const auto latest = context_.broker.now().steady + member_limits::settle_within;
  while (true) {
    const auto now = look();
    const bool has_failed = now.answers > before && now.error != ErrorCode::none;
    // A partition that is given up is committed and forgotten at once: whether that was granted, its answer says.
    if (now.is_done && !has_failed) co_return std::nullopt;
    if (auto why = problem()) co_return why;
    if (has_failed || now.answers >= before + 2 || context_.broker.now().steady >= latest) {
      co_return group_unavailable("what was acknowledged is not committed yet", now.error);
    }
    co_await until_changed(latest);
  }
}

runtime::Task<MemberReading> MemberVisit::read(ReadWish wish) {
  const auto latest = context_.broker.now().steady + wish.wait;
  member_->with([](GroupMember& each) { each.places().rewind(); });
  while (true) {
    MemberReading reading;
    reading.problem = problem();
    if (reading.problem) co_return reading;
    wish.wait = std::max(Milliseconds(0), Milliseconds(latest - context_.broker.now().steady));
    const bool is_over = wish.wait == Milliseconds(0);
    if (member_->with([](const GroupMember& each) { return each.places().readable().empty(); })) {
      if (is_over) co_return reading;
      co_await until_changed(latest);
      continue;
    }
    reading = co_await read_as_member(context_, *member_, wish, woken_->interrupt);
    reading.events = told(std::move(reading.events));
    if (reading.problem || !reading.events.empty() || (is_over && !reading.is_moved)) co_return reading;
  }
}

std::optional<Problem> MemberVisit::problem() {
  // Whether it is over is asked before why: a refusal that comes in between is not taken for a farewell.
  const auto [name, is_over] =
      member_->with([](const GroupMember& each) { return std::pair(each.about().member_id, each.is_over()); });
  if (auto why = problem_of(context_, *member_)) return why;
  if (member_->watches() != number_) {
    return Problem{409, "in-use", "It is in use", "member " + escaped(name) + " has come again since"};
  }
  if (is_over && context_.draining) return group_unavailable("the broker is stopping", ErrorCode::none);
  if (is_over) return problems::not_found("member " + escaped(name) + " has left");
  return std::nullopt;
}

runtime::Task<> MemberVisit::until_changed(Instant latest) {
  woken_->timer.expires_after(std::max(Milliseconds(0), Milliseconds(latest - context_.broker.now().steady)));
  boost::system::error_code woken;
  auto token = asio::redirect_error(until_done, woken);
  co_await woken_->timer.async_wait(token);
}

bool MemberVisit::take(const MemberCursor::Part& part) {
  const auto topic = member_->with([](const GroupMember& each) { return each.about().topic; });
  const auto partition = context_.broker.topology()->find(topic, part.partition);
  if (!partition) return false;
  const auto end = partition->with([](const broker::Partition& open) { return open.high_watermark(); });
  return part.to <= end && member_->with([&](GroupMember& each) {
    return each.places().acknowledge(part.partition, part.from, part.to);
  });
}

std::vector<MemberEvent> MemberVisit::told(std::vector<MemberEvent> events) {
  const auto now = context_.broker.now().steady;
  std::set<PartitionIndex> partitions;
  std::erase_if(events, [&](const MemberEvent& event) {
    if (partitions.size() == member_limits::partitions_per_poll && !partitions.contains(event.place.partition)) {
      return true;
    }
    const bool is_ours = member_->with([&](GroupMember& each) {
      if (!each.places().tell(event.place)) return false;
      each.places().told(event.place, now);
      return true;
    });
    if (is_ours) partitions.insert(event.place.partition);
    return !is_ours;
  });
  return events;
}

}  // namespace millrace::http::routes
