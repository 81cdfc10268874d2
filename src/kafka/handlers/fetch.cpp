#include <algorithm>
#include <array>

#include "fetch_draft.hpp"
#include "handlers.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::FetchRequest;
using protocol::FetchResponse;

namespace {

runtime::TopicRef named(const auto& topic, std::int16_t version) {
  if (fetches_by_id(version)) return {.name = {}, .id = topic.topic_id};
  return {.name = topic.topic, .id = std::nullopt};
}

runtime::FetchTopicPtr named_once(const auto& topic, std::int16_t version) {
  return std::make_shared<const runtime::TopicRef>(named(topic, version));
}

std::vector<runtime::FetchPart> parts_of(const FetchRequest& request, std::int16_t version) {
  std::vector<runtime::FetchPart> parts;
  for (const auto& topic : request.topics) {
    const auto once = named_once(topic, version);
    for (const auto& partition : topic.partitions) {
      parts.push_back({.topic = once,
                       .partition = partition.partition,
                       .offset = Offset(partition.fetch_offset),
                       .max_bytes = partition.partition_max_bytes,
                       .current_leader_epoch = std::max(partition.current_leader_epoch, LeaderEpoch{-1}),
                       .last_fetched_epoch = partition.last_fetched_epoch});
    }
  }
  return parts;
}

std::vector<FetchSession::Place> forgotten_of(const FetchRequest& request, std::int16_t version) {
  std::vector<FetchSession::Place> forgotten;
  for (const auto& topic : request.forgotten_topics_data) {
    const auto once = named_once(topic, version);
    for (const auto partition : topic.partitions) forgotten.push_back({.topic = once, .partition = partition});
  }
  return forgotten;
}

runtime::FetchRequest command_of(const FetchRequest& request, std::vector<runtime::FetchPart> parts) {
  runtime::FetchRequest command;
  command.parts = std::move(parts);
  command.min_bytes = request.min_bytes;
  command.max_bytes = std::min(request.max_bytes, limits::fetch_bytes_max);
  command.max_wait = Milliseconds(std::max(request.max_wait_ms, 0));
  command.isolation =
      request.isolation_level == 1 ? broker::Isolation::read_committed : broker::Isolation::read_uncommitted;
  return command;
}

[[nodiscard]] bool is_follower(const FetchRequest& request) {
  return request.replica_id >= 0 || (request.replica_state && request.replica_state->replica_id >= 0);
}

/// There are no followers, and a stranger who claims to be one must not read what consumers may not see yet.
void refuse_follower(const FetchRequest& request, std::int16_t version, Answer<FetchResponse>& answer) {
  FetchDraft draft(version, 0);
  for (const auto& topic : request.topics) {
    const auto asked = named(topic, version);
    for (const auto& partition : topic.partitions) {
      broker::FetchAnswer refused;
      refused.error = ErrorCode::not_leader_or_follower;
      draft.add(asked, partition.partition, refused);
    }
  }
  answer.send(draft.response());
}

void refuse(ErrorCode error, Answer<FetchResponse>& answer) {
  FetchResponse refused;
  refused.error_code = error;
  answer.send(refused);
}

/// A fetch on its way, and all that its answer needs besides what the partitions say.
struct Underway {
  const Context& context;
  std::int16_t version = 0;
  std::int32_t session_id = 0;
  std::int32_t session_epoch = fetch_epoch::none;
  std::vector<runtime::FetchPart> asked{};  ///< by a full fetch
  FetchSessionPtr session{};                ///< of an increment
};

/// What is not there comes last, and of that first what goes by id, as in Kafka: it would part the partitions of a
/// topic that stand together.
constexpr std::array<int, 3> ranks{0, 1, 2};
[[nodiscard]] int rank(ErrorCode error) {
  if (error == ErrorCode::unknown_topic_id) return 1;
  return error == ErrorCode::unknown_topic_or_partition ? 2 : 0;
}

void answer_full(const Underway& fetch, std::vector<broker::FetchAnswer>& parts, FetchDraft& draft) {
  if (fetch.session_epoch == fetch_epoch::first) {
    const auto by_id = fetches_by_id(fetch.version);
    auto session = std::make_shared<runtime::Guarded<FetchSession>>(by_id, fetch.asked, parts);
    const auto size = session->with([](const FetchSession& opened) { return opened.size(); });
    const auto now = fetch.context.broker.now().steady;
    draft.response().session_id = fetch.context.fetch_sessions.with(
        [&](FetchSessionCache& cache) { return cache.add(std::move(session), size, now); });
  }
  for (const auto turn : ranks) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (rank(parts[i].error) == turn) draft.add(*fetch.asked[i].topic, fetch.asked[i].partition, parts[i]);
    }
  }
}

void answer_increment(const Underway& fetch, std::vector<broker::FetchAnswer>& parts, FetchDraft& draft) {
  draft.response().session_id = fetch.session_id;
  const auto news =
      fetch.session->with([&](FetchSession& session) { return session.news(fetch.session_epoch, parts); });
  if (!news) {
    draft.response().error_code = ErrorCode::invalid_fetch_session_epoch;
    return;
  }
  for (const auto turn : ranks) {
    for (const auto& [at, answer] : *news) {
      if (rank(parts[answer].error) == turn) draft.add(*at.topic, at.partition, parts[answer]);
    }
  }
}

/// The partitions of the session that the request names, with its changes; or why it cannot go on.
ErrorCode advance(const FetchRequest& request, std::vector<runtime::FetchPart>& parts, Underway& fetch) {
  auto& cache = fetch.context.fetch_sessions;
  const auto id = request.session_id;
  fetch.session = cache.with([&](FetchSessionCache& sessions) { return sessions.find(id); });
  if (!fetch.session) return ErrorCode::fetch_session_id_not_found;
  const auto changed = std::exchange(parts, {});
  const auto forgotten = forgotten_of(request, fetch.version);
  FetchSession::Size size;
  const auto refused = fetch.session->with([&](FetchSession& session) {
    const auto error = session.advance(request.session_epoch, fetches_by_id(fetch.version), changed, forgotten);
    if (error == ErrorCode::none) parts = session.parts();
    size = session.size();
    return error;
  });
  if (refused != ErrorCode::none) return refused;
  if (size.partitions == 0) {  // a session without partitions is over, and what was named is read for the last time
    cache.with([&](FetchSessionCache& sessions) { sessions.remove(id); });
    fetch.session.reset();
    fetch.asked = changed;
    parts = changed;
    return ErrorCode::none;
  }
  const auto now = fetch.context.broker.now().steady;
  const bool stays = cache.with([&](FetchSessionCache& sessions) { return sessions.touch(id, size, now); });
  fetch.session_id = id;
  fetch.session_epoch = request.session_epoch;
  return stays ? ErrorCode::none : ErrorCode::fetch_session_id_not_found;
}

}  // namespace

void handle(const Context& context, const Call& call, FetchRequest request, Answer<FetchResponse> answer) {
  Underway fetch{.context = context, .version = call.version};
  auto parts = parts_of(request, call.version);
  if (!fetch_epoch::names_all(request.session_epoch)) {
    if (const auto error = advance(request, parts, fetch); error != ErrorCode::none) return refuse(error, answer);
  } else {
    if (request.session_id != FetchSessionCache::no_session) {
      context.fetch_sessions.with([&](FetchSessionCache& sessions) { sessions.remove(request.session_id); });
    }
    if (is_follower(request)) return refuse_follower(request, call.version, answer);
    fetch.session_epoch = request.session_epoch;
    fetch.asked = parts;
  }
  const auto when_closed = answer.closing_hook();
  auto cancel = context.broker.fetch(
      command_of(request, std::move(parts)), call.peer.executor,
      [fetch = std::move(fetch), answer = std::move(answer)](std::vector<broker::FetchAnswer> answers) mutable {
        FetchDraft draft(fetch.version, answers.size());
        if (fetch.session) {
          answer_increment(fetch, answers, draft);
        } else {
          answer_full(fetch, answers, draft);
        }
        answer.send(draft.response(), draft.take_ranges());
      });
  if (cancel) when_closed(std::move(cancel));
}

}  // namespace millrace::kafka::handlers
