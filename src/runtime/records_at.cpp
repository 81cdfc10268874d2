#include "millrace/runtime/records_at.hpp"

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

/// What is still looked for, and what was found.
class Search {
 public:
  Search(std::span<const Offset> offsets, std::size_t bytes_max) : offsets_(offsets), bytes_max_(bytes_max) {}

  [[nodiscard]] bool is_over() const { return at_ == offsets_.size() || is_full_; }
  [[nodiscard]] Offset wanted() const { return offsets_[at_]; }
  /// Nothing that is wanted lies below.
  void pass(Offset until) {
    while (at_ < offsets_.size() && offsets_[at_] < until) ++at_;
  }
  /// False when there is enough.
  [[nodiscard]] bool look(Offset at, Timestamp time, const record::RecordView& view) {
    pass(at);
    if (is_over()) return false;
    if (wanted() != at) return true;
    const std::size_t size =
        (view.key ? view.key->size() : 0) + (view.value ? view.value->size() : 0) + view.headers.size();
    is_full_ = !found_.empty() && bytes_ + size > bytes_max_;
    if (is_full_) return false;
    bytes_ += size;
    found_.push_back(own(at, time, view));
    ++at_;
    return !is_over();
  }
  [[nodiscard]] Result<void> look(ByteView batches) {
    while (const auto batch = record::next_batch(batches)) {
      if (is_over()) return {};
      if (batch->header.next_offset() <= wanted()) continue;
      if (!batch->header.is_control()) {
        const auto more = record::for_each_record(
            *batch, inflated_, [this](Offset at, Timestamp time, const auto& view) { return look(at, time, view); });
        if (!more) return failure_of(more);
      }
      if (!is_full_) pass(batch->header.next_offset());
    }
    return {};
  }
  [[nodiscard]] std::vector<record::OwnedRecord>& found() { return found_; }

 private:
  std::span<const Offset> offsets_;
  std::size_t bytes_max_;
  std::size_t at_ = 0;
  std::size_t bytes_ = 0;
  bool is_full_ = false;
  std::vector<record::OwnedRecord> found_;
  Bytes inflated_;
};

/// A piece of the log. What lies in it and cannot be read is a failure: nobody may take it for missing.
Result<void> search_in(BrokerRuntime& broker, HostedPartition& partition, Search& search) {
  const Offset from = search.wanted();
  const auto slice = broker.peek(partition, from, read_bytes);
  if (slice.length == 0) return failure(Errc::io, partition.directory() + " cannot be read now");
  Bytes bytes(slice.length);
  const auto got = slice.file->read_at(slice.position, bytes);
  if (!got) return failure_of(got);
  if (auto looked = search.look(ByteView(bytes).first(*got)); !looked) return looked;
  if (search.is_over() || search.wanted() > from) return {};
  return failure(Errc::corrupt,
                 partition.directory() + " has no whole batch for offset " + std::to_string(from.value()));
}

}  // namespace

Result<std::vector<record::OwnedRecord>> records_at(BrokerRuntime& broker, HostedPartition& partition,
                                                    std::span<const Offset> offsets, std::size_t bytes_max) {
  Search search(offsets, bytes_max);
  Result<void> read;
  while (read && !search.is_over()) {
    const auto [begins, ends] =
        partition.with([](broker::Partition& each) { return std::pair(each.start(), each.end()); });
    search.pass(begins);
    if (search.is_over() || search.wanted() >= ends) break;
    read = search_in(broker, partition, search);
  }
  if (!read && search.found().empty()) return failure_of(read);
  return std::move(search.found());
}

}  // namespace millrace::runtime
