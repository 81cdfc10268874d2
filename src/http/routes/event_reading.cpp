#include "event_reading.hpp"

#include <boost/asio/this_coro.hpp>

#include "awaited.hpp"
#include "event_answers.hpp"
#include "event_limits.hpp"
#include "event_spans.hpp"
#include "millrace/runtime/broker_runtime.hpp"
#include "readers.hpp"

namespace millrace::http::routes {

namespace {

using Answers = std::vector<broker::FetchAnswer>;

std::int32_t fetch_bytes_of(const ReadWish& wish) {
  const bool wants_the_first = wish.events_max == 1 && wish.selection.takes_all();
  return static_cast<std::int32_t>(wants_the_first ? event_limits::one_event_bytes
                                                   : static_cast<std::int64_t>(wish.bytes_max));
}

runtime::FetchRequest fetch_of(const std::string& topic, const std::vector<ReadPlace>& places, std::int32_t bytes,
                               Milliseconds wait) {
  const auto named = std::make_shared<const runtime::TopicRef>(runtime::TopicRef{.name = topic, .id = std::nullopt});
  runtime::FetchRequest command;
  for (const auto& place : places) {
    command.parts.push_back({.topic = named, .partition = place.partition, .offset = place.next, .max_bytes = bytes});
  }
  command.min_bytes = 1;
  command.max_bytes = bytes;
  command.max_wait = wait;
  return command;
}

/// No answers: it was interrupted.
runtime::Task<Answers> fetch(const Context& context, runtime::FetchRequest command, ReadInterrupt& interrupt) {
  const runtime::Executor executor = co_await boost::asio::this_coro::executor;
  auto ask = [&context, &command, &executor, &interrupt](auto done) {
    // It is answered or interrupted, whichever is first; both on this thread, and before this coroutine goes on.
    const auto answer = [&interrupt, done](Answers answers) mutable {
      interrupt.disarm();
      done(std::move(answers));
    };
    const auto cancel = context.broker.fetch(std::move(command), executor, answer);
    if (!cancel) return;
    interrupt.arm([done, cancel]() mutable {
      cancel();
      done({});
    });
  };
  co_return co_await awaited<Answers>(std::move(ask));
}

runtime::Task<Result<Scan>> scan(const Context& context, runtime::FileRange slice, ScanRequest request) {
  auto look = [&context, &slice, &request](auto done) {
    context.readers.post([slice = std::move(slice), request = std::move(request), done = std::move(done)]() mutable {
      done(scan_events(slice, request));
    });
  };
  co_return co_await awaited<Result<Scan>>(std::move(look));
}

void fail(EventReading& reading, std::size_t place, Problem problem) {
  reading.events.clear();
  reading.problem = std::move(problem);
  reading.failed = place;
}

}  // namespace

runtime::Task<EventReading> read_events_at(const Context& context, std::string topic, std::vector<ReadPlace>& places,
                                           const ReadWish& wish, ReadInterrupt* interrupt) {
  ReadInterrupt nobody;
  auto& ends = interrupt == nullptr ? nobody : *interrupt;
  const auto until = context.broker.now().steady + wish.wait;
  EventReading reading;
  std::size_t bytes_read = 0;
  bool is_over = false;
  tracing::UnixNanoseconds began = 0;  // when there was something to tell
  while (!is_over) {
    const auto left = std::max(Milliseconds(0), Milliseconds(until - context.broker.now().steady));
    auto answers = co_await fetch(context, fetch_of(topic, places, fetch_bytes_of(wish), left), ends);
    if (answers.empty()) co_return reading;
    reading.high_watermark = answers.front().high_watermark;
    if (wish.trace) began = context.tracer->now();
    is_over = true;
    std::size_t room = wish.bytes_max;
    const auto hosted = context.broker.topology()->find(topic);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      auto& answer = answers[i];
      auto& place = places[i];
      if (answer.error != ErrorCode::none) {
        reading.begin = answer.log_start_offset;
        fail(reading, i, of_fetch(answer, place.partition, place.next));
        co_return reading;
      }
      if (answer.slice.length == 0 || reading.events.size() >= wish.events_max || room == 0) continue;
      ScanRequest request{.topic = topic,
                          .partition = place.partition,
                          .from = place.next,
                          .events_max = wish.events_max - reading.events.size(),
                          .bytes_max = room,
                          .selection = wish.selection,
                          .unmarked = hosted ? unmarked_in(*hosted) : cloudevents::Unmarked::refused,
                          .adds_place = wish.adds_place};
      auto found = co_await scan(context, std::move(answer.slice), std::move(request));
      if (!found) {
        fail(reading, i, of_read(ErrorCode::kafka_storage_error, found.error().message));
        co_return reading;
      }
      is_over = is_over && found->next == place.next;
      place.next = found->next;
      bytes_read += found->bytes_read;
      room -= std::min(room, found->bytes);
      std::ranges::move(found->events, std::back_inserter(reading.events));
    }
    // What nobody wants may be much: a reader is told how far it came before it asks for more.
    is_over = is_over || !reading.events.empty() || bytes_read >= event_limits::scan_bytes_max;
  }
  if (wish.trace && !reading.events.empty()) tell_delivery(*context.tracer, *wish.trace, began, topic, reading.events);
  co_return reading;
}

}  // namespace millrace::http::routes
