#include "millrace/runtime/group_runtime.hpp"

#include <spdlog/logger.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <map>
#include <unordered_map>

#include "group_shard.hpp"

namespace millrace::runtime {

using groups::Coordinator;
using groups::Ticket;

namespace {

/// Collects the answers of several coordinators; the last one to come hands them on.
template <class Reply>
class Gather {
 public:
  using Merge = std::function<Reply(std::vector<Reply>)>;
  Gather(std::size_t parts, Merge merge, GroupDone<Reply> done)
      : replies_(parts), open_(parts), merge_(std::move(merge)), done_(std::move(done)) {}

  void put(std::size_t part, GroupAnswer<Reply> answer) {
    if (answer) {
      replies_[part] = std::move(*answer);
    } else {
      error_.store(answer.error());
    }
    if (open_.fetch_sub(1) != 1) return;
    const auto error = error_.load();
    if (error != ErrorCode::none) return done_(tl::unexpected(error));
    done_(merge_(std::move(replies_)));
  }

 private:
  std::vector<Reply> replies_;
  std::atomic<std::size_t> open_;
  std::atomic<ErrorCode> error_ = ErrorCode::none;
  Merge merge_;
  GroupDone<Reply> done_;
};

/// The groups of all replies in the order in which they were asked for.
template <class Reply>
Reply in_order(const std::vector<std::string>& order, const std::vector<Reply>& replies) {
  std::unordered_map<std::string_view, const typename Reply::Group*> by_id;
  for (const auto& reply : replies) {
    for (const auto& group : reply.groups) by_id.emplace(group.group_id, &group);
  }
  Reply merged;
  for (const auto& id : order) {
    if (const auto found = by_id.find(id); found != by_id.end()) merged.groups.push_back(*found->second);
  }
  return merged;
}

template <class Reply>
AnyGroupDone only(GroupDone<Reply> done) {
  return [done = std::move(done)](AnyGroupAnswer answer) mutable {
    if (!answer) return done(tl::unexpected(answer.error()));
    done(std::get<Reply>(std::move(*answer)));
  };
}

}  // namespace

struct GroupRuntime::Impl : std::enable_shared_from_this<GroupRuntime::Impl> {
  Impl(BrokerRuntime& owner, const Executor& executor, std::shared_ptr<spdlog::logger> log)
      : broker(owner), timer(executor), diagnostics(std::move(log)) {}

  [[nodiscard]] GroupShard& shard_of(std::string_view group_id) {
    const auto count = static_cast<std::int32_t>(shards.size());
    return *shards[static_cast<std::size_t>(groups::partition_for(group_id, count))];
  }

  template <class Request, class Reply>
  void ask(Request request, GroupDone<Reply> done,
           groups::Effects (Coordinator::*decide)(const Request&, Ticket, Now)) {
    auto& shard = shard_of(request.group_id);
    shard.ask(
        [&](Coordinator& coordinator, Ticket ticket, Now now) { return (coordinator.*decide)(request, ticket, now); },
        only(std::move(done)));
    rearm(shard.next_deadline());
  }

  /// Asks each shard that has a part of the request; `part_of` cuts it into one request for each.
  template <class Reply, class Request, class Decide>
  void ask_some(std::map<GroupShard*, Request> parts, typename Gather<Reply>::Merge merge, GroupDone<Reply> done,
                Decide Coordinator::* decide) {
    if (parts.empty()) return done(merge({}));
    const auto gather = std::make_shared<Gather<Reply>>(parts.size(), std::move(merge), std::move(done));
    std::size_t part = 0;
    for (auto& [shard, request] : parts) {
      GroupDone<Reply> put = [gather, part](GroupAnswer<Reply> answer) { gather->put(part, std::move(answer)); };
      shard->ask(
          [&](Coordinator& coordinator, Ticket ticket, Now now) { return (coordinator.*decide)(request, ticket, now); },
          only(std::move(put)));
      ++part;
    }
  }

  /// Arms the timer anew if `due` is earlier than what it is set to.
  void rearm(std::optional<Instant> due) {
    if (!due || due->time_since_epoch().count() >= armed_for.load()) return;
    asio::post(timer.get_executor(), [weak = weak_from_this(), at = *due] {
      if (const auto self = weak.lock()) self->arm(at);
    });
  }

  void arm(Instant due) {
    if (stopped.load() || due.time_since_epoch().count() >= armed_for.load()) return;
    armed_for.store(due.time_since_epoch().count());
    const auto wait = due - broker.now().steady;
    timer.expires_after(std::max(wait, Milliseconds::zero()));
    // Weakly: a timer that its own handler keeps alive would be destroyed by its own io_context.
    timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
      const auto self = weak.lock();
      if (!error && self) self->fire();
    });
  }

  void fire() {
    armed_for.store(never);
    for (const auto& shard : shards) shard->run_timers();
    for (const auto& shard : shards) rearm(shard->next_deadline());
  }

  static constexpr auto never = std::numeric_limits<Milliseconds::rep>::max();

  BrokerRuntime& broker;
  Timer timer;  ///< used on its executor's thread
  std::shared_ptr<spdlog::logger> diagnostics;
  std::vector<std::unique_ptr<GroupShard>> shards;
  std::vector<std::unique_ptr<Clock>> clocks;
  std::atomic<Milliseconds::rep> armed_for = never;
  std::atomic<bool> stopped = false;
};

namespace {

/// The broker's clock, as the shards want it.
class BrokerClock final : public Clock {
 public:
  explicit BrokerClock(const BrokerRuntime& broker) : broker_(broker) {}
  [[nodiscard]] Now now() const override { return broker_.now(); }

 private:
  const BrokerRuntime& broker_;
};

}  // namespace

GroupRuntime::GroupRuntime(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
GroupRuntime::~GroupRuntime() { stop(); }

Result<std::unique_ptr<GroupRuntime>> GroupRuntime::open(BrokerRuntime& broker, const Executor& executor,
                                                         const groups::Config& config, std::int32_t partitions_if_new,
                                                         std::shared_ptr<spdlog::logger> diagnostics) {
  const auto topic = broker.ensure_internal_topic(std::string(broker::offsets_topic), partitions_if_new);
  if (!topic) return failure_of(topic);
  auto impl = std::make_shared<Impl>(broker, executor, diagnostics);
  impl->clocks.push_back(std::make_unique<BrokerClock>(broker));
  for (const auto& partition : (*topic)->partitions) {
    auto shard = std::make_unique<GroupShard>(
        partition, [&broker] { return broker.catalog(); }, broker.group_config_rules(), config, *impl->clocks.front(),
        *diagnostics);
    if (auto loaded = shard->load(); !loaded) return failure_of(loaded);
    impl->shards.push_back(std::move(shard));
  }
  broker.on_topics_deleted([weak = std::weak_ptr(impl)](const std::vector<std::string>& names) {
    const auto self = weak.lock();
    if (!self) return;
    for (const auto& shard : self->shards) {
      shard->tell([&](Coordinator& coordinator, Now now) { return coordinator.topics_deleted(names, now); });
    }
  });
  for (const auto& shard : impl->shards) impl->rearm(shard->next_deadline());
  return std::unique_ptr<GroupRuntime>(new GroupRuntime(std::move(impl)));
}

void GroupRuntime::stop() {
  if (impl_->stopped.exchange(true)) return;
  for (const auto& shard : impl_->shards) shard->stop();
  asio::post(impl_->timer.get_executor(), [impl = impl_] { impl->timer.cancel(); });
}

void GroupRuntime::join(groups::JoinRequest request, GroupDone<groups::JoinReply> done) {
  impl_->ask(std::move(request), std::move(done), &Coordinator::join);
}
void GroupRuntime::sync(groups::SyncRequest request, GroupDone<groups::SyncReply> done) {
  impl_->ask(std::move(request), std::move(done), &Coordinator::sync);
}
void GroupRuntime::heartbeat(groups::HeartbeatRequest request, GroupDone<groups::HeartbeatReply> done) {
  impl_->ask(std::move(request), std::move(done), &Coordinator::heartbeat);
}
void GroupRuntime::leave(groups::LeaveRequest request, GroupDone<groups::LeaveReply> done) {
  impl_->ask(std::move(request), std::move(done), &Coordinator::leave);
}
void GroupRuntime::commit(groups::CommitRequest request, GroupDone<groups::CommitReply> done) {
  impl_->ask(std::move(request), std::move(done), &Coordinator::commit);
}
void GroupRuntime::consumer_heartbeat(groups::ConsumerHeartbeatRequest request,
                                      GroupDone<groups::ConsumerHeartbeatReply> done) {
  impl_->ask(std::move(request), std::move(done), &Coordinator::consumer_heartbeat);
}

void GroupRuntime::delete_group(groups::DeleteGroupRequest request, GroupDone<groups::DeleteGroupReply> done) {
  impl_->ask(std::move(request), std::move(done), &Coordinator::delete_group);
}
void GroupRuntime::delete_offsets(groups::OffsetDeleteRequest request, GroupDone<groups::OffsetDeleteReply> done) {
  impl_->ask(std::move(request), std::move(done), &Coordinator::delete_offsets);
}

void GroupRuntime::reset(groups::ResetRequest request, GroupDone<groups::ResetReply> done) {
  impl_->ask(std::move(request), std::move(done), &Coordinator::reset);
}

void GroupRuntime::await(groups::AwaitRequest request, GroupDone<groups::AwaitReply> done) {
  impl_->ask(std::move(request), std::move(done), &Coordinator::await);
}

void GroupRuntime::fetch_offsets(groups::OffsetFetchRequest request, GroupDone<groups::OffsetFetchReply> done) {
  std::map<GroupShard*, groups::OffsetFetchRequest> parts;
  std::vector<std::string> order;
  for (auto& group : request.groups) {
    order.push_back(group.group_id);
    auto& part = parts[&impl_->shard_of(group.group_id)];
    part.connection = request.connection;
    part.groups.push_back(std::move(group));
  }
  const auto merge = [order = std::move(order)](std::vector<groups::OffsetFetchReply> replies) {
    return in_order<groups::OffsetFetchReply>(order, replies);
  };
  impl_->ask_some<groups::OffsetFetchReply>(std::move(parts), merge, std::move(done), &Coordinator::fetch_offsets);
}

void GroupRuntime::describe(groups::DescribeRequest request, GroupDone<groups::DescribeReply> done) {
  std::map<GroupShard*, groups::DescribeRequest> parts;
  for (const auto& id : request.group_ids) parts[&impl_->shard_of(id)].group_ids.push_back(id);
  const auto merge = [order = std::move(request.group_ids)](std::vector<groups::DescribeReply> replies) {
    return in_order<groups::DescribeReply>(order, replies);
  };
  impl_->ask_some<groups::DescribeReply>(std::move(parts), merge, std::move(done), &Coordinator::describe);
}

void GroupRuntime::consumer_describe(groups::ConsumerDescribeRequest request,
                                     GroupDone<groups::ConsumerDescribeReply> done) {
  std::map<GroupShard*, groups::ConsumerDescribeRequest> parts;
  for (const auto& id : request.group_ids) parts[&impl_->shard_of(id)].group_ids.push_back(id);
  const auto merge = [order = std::move(request.group_ids)](std::vector<groups::ConsumerDescribeReply> replies) {
    return in_order<groups::ConsumerDescribeReply>(order, replies);
  };
  impl_->ask_some<groups::ConsumerDescribeReply>(std::move(parts), merge, std::move(done),
                                                 &Coordinator::consumer_describe);
}

GroupFigures GroupRuntime::figures() const {
  GroupFigures figures;
  auto& sum = figures.totals;
  for (const auto& shard : impl_->shards) {
    const auto one = shard->totals();
    sum.groups += one.groups;
    sum.members += one.members;
    sum.pending_members += one.pending_members;
    sum.offsets += one.offsets;
    sum.offsets_bytes += one.offsets_bytes;
    sum.members_bytes += one.members_bytes;
    sum.classic_rebalances += one.classic_rebalances;
    sum.consumer_rebalances += one.consumer_rebalances;
    figures.offsets_bytes_max += shard->config().offsets_bytes_max;
    figures.members_bytes_max += shard->config().members_bytes_max;
  }
  return figures;
}

void GroupRuntime::for_each_committed(const std::function<void(groups::Coordinator::Committed)>& each) const {
  for (const auto& shard : impl_->shards) {
    groups::OffsetKey after{"", "", -1};
    for (bool is_last = false; !is_last;) {
      auto page = shard->committed(after);
      is_last = page.is_last || page.rows.empty();
      if (!is_last) {
        const auto& last = page.rows.back();
        after = {last.group, last.topic, last.offsets.back().first};
      }
      for (auto& row : page.rows) each(std::move(row));
    }
  }
}

void GroupRuntime::list(groups::ListRequest request, GroupDone<groups::ListReply> done) {
  std::map<GroupShard*, groups::ListRequest> parts;
  for (const auto& shard : impl_->shards) parts.emplace(shard.get(), request);
  const auto merge = [](std::vector<groups::ListReply> replies) {
    groups::ListReply merged;
    for (auto& reply : replies) {
      merged.groups.insert(merged.groups.end(), std::make_move_iterator(reply.groups.begin()),
                           std::make_move_iterator(reply.groups.end()));
    }
    return merged;
  };
  impl_->ask_some<groups::ListReply>(std::move(parts), merge, std::move(done), &Coordinator::list);
}

}  // namespace millrace::runtime
