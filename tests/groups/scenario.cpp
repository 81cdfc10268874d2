#include "groups/scenario.hpp"

#include <algorithm>

namespace millrace::groups {

namespace {

constexpr Timestamp first_wall = 1'700'000'000'000;

template <class T>
T only_answer(Effects& effects) {
  return std::get<T>(effects.replies.back().answer);
}

}  // namespace

class Scenario::Pictured final : public Topics {
 public:
  std::map<std::string, Topic, std::less<>> by_name;
  std::int64_t made = 0;

  [[nodiscard]] std::optional<Topic> find(std::string_view name) const override {
    const auto at = by_name.find(name);
    return at == by_name.end() ? std::nullopt : std::optional(at->second);
  }
  [[nodiscard]] std::optional<Topic> find(const Uuid& id) const override {
    for (const auto& [name, topic] : by_name)
      if (topic.id == id) return topic;
    return std::nullopt;
  }
  void for_each_name(const std::function<void(const std::string&)>& each) const override {
    for (const auto& [name, topic] : by_name) each(name);
  }
  [[nodiscard]] std::int64_t version() const override { return made; }
};

Scenario::Scenario(Config config)
    : config_(config), pictured_(std::make_shared<const Pictured>()), coordinator_(config) {
  coordinator_.loaded(now());
}

void Scenario::topics(const std::map<std::string, std::int32_t>& wanted) {
  const auto next = std::make_shared<Pictured>();
  next->made = pictured_->made + 1;
  for (const auto& [name, partitions] : wanted) {
    const auto before = pictured_->find(name);
    const Uuid fresh = Uuid::from_random(static_cast<std::uint64_t>(next->made), std::hash<std::string>{}(name));
    next->by_name[name] = {before ? before->id : fresh, name, partitions};
  }
  pictured_ = next;
  coordinator_.set_topics(pictured_);
}

Uuid Scenario::topic_id(const std::string& name) const { return pictured_->find(name).value().id; }

std::string Scenario::topic_named(const Uuid& id) const {
  const auto topic = pictured_->find(id);
  return topic ? topic->name : std::string();
}

ConsumerHeartbeatReply Scenario::beat(ConsumerHeartbeatRequest request) {
  const Ticket mine = ticket();
  request.fresh_id = "made-" + std::to_string(++ids_);
  apply(coordinator_.consumer_heartbeat(request, mine, now()));
  return answer<ConsumerHeartbeatReply>(mine);
}

ConsumerDescribeReply::Group Scenario::describe_consumer(std::string group) {
  Effects effects = coordinator_.consumer_describe({{std::move(group)}}, ticket(), now());
  auto reply = only_answer<ConsumerDescribeReply>(effects);
  apply(std::move(effects));
  return reply.groups.at(0);
}

Scenario::~Scenario() {
  expect_replay_equals();
  pass(1h);  // longer than every timer of a member
  EXPECT_TRUE(waiting_.empty()) << waiting_.size() << " requests were never answered";
  expect_replay_equals();
}

Now Scenario::now() const { return {Instant{time_}, first_wall + (time_ + wall_shift_).count()}; }

Ticket Scenario::ticket() {
  const Ticket fresh{++tickets_};
  waiting_.insert(fresh);
  return fresh;
}

void Scenario::apply(Effects effects) {
  for (LogRecord& record : effects.records) {
    EXPECT_EQ(record.timestamp, now().wall);
    log_.push_back(std::move(record));
  }
  for (Reply& reply : effects.replies) {
    EXPECT_EQ(waiting_.erase(reply.to), 1u) << "answered twice, or never asked";
    answers_[reply.to] = std::move(reply.answer);
  }
}

Ticket Scenario::join(Client client) {
  const Ticket mine = ticket();
  client.request.fresh_id = std::to_string(++ids_);
  apply(coordinator_.join(client.request, mine, now()));
  return mine;
}

Ticket Scenario::sync(SyncRequest request) {
  const Ticket mine = ticket();
  apply(coordinator_.sync(request, mine, now()));
  return mine;
}

Ticket Scenario::sync(const Seat& seat, std::map<std::string, std::string> assignment) {
  SyncRequest request{seat.group, seat.generation, seat.id, seat.instance, {}, {}, {}};
  for (const auto& [member, bytes] : assignment) request.assignments.push_back({member, to_bytes(bytes)});
  return sync(std::move(request));
}

ErrorCode Scenario::heartbeat(const Seat& seat) {
  const Ticket mine = ticket();
  apply(coordinator_.heartbeat({seat.group, seat.generation, seat.id, seat.instance}, mine, now()));
  return answer<HeartbeatReply>(mine).error;
}

LeaveReply Scenario::leave(std::vector<LeaveRequest::Member> members, std::string group) {
  const Ticket mine = ticket();
  apply(coordinator_.leave({std::move(group), std::move(members)}, mine, now()));
  return answer<LeaveReply>(mine);
}

ErrorCode Scenario::leave(const Seat& seat) {
  return leave({{seat.id, seat.instance}}, seat.group).members.at(0).error;
}

CommitReply Scenario::commit(CommitRequest request) {
  const Ticket mine = ticket();
  apply(coordinator_.commit(request, mine, now()));
  return answer<CommitReply>(mine);
}

ErrorCode Scenario::commit(const Seat& seat, Position at) {
  CommitRequest request;
  request.group_id = seat.group;
  request.generation_id = seat.generation;
  request.member_id = seat.id;
  request.group_instance_id = seat.instance;
  request.topics = {{at.topic, {{at.partition, Offset(at.offset), at.epoch, at.metadata}}}};
  return commit(std::move(request)).topics.at(0).partitions.at(0).error;
}

ErrorCode Scenario::commit_simply(Position position, std::string group) {
  return commit(Seat{"", -1, {}, std::move(group)}, std::move(position));
}

OffsetFetchReply Scenario::fetch(OffsetFetchRequest request) {
  Effects effects = coordinator_.fetch_offsets(request, ticket(), now());
  auto reply = only_answer<OffsetFetchReply>(effects);
  apply(std::move(effects));
  return reply;
}

OffsetFetchReply::Partition Scenario::committed(std::string topic, PartitionIndex partition, std::string group) {
  return fetch({.groups = {{.group_id = std::move(group),
                            .member_id = {},
                            .topics = {{{std::move(topic), {partition}}}}}},
                .connection = {}})
      .groups.at(0)
      .topics.at(0)
      .partitions.at(0);
}

OffsetFetchReply::Group Scenario::all_committed(std::string group) {
  return fetch({.groups = {{.group_id = std::move(group), .member_id = {}, .topics = {}}}, .connection = {}})
      .groups.at(0);
}

DescribeReply::Group Scenario::describe(std::string group) {
  Effects effects = coordinator_.describe({{std::move(group)}}, ticket(), now());
  auto reply = only_answer<DescribeReply>(effects);
  apply(std::move(effects));
  return reply.groups.at(0);
}

ListReply Scenario::list(ListRequest request) {
  Effects effects = coordinator_.list(request, ticket(), now());
  auto reply = only_answer<ListReply>(effects);
  apply(std::move(effects));
  return reply;
}

void Scenario::delete_topics(std::vector<std::string> names) { apply(coordinator_.topics_deleted(names, now())); }

ErrorCode Scenario::delete_group(std::string group) {
  const Ticket mine = ticket();
  apply(coordinator_.delete_group({std::move(group)}, mine, now()));
  return answer<DeleteGroupReply>(mine).error;
}

OffsetDeleteReply Scenario::delete_offsets(std::vector<OffsetDeleteRequest::Topic> topics, std::string group) {
  const Ticket mine = ticket();
  apply(coordinator_.delete_offsets({std::move(group), std::move(topics)}, mine, now()));
  return answer<OffsetDeleteReply>(mine);
}

Seat Scenario::seat(Ticket ticket) const {
  const JoinReply reply = joined(ticket);
  EXPECT_EQ(reply.error, ErrorCode::none) << name_of(reply.error);
  return {reply.member_id, reply.generation_id, {}, "g"};
}

void Scenario::pass(Milliseconds time) {
  const Milliseconds until = time_ + time;
  int ticks = 0;
  for (auto next = coordinator_.next_deadline(); next && next->time_since_epoch() <= until;
       next = coordinator_.next_deadline()) {
    time_ = std::max(time_, next->time_since_epoch());
    apply(coordinator_.tick(now()));
    ASSERT_LT(++ticks, 1'000'000) << "timers never come to rest";
  }
  time_ = until;
}

std::vector<Seat> Scenario::stable(std::vector<Client> clients) {
  std::vector<Ticket> tickets;
  for (const Client& client : clients) tickets.push_back(join(client));
  pass(config_.initial_rebalance_delay * 3);
  std::vector<Seat> seats;
  std::map<std::string, std::string> assignment;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    seats.push_back(seat(tickets[i]));
    seats.back().instance = clients[i].request.group_instance_id;
    seats.back().group = clients[i].request.group_id;
    assignment[seats[i].id] = "for " + clients[i].request.client_id;
  }
  for (std::size_t i = seats.size(); i-- > 0;) sync(seats[i], i == 0 ? assignment : decltype(assignment){});
  return seats;
}

Coordinator Scenario::replayed() const {
  Coordinator fresh(config_);
  for (const LogRecord& record : log_) {
    const auto applied = fresh.replay(record.key, record.value ? std::optional<ByteView>(*record.value) : std::nullopt);
    EXPECT_TRUE(applied.has_value()) << applied.error().message;
  }
  fresh.loaded(now());
  fresh.set_topics(pictured_);
  return fresh;
}

void Scenario::restart() {
  coordinator_ = replayed();
  waiting_.clear();
}

void Scenario::expect_replay_equals() {
  Coordinator fresh = replayed();
  for (const ListReply::Group& group : list().groups) {
    Effects offsets = fresh.fetch_offsets(
        {.groups = {{.group_id = group.group_id, .member_id = {}, .topics = {}}}, .connection = {}}, Ticket{0}, now());
    EXPECT_EQ(only_answer<OffsetFetchReply>(offsets).groups.at(0), all_committed(group.group_id));
    Effects shown = fresh.consumer_describe({{group.group_id}}, Ticket{0}, now());
    EXPECT_EQ(only_answer<ConsumerDescribeReply>(shown).groups.at(0), describe_consumer(group.group_id));
    if (group.state != GroupState::stable && group.state != GroupState::empty) continue;
    Effects described = fresh.describe({{group.group_id}}, Ticket{0}, now());
    EXPECT_EQ(only_answer<DescribeReply>(described).groups.at(0), describe(group.group_id));
  }
  EXPECT_EQ(fresh.totals().groups, coordinator_.totals().groups);
  EXPECT_EQ(fresh.totals().offsets, coordinator_.totals().offsets);
  EXPECT_EQ(fresh.totals().offsets_bytes, coordinator_.totals().offsets_bytes);
}

}  // namespace millrace::groups
