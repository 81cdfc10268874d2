// GET /v1/subscriptions/{subscription}/events: events of a pull subscription on a WebSocket, in the subprotocol
// millrace.pull.json.
//
// They go out as `:receive` tells them, each with its lock, as soon as they may be handed out, while the connection has
// fewer than `max_in_hand` in hand. What comes in are frames that settle (settlement.hpp): each is begun as it comes,
// and they are answered in their order, once they are durable. What is in hand when the connection ends is given back.

#include <algorithm>
#include <array>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <memory>

#include "awaited.hpp"
#include "delivery_limits.hpp"
#include "delivery_token.hpp"
#include "handing_out.hpp"
#include "in_hand.hpp"
#include "query.hpp"
#include "routes.hpp"
#include "settling.hpp"
#include "subscription_view.hpp"
#include "web_socket.hpp"
#include "web_socket_handshake.hpp"

namespace millrace::http::routes {

namespace {

namespace asio = boost::asio;
namespace bounds = delivery_limits;
using Close = WebSocket::Close;
using Taken = tl::expected<runtime::Received, ErrorCode>;

/// Its messages are no CloudEvents, so it is none of theirs.
constexpr std::array<std::string_view, 1> pull_subprotocols{"millrace.pull.json"};

struct PullWish {
  std::size_t in_hand_max = 0;
  delivery::ConsumerId consumer{};
};

/// A frame that was begun.
struct FrameUnderWay {
  SettleFrame frame;
  std::vector<std::vector<std::string_view>> errors;  ///< of each settlement that is done
  std::size_t open = 0;                               ///< settlements
  std::size_t tokens = 0;
};
using FrameUnderWayPtr = std::shared_ptr<FrameUnderWay>;

class PullConversation final : public Conversation, public std::enable_shared_from_this<PullConversation> {
 public:
  PullConversation(const Context& context, std::string subscription, const PullWish& wish, std::string request_id)
      : context_(context),
        id_(std::move(subscription)),
        consumer_(wish.consumer),
        request_id_(std::move(request_id)),
        hand_(wish.in_hand_max) {}
  PullConversation(const PullConversation&) = delete;
  PullConversation& operator=(const PullConversation&) = delete;
  ~PullConversation() override { end_with_nothing_in_hand(); }

  runtime::Task<> hold(WebSocket& socket) override {
    using namespace asio::experimental::awaitable_operators;
    const runtime::Executor executor = co_await asio::this_coro::executor;
    executor_ = executor;
    has_room_.emplace(executor, runtime::Timer::time_point::max());
    const Holding holding(*this, socket);
    auto in = take_in(socket);
    auto out = give_out(socket);
    co_await (std::move(in) && std::move(out));
  }

 private:
  /// The socket is there for as long as this is.
  struct Holding {
    Holding(PullConversation& its, WebSocket& socket) : conversation(its) { its.socket_ = &socket; }
    Holding(const Holding&) = delete;
    Holding& operator=(const Holding&) = delete;
    ~Holding() { conversation.socket_ = nullptr; }
    PullConversation& conversation;
  };

  [[nodiscard]] bool goes_on() const { return !is_over_ && socket_->is_open(); }
  void end_with_nothing_in_hand() {
    is_over_ = true;
    give_back(context_, id_, hand_.take_all(), Milliseconds(0));
    if (has_room_) has_room_->cancel();
    if (socket_ != nullptr) socket_->changed();
  }

  // What comes in.

  runtime::Task<> take_in(WebSocket& socket) {
    while (co_await has_room()) {
      const auto message = co_await socket.read();
      if (!message || is_over_) break;
      if (message->is_binary) {
        end_with_nothing_in_hand();
        co_await socket.close(Close::unknown_data, "millrace.pull.json is text");
        break;
      }
      auto frame = parse_settle_frame(message->text);
      if (!frame) {
        end_with_nothing_in_hand();
        co_await socket.close(frame.error().is_json ? Close::broken_rule : Close::bad_payload, frame.error().reason);
        break;
      }
      begin(*std::move(frame));
    }
    end_with_nothing_in_hand();
  }

  /// Waits until a further frame may be begun. False: it is over.
  runtime::Task<bool> has_room() {
    while (goes_on() &&
           (under_way_.size() >= bounds::frames_under_way_max || tokens_under_way_ >= bounds::tokens_under_way_max)) {
      boost::system::error_code woken;
      auto token = asio::redirect_error(asio::use_awaitable_t<runtime::Executor>(), woken);
      co_await has_room_->async_wait(token);
    }
    co_return goes_on();
  }

  void begin(SettleFrame frame) {
    const auto begun = std::make_shared<FrameUnderWay>();
    begun->frame = std::move(frame);
    auto& settlements = begun->frame.settlements;
    begun->errors.resize(settlements.size());
    begun->open = settlements.size();
    for (const auto& each : settlements) begun->tokens += each.tokens.size();
    under_way_.push_back(begun);
    tokens_under_way_ += begun->tokens;
    for (std::size_t i = 0; i < settlements.size(); ++i) {
      settle(context_.delivery, id_, settlements[i],
             [weak = weak_from_this(), executor = *executor_, begun, i](TokenErrors errors) {
               asio::post(executor, [weak, begun, i, errors = std::move(errors)] {
                 if (const auto here = weak.lock()) here->settled(*begun, i, errors);
               });
             });
      settlements[i].failure = {};  // It was taken in, and its text may be long.
    }
    if (settlements.empty()) socket_->changed();
  }

  void settled(FrameUnderWay& frame, std::size_t which, const TokenErrors& told) {
    const auto& settlement = frame.frame.settlements[which];
    auto& errors = frame.errors[which];
    errors = told.value_or(std::vector<std::string_view>(settlement.tokens.size(), unavailable));
    const auto until = context_.broker.now().steady + lock_time_;
    for (std::size_t i = 0; i < errors.size(); ++i) {
      const auto lock = parse_token(settlement.tokens[i]);
      if (!lock || errors[i] == unavailable) continue;
      if (errors[i].empty() && settlement.verb == SettleVerb::renew) {
        hand_.renew(*lock, until);
      } else {
        hand_.settle(*lock);
      }
    }
    --frame.open;
    if (socket_ != nullptr) socket_->changed();
  }

  // What goes out, all of it.

  runtime::Task<> give_out(WebSocket& socket) {
    auto pause = Milliseconds(0);
    while (goes_on()) {
      if (!co_await tell_frames(socket)) break;
      const auto view = find_pull(context_, id_);
      if (!view) {
        co_await end(socket, view.error());
        break;
      }
      if (view->state == dispatch::State::suspended) {
        if (!co_await tell_state(socket, dispatch::name_of(view->state), view->reason)) break;
        co_await until_changed(socket, bounds::look_again);
        continue;
      }
      hand_.forget_lost(context_.broker.now().steady);
      if (hand_.room() == 0) {
        co_await until_changed(socket, *hand_.next_end() - context_.broker.now().steady);
        continue;
      }
      const auto asked_at = context_.broker.now().wall;
      auto got = co_await take(std::min(hand_.room(), most_));
      // Whether it could be said or not: what was handed out is looked after below.
      if (got) (void)co_await tell_state(socket, "active", {});
      if (!got && !is_topic_gone(got.error()))
        (void)co_await tell_state(socket, "unavailable", no_delivery(got.error()).detail);
      if (got && !got->events.empty()) {
        const auto locked_until = asked_at + got->lock_time.count();
        if (co_await tell_events(socket, view->subscription, *std::move(got), locked_until)) {
          pause = Milliseconds(0);
          continue;
        }
      }
      // Nobody is woken for what is ready and cannot be had: it is looked for, ever more rarely.
      if (pause > Milliseconds(0)) co_await until_changed(socket, got ? pause : bounds::look_again);
      pause = std::clamp(2 * pause, bounds::pause_min, bounds::pause_max);
      co_await wait_for_events(socket);
    }
    end_with_nothing_in_hand();
    if (socket.is_stopping()) co_await socket.close(Close::going_away, "the broker stops");
  }

  /// The dispatcher says so in a moment.
  static bool is_topic_gone(ErrorCode error) {
    return error == ErrorCode::resource_not_found || error == ErrorCode::unknown_topic_id;
  }

  runtime::Task<Taken> take(std::size_t most) {
    auto ask = [this, most](auto done) { context_.delivery.receive(id_, most, consumer_, std::move(done)); };
    co_return co_await awaited<Taken>(std::move(ask));
  }

  /// False: there was nothing to tell, or it is over.
  runtime::Task<bool> tell_events(WebSocket& socket, dispatch::SubscriptionPtr subscription, runtime::Received received,
                                  Timestamp locked_until) {
    lock_time_ = received.lock_time;
    const auto ends = context_.broker.now().steady + lock_time_;
    auto hand = co_await hand_over(context_, std::move(subscription), std::move(received), locked_until,
                                   bounds::message_bytes_max, std::nullopt);
    for (const auto& lock : hand.locks) hand_.add(lock, ends);
    // What is handed out to be given back costs others their time.
    most_ = hand.unfit.empty() ? bounds::message_events_max : std::max<std::size_t>(2 * hand.locks.size(), 1);
    if (hand.body.empty() || !goes_on()) co_return false;
    WebSocket::Message message{.text = std::move(hand.body)};
    co_return co_await socket.write(std::move(message));
  }

  /// Once, until it is another one.
  runtime::Task<bool> tell_state(WebSocket& socket, std::string_view state, std::string reason) {
    if (state == state_ && reason == reason_) co_return true;
    state_ = state;
    reason_ = std::move(reason);
    Json told{{"state", state_}};
    if (!reason_.empty()) told["reason"] = reason_;
    co_return co_await say(socket, told);
  }

  /// Those that are done, up to the first that is not.
  runtime::Task<bool> tell_frames(WebSocket& socket) {
    while (has_answer()) {
      const auto done = under_way_.front();
      under_way_.pop_front();
      tokens_under_way_ -= done->tokens;
      has_room_->cancel();
      SettledTokens told;
      for (std::size_t i = 0; i < done->errors.size(); ++i)
        told.add(done->frame.settlements[i].tokens, done->errors[i]);
      if (!done->frame.wants_answer && told.failed.empty()) continue;
      std::string answer = "{";
      if (done->frame.wants_answer) answer.append("\"settled\":[").append(told.settled).append("],");
      answer.append("\"failed\":[").append(told.failed).append("]}");
      WebSocket::Message message{.text = std::move(answer)};
      if (!co_await socket.write(std::move(message))) co_return false;
    }
    co_return true;
  }
  [[nodiscard]] bool has_answer() const { return !under_way_.empty() && under_way_.front()->open == 0; }

  static runtime::Task<bool> say(WebSocket& socket, const Json& what) {
    WebSocket::Message message{.text = what.dump(-1, ' ', false, Json::error_handler_t::replace)};
    co_return co_await socket.write(std::move(message));
  }

  runtime::Task<> end(WebSocket& socket, Problem problem) {
    end_with_nothing_in_hand();
    WebSocket::Message why{.text = "{\"problem\":" + answer_of(problem, request_id_).body + "}"};
    (void)co_await socket.write(std::move(why));
    co_await socket.close(problem.status == 404 ? Close::not_found : Close::conflict, problem.title);
  }

  /// For something to hand out.
  runtime::Task<> wait_for_events(WebSocket& socket) {
    auto wake = [weak = weak_from_this(), executor = *executor_] {
      asio::post(executor, [weak] {
        const auto here = weak.lock();
        if (here && here->socket_ != nullptr) here->socket_->changed();
      });
    };
    const auto cancel = context_.delivery.wait(id_, std::move(wake));
    co_await until_changed(socket, bounds::look_interval);
    if (cancel) cancel();
  }

  /// At once when there is something to say already.
  runtime::Task<> until_changed(WebSocket& socket, Milliseconds most) {
    if (goes_on() && !has_answer()) co_await socket.until_changed(most);
  }

  const Context& context_;
  std::string id_;
  delivery::ConsumerId consumer_;
  std::string request_id_;
  InHand hand_;
  std::size_t most_ = bounds::message_events_max;  ///< that are asked for at once
  Milliseconds lock_time_{0};                      ///< as it was last told
  std::deque<FrameUnderWayPtr> under_way_;         ///< in the order in which they came
  std::size_t tokens_under_way_ = 0;
  std::string state_ = "active";  ///< as it was last told
  std::string reason_;
  bool is_over_ = false;  ///< nothing is taken in or handed out any more
  WebSocket* socket_ = nullptr;
  std::optional<runtime::Executor> executor_;
  std::optional<runtime::Timer> has_room_;  ///< cancelled when a further frame may be begun
};

Result<PullWish> read_pull(const Context& context, const Request& request) {
  Query query(request);
  const auto most = query.number("max_in_hand", 1, bounds::in_hand_max);
  if (!most) return failure_of(most);
  const auto consumer = query.text("consumer");
  if (consumer) {
    if (auto fits = check_consumer(*consumer); !fits) return failure_of(fits);
  }
  if (auto known = query.all_known(); !known) return failure_of(known);
  return PullWish{.in_hand_max = static_cast<std::size_t>(most->value_or(bounds::in_hand_default)),
                  .consumer = consumer_of(context, consumer)};
}

}  // namespace

runtime::Task<Response> pull_events(const Context& context, Request request) {
  const auto subprotocol = agree_on(request, pull_subprotocols);
  if (!subprotocol) co_return answer_of(subprotocol.error(), request.id);
  const auto wish = read_pull(context, request);
  if (!wish) co_return answer_of(problems::invalid(wish.error().message), request.id);
  const auto view = find_pull(context, request.named.at("subscription"));
  if (!view) co_return answer_of(view.error(), request.id);
  const auto& subscription = *view->subscription;
  Response response{.status = 101, .content_type = "", .body = "", .fields = {}};
  response.conversation = std::make_shared<PullConversation>(context, subscription.id, *wish, request.id);
  response.protocol = std::string(pull_subprotocols.at(*subprotocol));
  response.patience = std::clamp(subscription.config.lock_time / 2, bounds::silence_min, bounds::silence_max);
  co_return response;
}

}  // namespace millrace::http::routes
