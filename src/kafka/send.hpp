#pragma once
// Puts answers on a socket: memory with one sendmsg for as many answers as are ready, file ranges with sendfile.

#include <deque>
#include <optional>

#include "outgoing.hpp"

namespace millrace::kafka {

enum class SendState {
  done,     ///< everything is with the kernel
  blocked,  ///< the socket takes no more now; go on when it is writable
  failed,   ///< the peer is gone, or a file could not be read: the connection is over
};

/// Where sending stands. Owned by one connection.
class Sender {
 public:
  void push(Outgoing answer) {
    backlog_ += answer.memory();
    queue_.push_back(std::move(answer));
  }
  /// Memory held by answers that are not wholly sent.
  [[nodiscard]] std::size_t backlog() const { return backlog_; }
  [[nodiscard]] bool empty() const { return queue_.empty(); }
  /// Bytes that went out since the last call of this function.
  [[nodiscard]] std::size_t take_progress() { return std::exchange(progress_, 0); }

  /// Sends until all is gone or the socket is full. `socket` is a non-blocking descriptor.
  [[nodiscard]] SendState send(int socket);

 private:
  [[nodiscard]] SendState send_memory(int socket);
  [[nodiscard]] SendState send_range(int socket, const runtime::FileRange& range);
  [[nodiscard]] SendState send_copied(int socket, const runtime::FileRange& range);
  [[nodiscard]] std::size_t memory_end() const;
  void step_over_finished();

  std::deque<Outgoing> queue_;
  std::size_t backlog_ = 0;
  std::size_t sent_ = 0;             ///< of the front's bytes
  std::size_t attachment_ = 0;       ///< of the front: the next one
  std::size_t attachment_sent_ = 0;  ///< bytes of it
  std::size_t progress_ = 0;
};

}  // namespace millrace::kafka
