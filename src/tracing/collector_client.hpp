#pragma once
// One connection to a collector, kept between requests and made anew when it is gone. On one thread; one request at a
// time. Whatever goes wrong is an answer without a status, and why.

#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <optional>
#include <string>

#include "millrace/runtime/io.hpp"
#include "millrace/tracing/endpoint.hpp"
#include "retry.hpp"

namespace millrace::tracing {

class CollectorClient {
 public:
  CollectorClient(runtime::Executor executor, CollectorUrl to, std::string agent)
      : executor_(executor), to_(std::move(to)), agent_(std::move(agent)), resolver_(executor) {}

  struct Answer {
    ExportAnswer told;
    std::string body;
    std::string why;  ///< in words, unless it was taken
  };
  /// The whole exchange takes at most `timeout`.
  [[nodiscard]] runtime::Task<Answer> post(const std::string& body, Milliseconds timeout);
  /// Ends the exchange under way, at once.
  void cancel();

 private:
  using Stream = boost::beast::basic_stream<runtime::Tcp, runtime::Executor>;
  using Resolver = boost::asio::ip::basic_resolver<runtime::Tcp, runtime::Executor>;

  [[nodiscard]] runtime::Task<std::string> connect();
  [[nodiscard]] runtime::Task<Answer> exchange(const std::string& body);

  runtime::Executor executor_;
  const CollectorUrl to_;
  const std::string agent_;
  Resolver resolver_;
  std::optional<Stream> stream_;
  bool is_kept_ = false;  ///< and was used before
  bool is_cancelled_ = false;
};

}  // namespace millrace::tracing
