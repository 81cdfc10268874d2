// Appending: validate outside the lock, append inside it, answer when the committer says that it is on disk.

#include <spdlog/logger.h>

#include <atomic>

#include "broker_impl.hpp"

namespace millrace::runtime {

namespace {

/// One produce request on its way to disk. Each slot is settled once; whoever settles the last one answers.
class ProduceWait final : public AppendWait {
 public:
  ProduceWait(std::size_t parts, ProduceDone done) : answers_(parts), done_(std::move(done)) {}

  [[nodiscard]] ProducePartAnswer& answer(std::size_t slot) { return answers_[slot]; }
  /// One more flush is waited for. The request itself counts as one until all parts were appended.
  void expect() { open_.fetch_add(1); }

  void settled(std::size_t slot, ErrorCode error) override {
    if (error != ErrorCode::none) {
      answers_[slot].append = {};
      answers_[slot].append.error = error;
    }
    finish_one();
  }
  void finish_one() {
    if (open_.fetch_sub(1) == 1) done_(std::move(answers_));
  }

 private:
  std::vector<ProducePartAnswer> answers_;
  ProduceDone done_;
  std::atomic<std::size_t> open_ = 1;
};

void refuse(ProducePartAnswer& answer, ErrorCode error, std::string message, RefusalCounts& counts) {
  counts.add(error);
  answer.append.error = error;
  answer.append.message = std::move(message);
}

/// The log was fit to take a batch, and this one was not fit to be taken: where the log begins is told, as in Kafka.
bool is_about_records(ErrorCode error) {
  return error == ErrorCode::invalid_record || error == ErrorCode::invalid_timestamp ||
         error == ErrorCode::unsupported_compression_type;
}

}  // namespace

void BrokerRuntime::produce(ProduceRequest request, ProduceDone done) {
  const auto wait = std::make_shared<ProduceWait>(request.parts.size(), std::move(done));
  const auto now = impl_->clock_.now();
  const auto topology = impl_->topology();
  auto& refusals = impl_->produce_refused_;
  HostedTopicPtr topic;
  const TopicRef* named = nullptr;
  for (std::size_t slot = 0; slot < request.parts.size(); ++slot) {
    const auto& part = request.parts[slot];
    auto& answer = wait->answer(slot);
    if (!named || *named != part.topic) topic = topology->find(part.topic);
    named = &part.topic;
    const auto partition = topic ? topic->find(part.partition) : nullptr;
    if (!partition) {
      refuse(answer, topic ? ErrorCode::unknown_topic_or_partition : part.topic.unknown(), "", refusals);
      continue;
    }
    if (topic->topic->is_internal) {
      refuse(answer, ErrorCode::invalid_topic_exception,
             "topic " + topic->topic->name + " is written by the broker alone", refusals);
      continue;
    }
    if (topic->view) {
      refuse(answer, ErrorCode::invalid_topic_exception,
             "topic " + topic->topic->name + " is a view: what it shows is written to " + topic->view->view->topic,
             refusals);
      continue;
    }
    if (impl_->out_of_space_) {
      refuse(answer, ErrorCode::kafka_storage_error, "the disk is nearly full: less than min_free_bytes is left",
             refusals);
      continue;
    }
    auto rules = topic->settings.rules;
    rules.zstd_allowed = request.zstd_allowed;
    auto verdict = record::validate(part.records, rules, now.wall);
    if (verdict.error != ErrorCode::none) {
      refuse(answer, verdict.error, std::move(verdict.message), refusals);
      if (is_about_records(verdict.error)) {
        answer.append.log_start_offset = partition->with([](broker::Partition& p) { return p.start(); });
      }
      answer.faults = std::move(verdict.faults);
      continue;
    }
    if (verdict.header.is_transactional()) {
      refuse(answer, ErrorCode::transactional_id_authorization_failed,
             "attributes: the transactional bit is set, and transactions are not served", refusals);
      continue;
    }
    auto batch = verdict.rebuilt ? MutableBytes(*verdict.rebuilt) : part.records;
    impl_->open_files_.make_room();
    if (request.wait_for_disk) wait->expect();
    const auto until_durable = request.wait_for_disk ? wait : nullptr;
    const auto& events = topic->settings.events;
    const bool waits =
        events.dedupe_window > Milliseconds{0}
            ? partition->append_once(batch, verdict.header, events, now, until_durable, slot, answer.append)
            : partition->append(batch, verdict.header, now, until_durable, slot, answer.append);
    // One that waits was appended, and its answer may be another thread's by now.
    if (!waits && answer.append.error != ErrorCode::none) refusals.add(answer.append.error);
    if (request.wait_for_disk && !waits) wait->finish_one();
  }
  wait->finish_one();
}

}  // namespace millrace::runtime
