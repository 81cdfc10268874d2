#pragma once
// The client's end of one HTTP/1.1 connection that is kept, as cheap as we can make it: one request, then its answer.
// It reads what millraced writes, no more: answers with a Content-Length, or 204. Owned by one thread. Failures are
// final: the load is over.

#include <optional>
#include <string>
#include <string_view>

#include "connection.hpp"

namespace millrace::bench {

struct HttpAnswer {
  unsigned status = 0;
  std::string_view body;  ///< until the next request on the same connection
};

class HttpConnection {
 public:
  [[nodiscard]] static Result<HttpConnection> open(const Address& address);
  HttpConnection(HttpConnection&& other) noexcept;
  HttpConnection& operator=(HttpConnection&&) = delete;
  ~HttpConnection();

  /// What the kernel does not take is waited for. Requires: the request before has been answered.
  [[nodiscard]] Result<void> send(std::string_view method, std::string_view target, std::string_view body);
  /// Receives once; waits if nothing is there.
  [[nodiscard]] Result<void> receive();
  /// The answer, when all of it is here.
  [[nodiscard]] Result<std::optional<HttpAnswer>> answer() const;
  /// One request and its answer, of this status or it is a failure.
  [[nodiscard]] Result<std::string_view> ask(unsigned status, std::string_view method, std::string_view target,
                                             std::string_view body = {});

  [[nodiscard]] int descriptor() const { return socket_; }

 private:
  HttpConnection(int socket, std::string host) : socket_(socket), host_(std::move(host)) {}

  int socket_;
  std::string host_;
  std::string request_;
  std::string buffer_;
  std::size_t end_ = 0;  ///< of what was received
};

[[nodiscard]] Failure unexpected(std::string_view target, const HttpAnswer& answer);

}  // namespace millrace::bench
