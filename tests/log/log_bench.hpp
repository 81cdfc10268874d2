#pragma once
// A log on a FakeDisk and a tiny language for what tests do with it. Records are words: append("a b c") is one batch
// of three records; read() gives "0:a 1:b 2:c". Timestamps are 1000 + offset unless a test says otherwise.

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "millrace/log/log.hpp"
#include "millrace/log/segment_format.hpp"
#include "millrace/record/builder.hpp"
#include "millrace/record/record.hpp"
#include "support/fake_disk.hpp"

namespace millrace::log {

inline constexpr const char* dir = "orders-0";

/// One uncompressed batch of the words in `words`, the first with timestamp `at`, each of the others 1 ms later.
inline Bytes batch_of(std::string_view words, Timestamp at, std::size_t padding = 0) {
  record::BatchBuilder builder;
  std::istringstream in{std::string(words)};
  const Bytes key(padding, std::byte{'.'});
  std::vector<std::string> kept;
  for (std::string word; in >> word;) kept.push_back(word);
  for (const auto& word : kept) {
    builder.add({.timestamp = at++, .key = ByteView(key), .value = as_bytes(word), .headers = {}});
  }
  return builder.finish();
}

class LogBench : public ::testing::Test {
 protected:
  LogBench() {
    config.segment_bytes = 1000;
    config.index_interval_bytes = 200;
    open();
  }

  void open(bool clean = false) {
    log.reset();
    auto opened = Log::open(disk, dir, config, known, clean);
    ASSERT_TRUE(opened) << opened.error().message;
    log = std::move(opened->log);
    report = std::move(opened->report);
  }

  Offset append(std::string_view words, std::optional<Timestamp> at = std::nullopt, LeaderEpoch epoch = 0) {
    Bytes batch = batch_of(words, at.value_or(1000 + log->end().value()), padding);
    const auto base = log->append(batch, epoch, wall);
    EXPECT_TRUE(base) << base.error().message;
    return base.value_or(no_offset);
  }

  void flush() {
    const auto ticket = log->prepare_flush();
    if (!ticket) return;
    const auto performed = perform(disk, ticket->work);
    ASSERT_TRUE(performed) << performed.error().message;
    log->flushed(*ticket);
  }

  /// Appends single-word batches until a segment was rolled.
  void fill_segment() {
    for (const auto before = log->segment_count(); log->segment_count() == before;) append("filler");
  }

  /// The bytes of a slice.
  static Bytes bytes_of(const Slice& slice) {
    Bytes bytes(slice.length);
    if (slice.file != nullptr) {
      const auto got = slice.file->read_at(slice.position, bytes);
      EXPECT_TRUE(got && *got == bytes.size());
    }
    return bytes;
  }

  static std::string words_in(ByteView bytes) {
    std::string text;
    while (!bytes.empty()) {
      const auto header = record::check_stored(bytes);
      if (!header) return text + "!" + header.error().message;
      const auto size = static_cast<std::size_t>(header->size());
      const auto records = record::read_records(bytes.first(size));
      if (!records) return text + "!" + records.error().message;
      for (const auto& record : *records) {
        if (!text.empty()) text += " ";
        text += std::to_string(record.offset.value()) + ":" + std::string(as_text(*record.value));
      }
      bytes = bytes.subspan(size);
    }
    return text;
  }

  /// Everything from `from` to the end by following slices; "offset!kind" where reading fails, and then on behind it.
  std::string read(std::int64_t from = 0, std::size_t max_bytes = 150) {
    std::string text;
    for (Offset at(from); at < log->end();) {
      if (!text.empty()) text += " ";
      const auto slice = log->read(at, max_bytes, log->end(), true);
      if (!slice) {
        text += std::to_string(at.value()) + "!" + std::string(name_of(slice.error().code));
        const auto hole = std::ranges::find_if(log->damaged(), [&](const auto& d) { return at < d.next; });
        if (slice.error().code != Errc::corrupt || hole == log->damaged().end()) break;
        at = hole->next;
        continue;
      }
      text += words_in(bytes_of(*slice));
      at = slice->next;
    }
    return text;
  }

  /// Power off and on; the log is opened as it would be then.
  void crash(support::Crash how = support::Crash::lose, std::uint64_t seed = 1) {
    log.reset();
    disk.crash(how, seed);
    open();
  }

  void close_and_reopen() {
    const auto closed = log->close();
    ASSERT_TRUE(closed) << closed.error().message;
    known = log->checkpoint();
    log.reset();
    disk.restart();
    open(true);
  }

  /// Two records of producer 77, of which the second ends the transaction in vain.
  AbortedTransaction abort_transaction() {
    const auto first = log->end();
    for (const bool marker : {false, true}) {
      record::BatchBuilder builder;
      const Bytes abort(4, std::byte{0});
      builder.add({.timestamp = 2000, .key = ByteView(abort), .value = ByteView(abort), .headers = {}});
      builder.set_producer(77, 0, marker ? -1 : 0);
      builder.set_attributes(true, marker);
      Bytes batch = builder.finish();
      EXPECT_TRUE(log->append(batch, 2, wall));
    }
    const AbortedTransaction aborted{
        .producer_id = 77, .first_offset = first, .last_offset = first + 1, .last_stable_offset = first + 2};
    EXPECT_TRUE(log->append_aborted(aborted));
    return aborted;
  }

  /// Sealed segments with indexes, epochs, an aborted transaction, and `last` records behind it; closed.
  AbortedTransaction furnish_and_close(int last) {
    config.preallocate = false;
    log->set_config(config);
    for (int i = 0; i < 12; ++i) append("a b", std::nullopt, i < 4 ? 0 : i < 9 ? 1 : 2);
    const auto aborted = abort_transaction();
    for (int i = 0; i < last; ++i) append("c", std::nullopt, 2);
    EXPECT_TRUE(log->close());
    known = log->checkpoint();
    log.reset();
    disk.restart();
    return aborted;
  }

  std::string path(std::int64_t base, FileKind kind = FileKind::log) const {
    return std::string(dir) + "/" + file_name(Offset(base), kind);
  }

  support::FakeDisk disk;
  Config config;
  std::optional<Checkpoint> known;
  std::unique_ptr<Log> log;
  RecoveryReport report;
  Timestamp wall = 5000;
  std::size_t padding = 0;
};

}  // namespace millrace::log
