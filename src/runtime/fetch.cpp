// Reading: at once when there is enough, else parked until the partitions grew by what is missing or the wait is over.
// A fetch from views reads on threads of their own, and comes back to its own to be answered or parked.

#include <spdlog/logger.h>

#include <atomic>
#include <boost/asio/post.hpp>

#include "broker_impl.hpp"
#include "view_reading.hpp"

namespace millrace::runtime {

namespace {

using broker::FetchAnswer;

/// A fetch that may have to wait. It lives on the thread of its connection; only grew() comes from elsewhere, and what
/// reads views: meanwhile nothing else looks at what it reads into.
class ParkedFetch final : public FetchWait, public std::enable_shared_from_this<ParkedFetch> {
 public:
  ParkedFetch(BrokerRuntime::Impl& impl, FetchRequest request, const Executor& executor, FetchDone done)
      : impl_(impl),
        request_(std::move(request)),
        executor_(executor),
        done_(std::move(done)),
        is_impatient_(request_.max_wait <= Milliseconds::zero()),
        views_(request_.parts.size()) {}

  /// True when it was answered.
  [[nodiscard]] bool start() {
    if (look()) return true;
    if (is_impatient_) return false;
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
    stop_timer();
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

  [[nodiscard]] Reading read() {
    Reading reading;
    const auto topology = impl_.topology();
    auto budget = static_cast<std::size_t>(std::max(request_.max_bytes, 0));
    const bool is_tight = impl_.view_bytes_held_->load() >= view_bytes_held_max;
    auto view_room = is_tight ? view_bytes_per_short_round : view_bytes_per_round;
    std::size_t held = 0;  // of views, in memory
    FetchTopicPtr named;
    HostedTopicPtr topic;
    for (std::size_t i = 0; i < request_.parts.size(); ++i) {
      const auto& part = request_.parts[i];
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
      const broker::FetchSpec spec{.offset = part.offset,
                                   .max_bytes = std::min(budget, wanted),
                                   .current_leader_epoch = part.current_leader_epoch,
                                   .last_fetched_epoch = part.last_fetched_epoch,
                                   .isolation = request_.isolation,
                                   .at_least_one = reading.bytes == 0,
                                   .for_follower = request_.for_follower};
      FetchAnswer answer;
      std::size_t bytes = 0;
      if (topic->view) {
        if (!views_[i]) views_[i].emplace();
        auto& from_view = *views_[i];
        const auto enough = std::max<std::int64_t>(request_.min_bytes - reading.bytes, 1);
        answer = from_view.read(*partition, topic->view, spec, enough, view_room);
        bytes = from_view.bytes();
        held += bytes;
        const bool is_cut_short = (from_view.has_moved() || view_room == 0) && from_view.next() < visible_end(answer);
        reading.more = reading.more || is_cut_short || held >= view_bytes_per_round;
      } else {
        views_[i].reset();
        answer = partition->read(spec);
        bytes = answer.slice.length;
        reading.more = reading.more || (bytes > 0 && answer.slice.next < visible_end(answer));
      }
      budget -= std::min(budget, bytes);
      reading.bytes += static_cast<std::int64_t>(bytes);
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

  /// True when it was answered; else it is parked, or read for elsewhere.
  [[nodiscard]] bool look() {
    for (;;) {
      if (reads_views()) {
        look_elsewhere();
        return false;
      }
      if (const auto answered = answer_or_park(read())) return *answered;
    }
  }

  [[nodiscard]] bool reads_views() const {
    const auto topology = impl_.topology();
    const TopicRef* named = nullptr;
    return std::ranges::any_of(request_.parts, [&](const FetchPart& part) {
      if (named == part.topic.get()) return false;
      named = part.topic.get();
      const auto topic = topology->find(*part.topic);
      return topic && topic->view;
    });
  }

  void look_elsewhere() {
    is_elsewhere_ = true;
    asio::post(impl_.view_readers_, [self = shared_from_this()] {
      auto reading = self->read_views();
      asio::post(self->executor_,
                 [self, reading = std::move(reading)]() mutable { self->came_back(std::move(reading)); });
    });
  }

  [[nodiscard]] Reading read_views() {
    try {
      return read();
    } catch (const std::exception& fault) {
      impl_.diagnostics_->error("fetch from a view ended by exception what=\"{}\"", fault.what());
    }
    Reading failed;
    failed.failed = true;
    failed.answers.resize(request_.parts.size());
    failed.partitions.resize(request_.parts.size());
    for (auto& answer : failed.answers) answer.error = ErrorCode::kafka_storage_error;
    return failed;
  }

  void came_back(Reading reading) {
    is_elsewhere_ = false;
    if (!done_) return;
    const auto answered = answer_or_park(std::move(reading));
    if (answered ? *answered : look()) stop_timer();
  }

  /// True when it was answered, false when it is parked; nothing when it is to be read again.
  [[nodiscard]] std::optional<bool> answer_or_park(Reading reading) {
    if (is_impatient_ || is_enough(reading) || impl_.stop_waiting_.load()) {
      answer(std::move(reading));
      return true;
    }
    if (park(reading)) return false;
    forget();  // a partition grew between reading and parking: read again
    return std::nullopt;
  }

  void answer(Reading reading) {
    for (std::size_t i = 0; i < reading.partitions.size(); ++i) {
      auto& part = reading.answers[i];
      if (!reading.partitions[i]) continue;
      if (!views_[i]) {
        reading.partitions[i]->count_sent(part.slice, request_.parts[i].offset);
      } else if (part.error == ErrorCode::none && !part.diverging) {
        part.slice = views_[i]->take(impl_.view_bytes_held_);
        reading.partitions[i]->count_sent(part.slice.length, views_[i]->records());
      }
    }
    done_(std::move(reading.answers));
  }

  [[nodiscard]] bool park(const Reading& reading) {
    missing_.store(request_.min_bytes - reading.bytes);
    posted_.store(false);
    for (std::size_t i = 0; i < reading.partitions.size(); ++i) {
      const auto seen = visible_end(reading.answers[i]);
      if (!reading.partitions[i]->wait_for_growth(shared_from_this(), request_.isolation, seen)) return false;
      waiting_at_.push_back(reading.partitions[i]);
    }
    return has_read_views_of_today();
  }

  /// A view that was changed before this was parked has woken those who were.
  [[nodiscard]] bool has_read_views_of_today() const {
    std::shared_ptr<const Topology> topology;
    for (std::size_t i = 0; i < views_.size(); ++i) {
      if (!views_[i]) continue;
      if (!topology) topology = impl_.topology();
      const auto topic = topology->find(*request_.parts[i].topic);
      if (!topic || topic->view != views_[i]->view()) return false;
    }
    return true;
  }

  void look_again() {
    if (!done_ || is_elsewhere_) return;
    forget();
    if (look()) stop_timer();
  }

  void give_up_waiting() {
    is_impatient_ = true;
    if (!done_ || is_elsewhere_) return;
    forget();
    (void)look();
  }

  void stop_timer() {
    if (timer_) timer_->cancel();
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
  bool is_impatient_;                              ///< it is answered with what there is
  bool is_elsewhere_ = false;                      ///< its views are being read
  std::vector<std::optional<ViewReading>> views_;  ///< of each part that is a view's
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
