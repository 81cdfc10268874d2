// Appending: validate outside the lock, append inside it, answer when the committer says that it is on disk.

#include <spdlog/logger.h>

#include <atomic>
#include <mutex>

#include "broker_impl.hpp"
#include "put_aside.hpp"

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
      // A batch and its letters lie in two logs, which may fail at the same time.
      const std::lock_guard lock(failing_);
      answers_[slot].append = {};
      answers_[slot].append.error = error;
    }
    finish_one();
  }
  void finish_one() {
    if (open_.fetch_sub(1) != 1) return;
    for (auto& answer : answers_) {
      if (answer.append.error != ErrorCode::none) answer.quarantined.clear();
    }
    done_(std::move(answers_));
  }

 private:
  std::vector<ProducePartAnswer> answers_;
  std::mutex failing_;
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

/// What became of those that were put aside.
void tell_aside(const PutAside& aside, std::vector<record::RecordFault> faults, ProducePartAnswer& answer) {
  for (std::size_t at = 0; at < faults.size(); ++at) {
    const auto letter = aside.first == no_offset ? no_offset : aside.first + static_cast<std::int64_t>(at);
    answer.quarantined.push_back({faults[at].index, std::move(faults[at].message), letter});
  }
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
    if (topic->topic->is_internal || (topic->topic->name == broker::notices_topic && !request.by_broker)) {
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
    HostedTopicPtr quarantine;
    auto why_none = ErrorCode::none;
    if (rules.puts_aside && rules.rule != nullptr) quarantine = impl_->quarantine_of(*topology, *topic, why_none);
    if (!quarantine && why_none == ErrorCode::invalid_record) rules.puts_aside = false;
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
    if (!verdict.aside.empty() && !quarantine) {
      refuse(answer, why_none, "its dead-letter topic is being made", refusals);
      continue;
    }
    auto batch = verdict.rebuilt ? MutableBytes(*verdict.rebuilt) : part.records;
    std::optional<PutAside> aside;
    if (!verdict.aside.empty()) {
      const Unfit unfit{.topic = topic->topic->name, .partition = part.partition, .faults = verdict.aside};
      aside = put_aside(*impl_->quarantine_, *quarantine, unfit, verdict.header, batch, now.wall);
      const auto expected = partition->with([](const broker::Partition& p) { return p.end(); });
      prepare_letters(*aside, expected);
    }
    impl_->open_files_.make_room();
    if (request.wait_for_disk) wait->expect();
    const auto until_durable = request.wait_for_disk ? wait : nullptr;
    const auto& events = topic->settings.events;
    const bool waits = aside || events.dedupe_window > Milliseconds{0}
                           ? partition->append_once(batch, verdict.header, events, now, aside ? &*aside : nullptr,
                                                    until_durable, slot, answer.append)
                           : partition->append(batch, verdict.header, now, until_durable, slot, answer.append);
    // One that waits was appended, and its answer may be another thread's by now.
    if (!waits && answer.append.error != ErrorCode::none) refusals.add(answer.append.error);
    if (aside && (waits || answer.append.error == ErrorCode::none)) {
      if (aside->first != no_offset) partition->count_quarantined(verdict.aside.size());
      answer.quarantine_topic = quarantine->topic->name;
      answer.quarantine_partition = partition_of_letters(*quarantine, part.partition);
      tell_aside(*aside, std::move(verdict.aside), answer);
      if (request.wait_for_disk) {
        wait->expect();
        if (!aside->to->wait_for_append(aside->next, wait, slot)) wait->finish_one();
      }
    }
    if (request.wait_for_disk && !waits) wait->finish_one();
  }
  wait->finish_one();
}

}  // namespace millrace::runtime
