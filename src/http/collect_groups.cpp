#include <algorithm>
#include <map>
#include <set>

#include "collect.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/core/limits.hpp"

namespace millrace::http {

namespace {

struct Lag {
  std::uint64_t records = 0;
  Timestamp oldest = no_timestamp;  ///< of what is not committed past
};
/// By group, as it is told, and topic.
using Lags = std::map<std::pair<std::string, std::string>, Lag>;

/// Two groups whose names differ only in bytes that are no text would otherwise be told twice under one name.
std::string label_of(const std::string& group) { return is_utf8(group) ? group : escaped(group); }

class Census {
 public:
  Census(runtime::BrokerRuntime& broker, LagAges& ages) : broker_(broker), topology_(broker.topology()), ages_(ages) {}

  void add(const groups::Coordinator::Committed& committed) {
    const auto hosted = topology_->find(committed.topic);
    if (!hosted) return;
    const std::pair key(label_of(committed.group), committed.topic);
    auto found = lags_.find(key);
    if (found == lags_.end()) {
      if (lags_.size() >= limits::metrics_group_topics_max) {
        // A pair that comes in two parts does so at once.
        if (std::exchange(last_left_out_, key) != key) ++left_out_;
        return;
      }
      found = lags_.emplace(key, Lag()).first;
    }
    for (const auto& [index, offset] : committed.offsets) {
      if (const auto partition = hosted->find(index)) {
        add(found->second, committed.group, {committed.topic, index}, *partition, offset);
      }
    }
  }
  [[nodiscard]] const Lags& lags() const { return lags_; }
  [[nodiscard]] std::size_t left_out() const { return left_out_; }

 private:
  void add(Lag& into, const std::string& group, const TopicPartition& at, runtime::HostedPartition& partition,
           Offset committed) {
    const auto end = partition.with([](const broker::Partition& open) { return open.high_watermark(); });
    if (committed >= end) return;
    into.records += static_cast<std::uint64_t>(end - committed);
    const auto look_up = [&] { return broker_.time_of(partition, committed); };
    const auto written = ages_.time_of(group, at, committed, look_up);
    if (written) into.oldest = into.oldest == no_timestamp ? *written : std::min(into.oldest, *written);
  }

  runtime::BrokerRuntime& broker_;
  std::shared_ptr<const runtime::Topology> topology_;
  LagAges& ages_;
  Lags lags_;
  std::pair<std::string, std::string> last_left_out_;
  std::size_t left_out_ = 0;
};

}  // namespace

void collect_groups(runtime::BrokerRuntime& broker, const runtime::GroupRuntime& groups, LagAges& ages,
                    metrics::Exposition& into) {
  const auto figures = groups.figures();
  into.add("millrace_groups", figures.totals.groups);
  into.add("millrace_group_members", figures.totals.members);
  into.add("millrace_group_rebalances_total", figures.totals.classic_rebalances, {"classic"});
  into.add("millrace_group_rebalances_total", figures.totals.consumer_rebalances, {"consumer"});
  into.add("millrace_memory_used_bytes", figures.totals.offsets_bytes, {"group_offsets"});
  into.add("millrace_memory_limit_bytes", figures.offsets_bytes_max, {"group_offsets"});
  into.add("millrace_memory_used_bytes", figures.totals.members_bytes, {"group_members"});
  into.add("millrace_memory_limit_bytes", figures.members_bytes_max, {"group_members"});

  Census census(broker, ages);
  groups.for_each_committed([&](const groups::Coordinator::Committed& committed) { census.add(committed); });
  const auto now = broker.now().wall;
  for (const auto& [key, lag] : census.lags()) {
    const auto& [group, topic] = key;
    // A client's clock may be ahead of ours.
    const auto age_ms = lag.oldest == no_timestamp ? 0 : std::max<std::int64_t>(now - lag.oldest, 0);
    into.add("millrace_group_lag_records", lag.records, {group, topic});
    into.add("millrace_group_lag_age_seconds", static_cast<double>(age_ms) / 1e3, {group, topic});
  }
  into.add("millrace_metrics_left_out", census.left_out(), {"group_topics"});
  into.add("millrace_metrics_left_out", ages.end_round(), {"lag_ages"});
}

}  // namespace millrace::http
