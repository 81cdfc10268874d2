// Reading: at once when there is enough, else parked until the partitions grew by what is missing or the wait is over.

#include <atomic>
#include <boost/asio/post.hpp>

#include "broker_impl.hpp"

namespace millrace::runtime {

namespace {

using broker::FetchAnswer;

/// A fetch that may have to wait. It lives on the thread of its connection; only grew() comes from elsewhere.
class ParkedFetch final : public FetchWait, public std::enable_shared_from_this<ParkedFetch> {
 public:
  ParkedFetch(BrokerRuntime::Impl& impl, FetchRequest request, const Executor& executor, FetchDone done)
      : impl_(impl), request_(std::move(request)), executor_(executor), done_(std::move(done)) {}

  /// True when it was answered.
  [[nodiscard]] bool start() {
    if (try_to_answer(request_.max_wait <= Milliseconds::zero())) return true;
    timer_.emplace(executor_, request_.max_wait);
    // Weakly, for the partitions keep it alive while it waits: a timer must not outlive its io_context by its handler.
    timer_->async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
      const auto self = weak.lock();
      if (!error && self) self->give_up_waiting();
    });
    return false;
  }

  void cancel() {
    forget();
    timer_->cancel();
    done_ = {};
  }

  void grew(std::uint64_t bytes) override {
    const auto count = static_cast<std::int64_t>(bytes);
    if (bytes > 0 && missing_.fetch_sub(count) - count > 0) return;
    if (posted_.exchange(true)) return;
    asio::post(executor_, [self = shared_from_this()] { self->look_again(); });
  }

 private:
  struct Reading {
    std::vector<FetchAnswer> answers;
    std::vector<std::shared_ptr<HostedPartition>> partitions;  ///< null for one that is not there, which is a failure
    std::int64_t bytes = 0;
    bool more = false;    ///< a partition has more than it gave: its segment ended, or the limits did
    bool failed = false;  ///< a partition has an error, or another history than the reader: waiting is of no use
  };

  [[nodiscard]] Reading read() const {
    Reading reading;
    const auto topology = impl_.topology();
    auto budget = static_cast<std::size_t>(std::max(request_.max_bytes, 0));
    FetchTopicPtr named;
    HostedTopicPtr topic;
    for (const auto& part : request_.parts) {
      if (part.topic != named) topic = topology->find(*part.topic);
      named = part.topic;
      auto partition = topic ? topic->find(part.partition) : nullptr;
      if (!partition) {
        reading.answers.emplace_back().error = topic ? ErrorCode::unknown_topic_or_partition : part.topic->unknown();
        reading.partitions.push_back(nullptr);
        reading.failed = true;
        continue;
      }
      impl_.open_files_.make_room();
      const auto wanted = static_cast<std::size_t>(std::max(part.max_bytes, 0));
      auto answer = partition->read({.offset = part.offset,
                                     .max_bytes = std::min(budget, wanted),
                                     .current_leader_epoch = part.current_leader_epoch,
                                     .last_fetched_epoch = part.last_fetched_epoch,
                                     .isolation = request_.isolation,
                                     .at_least_one = reading.bytes == 0,
                                     .for_follower = request_.for_follower});
      budget -= std::min(budget, answer.slice.length);
      reading.bytes += static_cast<std::int64_t>(answer.slice.length);
      reading.more = reading.more || (answer.slice.length > 0 && answer.slice.next < visible_end(answer));
      reading.failed = reading.failed || answer.error != ErrorCode::none || answer.diverging;
      reading.answers.push_back(std::move(answer));
      reading.partitions.push_back(std::move(partition));
    }
    return reading;
  }

  [[nodiscard]] Offset visible_end(const FetchAnswer& answer) const {
    const bool committed = request_.isolation == broker::Isolation::read_committed;
    return committed ? answer.last_stable_offset : answer.high_watermark;
  }

  [[nodiscard]] bool is_enough(const Reading& reading) const {
    return reading.bytes >= request_.min_bytes || reading.more || reading.failed || reading.partitions.empty();
  }

  [[nodiscard]] bool try_to_answer(bool at_any_rate) {
    for (;;) {
      auto reading = read();
      if (at_any_rate || is_enough(reading) || impl_.stop_waiting_.load()) {
        count(reading);
        done_(std::move(reading.answers));
        return true;
      }
      if (park(reading)) return false;
      forget();  // a partition grew between reading and parking: read again
    }
  }

  void count(const Reading& reading) const {
    for (std::size_t i = 0; i < reading.partitions.size(); ++i) {
      if (reading.partitions[i]) reading.partitions[i]->count_sent(reading.answers[i].slice, request_.parts[i].offset);
    }
  }

  [[nodiscard]] bool park(const Reading& reading) {
    missing_.store(request_.min_bytes - reading.bytes);
    posted_.store(false);
    for (std::size_t i = 0; i < reading.partitions.size(); ++i) {
      const auto seen = visible_end(reading.answers[i]);
      if (!reading.partitions[i]->wait_for_growth(shared_from_this(), request_.isolation, seen)) return false;
      waiting_at_.push_back(reading.partitions[i]);
    }
    return true;
  }

  void look_again() {
    if (!done_) return;
    forget();
    if (try_to_answer(false)) timer_->cancel();
  }

  void give_up_waiting() {
    if (!done_) return;
    forget();
    (void)try_to_answer(true);
  }

  void forget() {
    for (const auto& partition : waiting_at_) partition->stop_waiting(this);
    waiting_at_.clear();
  }

  BrokerRuntime::Impl& impl_;
  FetchRequest request_;
  Executor executor_;
  FetchDone done_;
  std::optional<Timer> timer_;
  std::vector<std::shared_ptr<HostedPartition>> waiting_at_;
  std::atomic<std::int64_t> missing_ = 0;
  std::atomic<bool> posted_ = false;
};

}  // namespace

Cancel BrokerRuntime::fetch(FetchRequest request, const Executor& executor, FetchDone done) {
  const auto fetch = std::make_shared<ParkedFetch>(*impl_, std::move(request), executor, std::move(done));
  if (fetch->start()) return nullptr;
  return [fetch] { fetch->cancel(); };
}

broker::ListAnswer BrokerRuntime::list_offset(const std::string& topic, PartitionIndex partition,
                                              const broker::ListSpec& spec) {
  const auto hosted = impl_->topology()->find(topic, partition);
  if (!hosted) return {.error = ErrorCode::unknown_topic_or_partition, .message = ""};
  return hosted->with([&](broker::Partition& each) { return each.list_offset(spec); });
}

}  // namespace millrace::runtime
