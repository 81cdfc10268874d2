#pragma once
// One request, from the lookup of its sink to its answer. On one network thread.

#include <optional>
#include <string>

#include "answer_reader.hpp"
#include "connection.hpp"
#include "lookups.hpp"
#include "millrace/runtime/io.hpp"
#include "pool.hpp"

namespace millrace::sender {

/// What an exchange uses of its sender, and of its thread.
struct Means {
  runtime::Executor executor;
  const SenderOptions& options;
  std::shared_ptr<boost::asio::ssl::context> trusted;
  Lookups& lookups;
  Pool& pool;
};

class Exchange {
 public:
  Exchange(Means means, subscriptions::SinkUrl sink, Outgoing request, SteadyTime until);

  /// Once. The exchange lives until its end.
  [[nodiscard]] runtime::Task<Outcome> run();
  /// Ends it at once, unless there is an answer.
  void cancel();

 private:
  /// A lookup that this exchange waits for; shared with whoever looks up.
  struct Waiting;
  using Found = Lookups::Found;

  [[nodiscard]] runtime::Task<Found> find();
  [[nodiscard]] runtime::Task<std::optional<Outcome>> connect();
  [[nodiscard]] runtime::Task<std::optional<Outcome>> secure();
  [[nodiscard]] runtime::Task<Outcome> ask();
  [[nodiscard]] runtime::Task<> read_rest(AnswerReader& reader);
  [[nodiscard]] Outcome unanswered(const boost::system::error_code& error) const;
  [[nodiscard]] SteadyTime share_of(std::size_t addresses_left) const;

  Means means_;
  const subscriptions::SinkUrl sink_;
  const Outgoing request_;
  const SteadyTime until_;
  const Place place_;
  std::string head_;
  std::unique_ptr<Connection> connection_;
  std::shared_ptr<Waiting> waiting_;
  bool is_kept_ = false;   ///< the connection has had a request before
  bool is_stale_ = false;  ///< … and was closed before anything of an answer came
  bool is_cancelled_ = false;
};

/// Of a request that the broker's end has come before.
[[nodiscard]] Outcome stopped();

}  // namespace millrace::sender
