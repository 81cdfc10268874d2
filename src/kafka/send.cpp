#include "send.hpp"

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "millrace/core/limits.hpp"

namespace millrace::kafka {

namespace {

constexpr std::size_t pieces_max = 64;
constexpr std::size_t sendfile_max = limits::MiB;

SendState state_of_errno() { return errno == EAGAIN || errno == EWOULDBLOCK ? SendState::blocked : SendState::failed; }

}  // namespace

std::size_t Sender::memory_end() const {
  const auto& front = queue_.front();
  return attachment_ < front.attachments.size() ? front.attachments[attachment_].at : front.bytes.size();
}

void Sender::step_over_finished() {
  while (!queue_.empty()) {
    const auto& front = queue_.front();
    if (sent_ < front.bytes.size() || attachment_ < front.attachments.size()) return;
    backlog_ -= front.memory();
    queue_.pop_front();
    sent_ = attachment_ = attachment_sent_ = 0;
  }
}

SendState Sender::send(int socket) {
  for (step_over_finished(); !queue_.empty(); step_over_finished()) {
    const bool in_memory = sent_ < memory_end();
    const auto state =
        in_memory ? send_memory(socket) : send_range(socket, queue_.front().attachments[attachment_].range);
    if (state != SendState::done) return state;
  }
  return SendState::done;
}

SendState Sender::send_memory(int socket) {
  // As many whole answers as fit, up to the first file range, in one call.
  std::array<iovec, pieces_max> pieces;
  std::size_t count = 0;
  bool more = false;
  std::size_t from = sent_, until = memory_end();
  for (auto answer = queue_.begin(); answer != queue_.end() && count < pieces_max; ++answer) {
    if (answer != queue_.begin()) {
      from = 0;
      until = answer->attachments.empty() ? answer->bytes.size() : answer->attachments.front().at;
    }
    if (until > from) pieces[count++] = {const_cast<std::byte*>(answer->bytes.data()) + from, until - from};
    more = until < answer->bytes.size() || !answer->attachments.empty();
    if (more) break;
  }
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = count;
  const auto sent = ::sendmsg(socket, &message, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
  if (sent < 0) return errno == EINTR ? SendState::done : state_of_errno();
  auto left = static_cast<std::size_t>(sent);
  progress_ += left;
  while (left > 0) {
    const auto piece = std::min(left, memory_end() - sent_);
    sent_ += piece;
    left -= piece;
    if (left > 0) step_over_finished();
  }
  return SendState::done;
}

SendState Sender::send_range(int socket, const runtime::FileRange& range) {
  const auto left = range.length - attachment_sent_;
  if (left == 0) {
    ++attachment_;
    attachment_sent_ = 0;
    return SendState::done;
  }
  const auto descriptor = range.file->descriptor();
  if (!descriptor) return send_copied(socket, range);
  auto position = static_cast<off_t>(range.position + attachment_sent_);
  const auto sent = ::sendfile(socket, *descriptor, &position, std::min(left, sendfile_max));
  if (sent < 0) {
    if (errno == EINTR) return SendState::done;
    if (errno == EINVAL || errno == ENOSYS) return send_copied(socket, range);
    return state_of_errno();
  }
  if (sent == 0) return SendState::failed;  // the file ended before the range that was promised
  progress_ += static_cast<std::size_t>(sent);
  attachment_sent_ += static_cast<std::size_t>(sent);
  return SendState::done;
}

SendState Sender::send_copied(int socket, const runtime::FileRange& range) {
  thread_local Bytes window(64 * limits::KiB);
  const auto wanted = std::min(range.length - attachment_sent_, window.size());
  const auto got = range.file->read_at(range.position + attachment_sent_, MutableBytes(window).first(wanted));
  if (!got || *got == 0) return SendState::failed;
  const auto sent = ::send(socket, window.data(), *got, MSG_NOSIGNAL);
  if (sent < 0) return errno == EINTR ? SendState::done : state_of_errno();
  progress_ += static_cast<std::size_t>(sent);
  attachment_sent_ += static_cast<std::size_t>(sent);
  return SendState::done;
}

}  // namespace millrace::kafka
