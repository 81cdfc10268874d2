#pragma once
// What goes out on the WebSocket of a member: the events of the partitions that it has, as long as it has them, and
// what it acknowledges. On the network thread of its connection.

#include "event_limits.hpp"
#include "member_reading.hpp"
#include "web_socket.hpp"

namespace millrace::http::routes {

class MemberOutlet {
 public:
  MemberOutlet(const Context& context, GroupMember::About about, Membership::Begin begin, ReadWish wish,
               cloudevents::Format format)
      : context_(context), about_(std::move(about)), begin_(std::move(begin)), wish_(std::move(wish)), format_(format) {
    wish_.wait = Milliseconds(event_limits::quiet_ms_max);
  }
  MemberOutlet(const MemberOutlet&) = delete;
  MemberOutlet& operator=(const MemberOutlet&) = delete;
  ~MemberOutlet() {
    if (member_) member_->leave();
  }

  /// Joins, and tells events until the socket is over, or nothing can be told any more: then why. `credit`, if there is
  /// one, is used up; whoever adds to it says so by WebSocket::changed().
  [[nodiscard]] runtime::Task<std::optional<Problem>> give_out(WebSocket& socket, std::optional<std::int64_t>& credit);
  /// An event of type dev.millrace.ack. Gives why it acknowledges nothing, if so.
  [[nodiscard]] std::optional<Problem> acknowledge(const cloudevents::Event& event);
  /// The other side has gone: so does the member.
  void leave();

 private:
  [[nodiscard]] bool names_ack_ids() const { return about_.acks == MemberPlaces::Acks::by_reader; }
  [[nodiscard]] std::size_t room(const std::optional<std::int64_t>& credit);
  [[nodiscard]] runtime::Task<bool> tell(WebSocket& socket, const MemberEvent& event);

  const Context& context_;
  GroupMember::About about_;
  Membership::Begin begin_;
  ReadWish wish_;
  cloudevents::Format format_;
  ReadInterrupt interrupt_;
  MembershipPtr member_;
};

}  // namespace millrace::http::routes
