#include "event_lookup.hpp"

#include "event_views.hpp"
#include "millrace/core/limits.hpp"
#include "millrace/record/stored.hpp"

namespace millrace::http::routes {

namespace {

using Fate = LookedUp::Fate;

constexpr std::size_t read_bytes = limits::MiB;
constexpr std::size_t place_bytes = 256;  ///< what is told beside an event, but for its key

class Lookup {
 public:
  Lookup(const runtime::HostedTopic& topic, PartitionIndex partition, std::span<const Offset> offsets,
         std::size_t& room, bool must_have_one)
      : topic_(topic),
        unmarked_(unmarked_in(topic)),
        partition_(partition),
        offsets_(offsets),
        room_(room),
        must_have_one_(must_have_one),
        out_(offsets.size()) {}

  [[nodiscard]] bool is_over() const { return is_full_ || next_ == offsets_.size(); }
  [[nodiscard]] Offset next() const { return offsets_[next_]; }
  void settle(Fate fate) { out_[next_++].fate = fate; }
  void settle_below(Offset end, Fate fate) {
    while (!is_over() && next() < end) settle(fate);
  }

  void take(const record::StoredBatch& batch) {
    const Offset end = batch.header.next_offset();
    if (is_over() || end <= next()) return;
    if (!batch.header.is_control()) {
      const auto walked =
          record::for_each_record(batch, inflated_, [this](Offset at, Timestamp time, const record::RecordView& view) {
            settle_below(at, Fate::gone);
            if (!is_over() && next() == at)
              take({.partition = partition_, .offset = at, .timestamp = time, .view = view});
            return !is_over();
          });
      if (!walked) return settle_below(end, Fate::unreadable);
    }
    settle_below(end, Fate::gone);
  }
  [[nodiscard]] std::vector<LookedUp> found() { return std::move(out_); }

 private:
  void take(const cloudevents::PlainRecord& record) {
    auto& into = out_[next_];
    into.read = event_of(record, topic_.topic->name, unmarked_);
    into.text = json_text_of(into.read);
    const auto bytes = into.text.size() + into.read.key.value_or("").size() + place_bytes;
    if (bytes > room_ && !must_have_one_) {
      into = LookedUp();
      is_full_ = true;
      return;
    }
    must_have_one_ = false;
    room_ -= std::min(room_, bytes);
    settle(Fate::found);
  }

  const runtime::HostedTopic& topic_;
  cloudevents::Unmarked unmarked_;
  PartitionIndex partition_;
  std::span<const Offset> offsets_;
  std::size_t& room_;
  bool must_have_one_;
  std::vector<LookedUp> out_;
  std::size_t next_ = 0;
  bool is_full_ = false;
  Bytes inflated_;
};

}  // namespace

std::vector<LookedUp> look_up_events(runtime::BrokerRuntime& broker, const runtime::HostedTopic& topic,
                                     PartitionIndex partition, std::span<const Offset> offsets, std::size_t& room,
                                     bool must_have_one) {
  Lookup lookup(topic, partition, offsets, room, must_have_one);
  const auto log = topic.find(partition);
  while (log && !lookup.is_over()) {
    const Offset from = lookup.next();
    lookup.settle_below(log->with([](const broker::Partition& open) { return open.start(); }), Fate::gone);
    if (lookup.is_over() || lookup.next() != from) continue;
    const auto slice = broker.peek(*log, from, read_bytes);
    Bytes bytes(slice.length);
    const auto got = slice.length == 0 ? Result<std::size_t>(0) : slice.file->read_at(slice.position, bytes);
    ByteView rest = got ? ByteView(bytes).first(*got) : ByteView();
    while (const auto batch = record::next_batch(rest)) lookup.take(*batch);
    if (!lookup.is_over() && lookup.next() == from) lookup.settle(Fate::unreadable);
  }
  return lookup.found();
}

LookedUp looked_up(const runtime::HostedTopic& topic, PartitionIndex partition, Offset offset,
                   const record::NewRecord& record) {
  record::BatchBuilder builder;
  builder.add(record);
  const Bytes bytes = builder.finish();
  ByteView rest(bytes);
  LookedUp found;
  found.fate = Fate::unreadable;
  Bytes inflated;
  const auto batch = record::next_batch(rest);
  (void)record::for_each_record(*batch, inflated, [&](Offset, Timestamp time, const record::RecordView& view) {
    found.read = event_of({.partition = partition, .offset = offset, .timestamp = time, .view = view},
                          topic.topic->name, unmarked_in(topic));
    found.text = json_text_of(found.read);
    found.fate = Fate::found;
    return true;
  });
  return found;
}

}  // namespace millrace::http::routes
