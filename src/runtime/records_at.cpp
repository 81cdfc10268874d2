#include "millrace/runtime/records_at.hpp"

#include <algorithm>
#include <memory>

#include "millrace/record/stored.hpp"

namespace millrace::runtime {

namespace {

constexpr std::size_t read_bytes = limits::MiB;  ///< of a log at once

Bytes bytes_of(ByteView view) { return {view.begin(), view.end()}; }
std::optional<Bytes> bytes_of(const std::optional<ByteView>& view) {
  return view ? std::optional(bytes_of(*view)) : std::nullopt;
}

record::OwnedRecord own(Offset at, Timestamp time, const record::RecordView& view) {
  record::OwnedRecord record;
  record.offset = at;
  record.timestamp = time;
  record.key = bytes_of(view.key);
  record.value = bytes_of(view.value);
  record::HeaderCursor headers(view.headers, view.header_count);
  while (const auto one = headers.next()) record.headers.emplace_back(std::string(one->key), bytes_of(one->value));
  return record;
}

/// What is still looked for, and what became of the others.
class Search {
 public:
  Search(std::span<const Offset> offsets, const TakeRecord& take) : offsets_(offsets), take_(take) {
    out_.fates.assign(offsets.size(), RecordFate::left);
  }

  [[nodiscard]] bool is_over() const { return is_full_ || next_ == offsets_.size(); }
  [[nodiscard]] Offset wanted() const { return offsets_[next_]; }
  void settle_below(Offset end, RecordFate fate) {
    while (!is_over() && wanted() < end) out_.fates[next_++] = fate;
  }
  /// What lies in [wanted(), end) cannot be read.
  void fail_below(Offset end, Error why) {
    note(std::move(why));
    settle_below(end, RecordFate::unreadable);
  }
  /// … and never will.
  void lose_below(Offset end, Error why) {
    note(std::move(why));
    settle_below(end, RecordFate::gone);
  }
  void fail_all(Error why) { fail_below(offsets_.back() + 1, std::move(why)); }

  void look(ByteView batches) {
    while (const auto batch = record::next_batch(batches)) {
      if (is_over()) return;
      look(*batch);
    }
  }
  [[nodiscard]] RecordsAt found() { return std::move(out_); }

 private:
  void note(Error why) {
    if (out_.trouble) return;
    out_.trouble = std::move(why);
    out_.troubled = next_;
  }
  void look(const record::StoredBatch& batch) {
    const Offset end = batch.header.next_offset();
    if (end <= wanted()) return;
    if (!batch.header.is_control()) {
      const auto walked = record::for_each_record(
          batch, inflated_, [this](Offset at, Timestamp time, const auto& view) { return look(at, time, view); });
      if (!walked) return fail_below(end, walked.error());
    }
    settle_below(end, RecordFate::gone);
  }
  /// False when there is nothing further to look for.
  [[nodiscard]] bool look(Offset at, Timestamp time, const record::RecordView& view) {
    settle_below(at, RecordFate::gone);
    if (is_over() || wanted() != at) return !is_over();
    is_full_ = !take_(next_, at, time, view);
    settle_below(at + 1, RecordFate::found);
    return !is_over();
  }

  std::span<const Offset> offsets_;
  const TakeRecord& take_;
  std::size_t next_ = 0;
  bool is_full_ = false;
  RecordsAt out_;
  Bytes inflated_;
};

/// Looks into the piece of the log with what is wanted.
Result<void> search_in(BrokerRuntime& broker, HostedPartition& partition, Search& search) {
  const Offset from = search.wanted();
  const auto slice = broker.peek(partition, from, read_bytes);
  if (slice.length == 0) {
    const auto damaged = partition.damaged_until(from);
    if (!damaged) return failure(Errc::io, partition.directory() + " cannot be read now");
    search.lose_below(*damaged,
                      {Errc::corrupt, partition.directory() + " is damaged at offset " + std::to_string(from.value())});
    return {};
  }
  const auto bytes = std::make_unique_for_overwrite<std::byte[]>(slice.length);  // nobody clears it first
  const auto got = slice.file->read_at(slice.position, MutableBytes(bytes.get(), slice.length));
  if (!got) return failure_of(got);
  search.look(ByteView(bytes.get(), *got));
  if (!search.is_over() && search.wanted() == from) {
    search.fail_below(from + 1, {Errc::corrupt, partition.directory() + " has no whole batch for offset " +
                                                    std::to_string(from.value())});
  }
  return {};
}

}  // namespace

RecordsAt records_at(BrokerRuntime& broker, HostedPartition& partition, std::span<const Offset> offsets,
                     const TakeRecord& take) {
  Search search(offsets, take);
  while (!search.is_over()) {
    const auto [begins, ends] =
        partition.with([](broker::Partition& each) { return std::pair(each.start(), each.end()); });
    search.settle_below(begins, RecordFate::gone);
    if (search.is_over()) break;
    if (search.wanted() >= ends) {
      // Not gone: another record may come there.
      search.fail_all(
          {Errc::not_found, partition.directory() + " ends before offset " + std::to_string(search.wanted().value())});
    } else if (auto looked = search_in(broker, partition, search); !looked) {
      search.fail_all(looked.error());
    }
  }
  return search.found();
}

RecordFate record_at_hand(const record::NewRecord& record, Offset at, const TakeRecord& take) {
  record::BatchBuilder builder;
  builder.add(record);
  const Bytes bytes = builder.finish();
  ByteView rest(bytes);
  const auto batch = record::next_batch(rest);
  if (!batch) return RecordFate::unreadable;
  Bytes inflated;
  bool is_taken = false;
  const auto walked =
      record::for_each_record(*batch, inflated, [&](Offset, Timestamp time, const record::RecordView& view) {
        is_taken = take(0, at, time, view);
        return false;
      });
  if (!walked) return RecordFate::unreadable;
  return is_taken ? RecordFate::found : RecordFate::left;
}

TakeRecord copies_to(std::vector<record::OwnedRecord>& into, std::size_t bytes_max) {
  return [&into, bytes_max, bytes = std::size_t{0}](std::size_t, Offset at, Timestamp time,
                                                    const record::RecordView& view) mutable {
    bytes += (view.key ? view.key->size() : 0) + (view.value ? view.value->size() : 0) + view.headers.size();
    if (!into.empty() && bytes > bytes_max) return false;
    into.push_back(own(at, time, view));
    return true;
  };
}

}  // namespace millrace::runtime
