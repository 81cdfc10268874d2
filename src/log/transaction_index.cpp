#include "transaction_index.hpp"

#include <algorithm>

#include "millrace/log/segment_format.hpp"

namespace millrace::log {

namespace {

constexpr std::int16_t version = 0;

}  // namespace

bool TransactionIndex::insert(const AbortedTransaction& transaction) {
  const auto at = std::ranges::lower_bound(entries_, transaction.last_offset, {}, &AbortedTransaction::last_offset);
  if (at != entries_.end() && at->last_offset == transaction.last_offset) return false;
  entries_.insert(at, transaction);
  return true;
}

Bytes TransactionIndex::encode() const {
  Bytes bytes;
  bytes.reserve(entries_.size() * txn_entry_bytes);
  for (const AbortedTransaction& entry : entries_) {
    append_be(bytes, version);
    append_be(bytes, entry.producer_id);
    append_be(bytes, entry.first_offset.value());
    append_be(bytes, entry.last_offset.value());
    append_be(bytes, entry.last_stable_offset.value());
  }
  return bytes;
}

TransactionIndex TransactionIndex::decode(ByteView bytes, Offset base, Offset next) {
  TransactionIndex index;
  for (; bytes.size() >= txn_entry_bytes; bytes = bytes.subspan(txn_entry_bytes)) {
    const AbortedTransaction entry{.producer_id = load_be<std::int64_t>(bytes.data() + 2),
                                   .first_offset = Offset(load_be<std::int64_t>(bytes.data() + 10)),
                                   .last_offset = Offset(load_be<std::int64_t>(bytes.data() + 18)),
                                   .last_stable_offset = Offset(load_be<std::int64_t>(bytes.data() + 26))};
    const bool sane = load_be<std::int16_t>(bytes.data()) == version && entry.producer_id >= 0 &&
                      entry.first_offset.value() >= 0 && entry.first_offset < entry.last_offset &&
                      entry.last_offset >= base && entry.last_offset < next &&
                      (index.entries_.empty() || entry.last_offset > index.entries_.back().last_offset);
    if (!sane) break;
    index.entries_.push_back(entry);
  }
  return index;
}

}  // namespace millrace::log
