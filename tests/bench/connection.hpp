#pragma once
// The client's end of one Kafka connection, as cheap as we can make it: what is given is sent, what comes is cut into
// frames where it lies. The socket waits only when it is told to, so a client without other work pays one system call
// for each thing it waits for. On loopback it is set as the broker sets its own end (cubic: BBR halves loopback).
// Owned by one thread. Failures are final: the load is over.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "millrace/protocol/codec.hpp"

namespace millrace::bench {

struct Address {
  std::string host = "127.0.0.1";
  std::string port = "9092";

  /// "host:port", with IPv6 addresses in brackets.
  [[nodiscard]] static Result<Address> parse(const std::string& text);
};

/// A socket that is connected there and sends at once. Whoever asked closes it.
[[nodiscard]] Result<int> connect_to(const Address& address);

class Connection {
 public:
  [[nodiscard]] static Result<Connection> open(const Address& address);
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&&) = delete;
  ~Connection();

  /// How many of the bytes the kernel took: 0 when it takes none now.
  [[nodiscard]] Result<std::size_t> send_some(ByteView bytes);
  [[nodiscard]] Result<void> send_all(ByteView bytes);

  enum class Patience { none, until_it_comes };
  /// Receives once. Frames that next_frame() handed out before are gone afterwards.
  [[nodiscard]] Result<void> receive(Patience patience);
  /// The next whole frame without its prefix.
  [[nodiscard]] std::optional<MutableBytes> next_frame();
  /// Until something can be received, or also sent, or the time is over.
  void wait(bool for_room_too, std::chrono::nanoseconds at_most) const;

 private:
  explicit Connection(int socket) : socket_(socket), buffer_(first_buffer_bytes) {}
  void make_room();

  static constexpr std::size_t first_buffer_bytes = 256 * 1024;

  int socket_;
  Bytes buffer_;
  std::size_t begin_ = 0;  ///< of what was received and not handed out
  std::size_t end_ = 0;
};

inline const std::string client_id = "mbench";

/// One question and its answer, while nothing else is in flight.
template <class Request, class Response>
[[nodiscard]] Result<Response> ask(Connection& connection, const Request& request) {
  constexpr auto version = Request::shape.newest;
  if (auto sent = connection.send_all(protocol::encode_request(version, 0, client_id, request)); !sent) {
    return failure_of(sent);
  }
  for (;;) {
    if (const auto frame = connection.next_frame()) {
      auto received = protocol::decode_response<Response>(version, *frame);
      if (!received) return failure_of(received);
      return std::move(received->response);
    }
    if (auto done = connection.receive(Connection::Patience::until_it_comes); !done) return failure_of(done);
  }
}

}  // namespace millrace::bench
