#include "member_outlet.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "ack_id.hpp"
#include "event_views.hpp"
#include "member_limits.hpp"
#include "millrace/core/escaped.hpp"

namespace millrace::http::routes {

namespace {

/// Read at once: what the broker holds in memory for one reader.
constexpr std::size_t events_at_once = 100;

/// Who is woken when the member changes, as long as it is there.
struct Woken {
  WebSocket& socket;
  ReadInterrupt& interrupt;
};

}  // namespace

runtime::Task<std::optional<Problem>> MemberOutlet::give_out(WebSocket& socket, std::optional<std::int64_t>& credit) {
  const runtime::Executor executor = co_await boost::asio::this_coro::executor;
  const auto woken = std::make_shared<Woken>(socket, interrupt_);
  member_ = context_.members.join(about_, begin_);
  auto wake = [weak = std::weak_ptr(woken), executor] {
    boost::asio::post(executor, [weak] {
      const auto here = weak.lock();
      if (!here) return;
      here->socket.changed();
      here->interrupt.interrupt();
    });
  };
  member_->watch(std::move(wake));
  std::optional<Problem> problem;
  while (socket.is_open() && !problem) {
    problem = problem_of(context_, *member_);
    const auto most = problem ? 0 : room(credit);
    if (most == 0) {
      if (!problem) co_await socket.until_changed();
      continue;
    }
    wish_.events_max = most;
    auto reading = co_await read_as_member(context_, *member_, wish_, interrupt_);
    problem = std::move(reading.problem);
    for (const auto& event : reading.events) {
      if (!member_->with([&](GroupMember& each) { return each.places().tell(event.place); })) continue;
      if (credit) --*credit;
      if (!co_await tell(socket, event)) break;
    }
  }
  leave();
  co_return problem;
}

std::optional<Problem> MemberOutlet::acknowledge(const cloudevents::Event& event) {
  const auto said = event.text(ack_id_attribute);
  const auto place = parse_ack_id(said);
  const bool is_ours =
      place && member_ && member_->with([&](GroupMember& each) { return each.places().acknowledge(*place); });
  if (is_ours) return std::nullopt;
  return Problem{409, "unknown-ackid", "Nothing is acknowledged by this",
                 std::string(ack_id_attribute) + ": \"" + escaped(said) +
                     "\" is of no event that went out on this WebSocket and is still this member's"};
}

void MemberOutlet::leave() {
  if (member_) member_->leave();
  interrupt_.interrupt();
}

std::size_t MemberOutlet::room(const std::optional<std::int64_t>& credit) {
  auto most = events_at_once;
  if (credit) most = std::min(most, static_cast<std::size_t>(*credit));
  return member_->with([&](const GroupMember& each) -> std::size_t {
    if (each.places().readable().empty()) return 0;
    if (!names_ack_ids()) return most;
    return std::min(most, member_limits::unacknowledged_max -
                              std::min(member_limits::unacknowledged_max, each.places().under_way()));
  });
}

runtime::Task<bool> MemberOutlet::tell(WebSocket& socket, const MemberEvent& event) {
  const bool is_binary = format_ == cloudevents::Format::protobuf;
  WebSocket::Message message{.text = {}, .is_binary = is_binary};
  if (names_ack_ids()) {
    message.text = text_with_ack_id(event.read, format_, ack_id_of(event.place));
  } else {
    message.text = is_binary ? protobuf_of(event.read) : json_text_of(event.read);
  }
  if (!co_await socket.write(std::move(message))) co_return false;
  const auto now = context_.broker.now().steady;
  member_->with([&](GroupMember& each) { each.places().told(event.place, now); });
  co_return true;
}

}  // namespace millrace::http::routes
