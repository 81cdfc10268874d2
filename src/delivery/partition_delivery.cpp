#include "millrace/delivery/partition_delivery.hpp"

#include "machine.hpp"

namespace millrace::delivery {

PartitionDelivery::PartitionDelivery(PolicyPtr policy, std::uint64_t seed)
    : machine_(std::make_unique<Machine>(std::move(policy), seed)) {}
PartitionDelivery::PartitionDelivery(PartitionDelivery&&) noexcept = default;
PartitionDelivery& PartitionDelivery::operator=(PartitionDelivery&&) noexcept = default;
PartitionDelivery::~PartitionDelivery() = default;

void PartitionDelivery::replay(const Record& record) { machine_->replay(record); }
PartitionDelivery::Loaded PartitionDelivery::loaded() { return machine_->loaded(); }
Effects PartitionDelivery::begin(Offset at) { return machine_->begin(at); }

std::optional<Wanted> PartitionDelivery::wanted() const { return machine_->wanted(); }
PartitionDelivery::Told PartitionDelivery::tell(Offset from, Offset to, std::span<const Event> events, Now now) {
  return machine_->tell(from, to, events, now);
}
Effects PartitionDelivery::log_begins(Offset at, Now now) { return machine_->log_begins(at, now); }

PartitionDelivery::HandOut PartitionDelivery::acquire(std::size_t max, ConsumerId consumer, Now now, bool is_probe) {
  return machine_->acquire(max, consumer, now, is_probe);
}
PartitionDelivery::Answer PartitionDelivery::acknowledge(std::span<const Token> tokens, Now now) {
  return machine_->acknowledge(tokens, now);
}
PartitionDelivery::Answer PartitionDelivery::release(std::span<const Token> tokens, Milliseconds delay, Now now) {
  return machine_->release(tokens, delay, now);
}
PartitionDelivery::Answer PartitionDelivery::fail(std::span<const Token> tokens, const FailedAttempt& failure,
                                                  Milliseconds at_least, Now now) {
  return machine_->fail(tokens, failure, at_least, now);
}
PartitionDelivery::Answer PartitionDelivery::reject(std::span<const Token> tokens, const FailedAttempt& failure,
                                                    Now now) {
  return machine_->reject(tokens, failure, now);
}
PartitionDelivery::Answer PartitionDelivery::renew(std::span<const Token> tokens, Now now) {
  return machine_->renew(tokens, now);
}
Effects PartitionDelivery::consumer_gone(ConsumerId consumer, Now now) {
  return machine_->consumer_gone(consumer, now);
}
Effects PartitionDelivery::shut_down(Now now) { return machine_->shut_down(now); }

Effects PartitionDelivery::archived(Offset event, Offset letter, Now now) {
  return machine_->archived(event, letter, now);
}
Effects PartitionDelivery::archive_failed(Offset event, Now now) { return machine_->archive_failed(event, now); }
PartitionDelivery::Redriven PartitionDelivery::redrive(std::span<const Redrive> events, Now now) {
  return machine_->redrive(events, now);
}
Effects PartitionDelivery::discard(std::span<const Offset> events, Now now) { return machine_->discard(events, now); }

void PartitionDelivery::judge_anew() { machine_->judge_anew(); }
Effects PartitionDelivery::set_policy(PolicyPtr policy, Now now) {
  return machine_->set_policy(std::move(policy), now);
}
Effects PartitionDelivery::tick(Now now) { return machine_->tick(now); }
std::optional<Instant> PartitionDelivery::next_deadline() const { return machine_->next_deadline(); }
bool PartitionDelivery::is_unsettled(Offset event) const { return machine_->is_unsettled(event); }
std::vector<Record> PartitionDelivery::forget() const { return machine_->forget(); }
PartitionDelivery::Facts PartitionDelivery::facts() const { return machine_->facts(); }
const PartitionDelivery::Counts& PartitionDelivery::counts() const { return machine_->counts(); }

PartitionDelivery::Counts& PartitionDelivery::Counts::operator+=(const Counts& more) {
  handed_out += more.handed_out;
  redelivered += more.redelivered;
  acknowledged += more.acknowledged;
  failed += more.failed;
  rejected += more.rejected;
  timed_out += more.timed_out;
  released += more.released;
  lost += more.lost;
  shut_down += more.shut_down;
  died += more.died;
  dropped += more.dropped;
  gone += more.gone;
  return *this;
}

}  // namespace millrace::delivery
