#pragma once
// Do the index files of a segment say what its batches say? Told of every batch in order, it follows the entries along.
// Of each file the first entry that is wrong is a fault. Pure. Owned by an inspection.

#include <functional>
#include <optional>
#include <string>

#include "millrace/core/bytes.hpp"
#include "millrace/log/segment_format.hpp"
#include "millrace/record/batch.hpp"

namespace millrace::log {

/// Where in an index file an entry is wrong, and how.
struct WrongEntry {
  std::uint64_t position = 0;
  std::string what;
};

class OffsetIndexCheck {
 public:
  OffsetIndexCheck(Bytes file, Offset base);
  void batch(const record::BatchHeader& batch, std::uint64_t position);
  /// Nothing is known of what lies before `position`.
  void skip_to(std::uint64_t position);
  /// The batches end at `end`.
  void finish(std::uint64_t end);
  [[nodiscard]] const std::optional<WrongEntry>& wrong() const { return wrong_; }

 private:
  void judge_order();
  void refuse(std::string what);
  [[nodiscard]] bool has_entry() const { return !wrong_ && at_ + offset_entry_bytes <= file_.size(); }
  [[nodiscard]] std::int32_t offset() const { return load_be<std::int32_t>(file_.data() + at_); }
  [[nodiscard]] std::uint64_t place() const {
    return static_cast<std::uint64_t>(load_be<std::int32_t>(file_.data() + at_ + 4));
  }

  Bytes file_;
  Offset base_;
  std::size_t at_ = 0;
  std::optional<WrongEntry> wrong_;
};

class TimeIndexCheck {
 public:
  TimeIndexCheck(Bytes file, Offset base);
  void batch(const record::BatchHeader& batch);
  /// Batches are missing, so that nothing is known of the newest any more.
  void give_up() { at_ = file_.size(); }
  void finish();
  [[nodiscard]] const std::optional<WrongEntry>& wrong() const { return wrong_; }

 private:
  void judge_order();
  void refuse(std::string what);
  [[nodiscard]] bool has_entry() const { return !wrong_ && at_ + time_entry_bytes <= file_.size(); }
  [[nodiscard]] Timestamp time() const { return load_be<std::int64_t>(file_.data() + at_); }
  [[nodiscard]] std::int64_t offset() const { return load_be<std::int32_t>(file_.data() + at_ + 8); }

  Bytes file_;
  Offset base_;
  std::size_t at_ = 0;
  Timestamp newest_ = no_timestamp;
  std::optional<WrongEntry> wrong_;
};

/// Of a segment with the offsets [base, next).
[[nodiscard]] std::optional<WrongEntry> check_transaction_index(ByteView file, Offset base, Offset next);

}  // namespace millrace::log
