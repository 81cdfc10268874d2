#include "millrace/groups/coordinator.hpp"

#include "machine.hpp"

namespace millrace::groups {

Coordinator::Coordinator(const Config& config) : machine_(std::make_unique<Machine>(config)) {}
Coordinator::Coordinator(Coordinator&&) noexcept = default;
Coordinator& Coordinator::operator=(Coordinator&&) noexcept = default;
Coordinator::~Coordinator() = default;

Result<void> Coordinator::replay(ByteView key, std::optional<ByteView> value) { return machine_->replay(key, value); }
void Coordinator::loaded(Now now) { machine_->loaded(now); }
void Coordinator::set_topics(TopicsPtr topics) { machine_->set_topics(std::move(topics)); }
void Coordinator::set_settings(SettingsPtr settings) { machine_->set_settings(std::move(settings)); }

Effects Coordinator::consumer_heartbeat(const ConsumerHeartbeatRequest& request, Ticket reply_to, Now now) {
  return machine_->consumer_heartbeat(request, reply_to, now);
}
Effects Coordinator::consumer_describe(const ConsumerDescribeRequest& request, Ticket reply_to, Now) const {
  return machine_->consumer_describe(request, reply_to);
}
Effects Coordinator::join(const JoinRequest& request, Ticket reply_to, Now now) {
  return machine_->join(request, reply_to, now);
}
Effects Coordinator::sync(const SyncRequest& request, Ticket reply_to, Now now) {
  return machine_->sync(request, reply_to, now);
}
Effects Coordinator::heartbeat(const HeartbeatRequest& request, Ticket reply_to, Now now) {
  return machine_->heartbeat(request, reply_to, now);
}
Effects Coordinator::leave(const LeaveRequest& request, Ticket reply_to, Now now) {
  return machine_->leave(request, reply_to, now);
}
Effects Coordinator::commit(const CommitRequest& request, Ticket reply_to, Now now) {
  return machine_->commit(request, reply_to, now);
}
Effects Coordinator::delete_group(const DeleteGroupRequest& request, Ticket reply_to, Now now) {
  return machine_->delete_group(request, reply_to, now);
}
Effects Coordinator::delete_offsets(const OffsetDeleteRequest& request, Ticket reply_to, Now now) {
  return machine_->delete_offsets(request, reply_to, now);
}
Effects Coordinator::reset(const ResetRequest& request, Ticket reply_to, Now now) {
  return machine_->reset(request, reply_to, now);
}
Effects Coordinator::await(const AwaitRequest& request, Ticket reply_to, Now now) {
  return machine_->await(request, reply_to, now);
}
Effects Coordinator::fetch_offsets(const OffsetFetchRequest& request, Ticket reply_to, Now) {
  return machine_->fetch_offsets(request, reply_to);
}
Effects Coordinator::describe(const DescribeRequest& request, Ticket reply_to, Now) const {
  return machine_->describe(request, reply_to);
}
Effects Coordinator::list(const ListRequest& request, Ticket reply_to, Now) const {
  return machine_->list(request, reply_to);
}
Effects Coordinator::topics_deleted(std::span<const std::string> names, Now now) {
  return machine_->topics_deleted(names, now);
}
Effects Coordinator::tick(Now now) { return machine_->tick(now); }
std::optional<Instant> Coordinator::next_deadline() const { return machine_->next_deadline(); }
Coordinator::Totals Coordinator::totals() const { return machine_->totals(); }
Coordinator::CommittedPage Coordinator::committed(const OffsetKey& after, std::size_t offsets_max) const {
  return machine_->committed(after, offsets_max);
}

}  // namespace millrace::groups
