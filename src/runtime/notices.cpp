#include "millrace/runtime/notices.hpp"

#include <spdlog/logger.h>

#include <bit>

#include "millrace/core/rfc3339.hpp"
#include "millrace/record/builder.hpp"

namespace millrace::runtime {

namespace {

// Of what waits to be written, and of one batch.
constexpr std::size_t notices_waiting_max = 10'000;
constexpr std::size_t notices_waiting_bytes_max = 8 * limits::MiB;
constexpr std::size_t batch_notices_max = 500;
constexpr std::size_t batch_notice_bytes_max = 512 * limits::KiB;

std::size_t bytes_of(const Notice& notice) {
  return notice.type.size() + notice.subject.size() + notice.key.size() + notice.json.size();
}

/// Whatever the broker's defaults say: nothing of it is refused, and a week of it is kept.
broker::CreateTopic wanted_notices_topic() {
  broker::CreateTopic wanted{
      .name = std::string(broker::notices_topic), .partitions = 1, .assignments = {}, .configs = {}, .by_broker = true};
  wanted.configs = {{"cleanup.policy", "delete"},
                    {"cloudevents.dedupe.window.ms", "0"},
                    {"cloudevents.validation", "none"},
                    {"message.timestamp.type", "CreateTime"},
                    {"retention.ms", "604800000"}};
  return wanted;
}

}  // namespace

std::string Notices::source() const { return "/millrace/" + broker_.cluster_id(); }

void Notices::tell(Notice notice) {
  const Timestamp now = broker_.now().wall;
  const std::size_t bytes = bytes_of(notice);
  bool has_room = true, begins = false;
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return;
    has_room = waiting_.size() < notices_waiting_max && waiting_bytes_ + bytes <= notices_waiting_bytes_max;
    if (has_room) {
      waiting_.push_back({std::move(notice), now});
      waiting_bytes_ += bytes;
      begins = !std::exchange(is_busy_, true);
    }
  }
  if (!has_room) return lose(1, "too many wait to be written");
  if (begins) go_on();
}

void Notices::close() {
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
}

void Notices::go_on() {
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_ || waiting_.empty()) {
      is_busy_ = false;
      return;
    }
  }
  if (!broker_.topology()->find(broker::notices_topic)) return make_topic();
  write_next();
}

void Notices::make_topic() {
  auto made = [self = shared_from_this()](const std::vector<broker::CreateAnswer>& answers) {
    if (self->broker_.topology()->find(broker::notices_topic)) return self->go_on();
    std::size_t count = 0;
    {
      const std::lock_guard lock(self->mutex_);
      count = self->waiting_.size();
      self->waiting_.clear();
      self->waiting_bytes_ = 0;
      self->is_busy_ = false;
    }
    self->lose(count, "the topic cannot be made: " + answers.front().message);
  };
  broker_.create_topics({wanted_notices_topic()}, std::move(made));
}

std::vector<Notices::Waiting> Notices::take_next() {
  std::vector<Waiting> due;
  std::size_t bytes = 0;
  const std::lock_guard lock(mutex_);
  while (!waiting_.empty() && due.size() < batch_notices_max && bytes < batch_notice_bytes_max) {
    const std::size_t size = bytes_of(waiting_.front().notice);
    bytes += size;
    waiting_bytes_ -= size;
    due.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return due;
}

void Notices::write_next() {
  const auto due = take_next();
  record::BatchBuilder builder;
  const std::string from = source();
  for (const auto& [notice, time] : due) {
    const std::string id = broker_.fresh_uuid().to_hyphenated();
    const std::string at = rfc3339(time);
    const record::HeaderView headers[] = {
        {"content-type", as_bytes("application/json")},
        {"ce_specversion", as_bytes("1.0")},
        {"ce_id", as_bytes(id)},
        {"ce_source", as_bytes(from)},
        {"ce_type", as_bytes(notice.type)},
        {"ce_subject", as_bytes(notice.subject)},
        {"ce_time", as_bytes(at)},
    };
    builder.add({.timestamp = time, .key = as_bytes(notice.key), .value = as_bytes(notice.json), .headers = headers});
  }
  Bytes batch = builder.finish();
  ProduceRequest request;
  request.by_broker = true;
  request.parts.push_back(
      {.topic = {.name = std::string(broker::notices_topic), .id = {}}, .partition = 0, .records = batch});
  auto done = [self = shared_from_this(), count = due.size()](const std::vector<ProducePartAnswer>& answers) {
    const auto& answer = answers.front().append;
    if (answer.error == ErrorCode::none) {
      self->written_ += count;
    } else {
      self->lose(count, std::string(name_of(answer.error)) + " " + answer.message);
    }
    self->go_on();
  };
  broker_.produce(std::move(request), std::move(done));
}

void Notices::lose(std::size_t count, const std::string& why) {
  const std::uint64_t before = lost_.fetch_add(count);
  // A line whenever there are twice as many: whoever reads the log learns of it, and it is not filled.
  if (std::bit_width(before) == std::bit_width(before + count)) return;
  diagnostics_->warn("notices not written topic={} count={} why=\"{}\"", broker::notices_topic, before + count, why);
}

}  // namespace millrace::runtime
