// A log that is fine is said to be fine; of one that is not, the file and the place are named, and nothing is changed.

#include "millrace/log/inspect.hpp"

#include <gmock/gmock.h>

#include "log/log_bench.hpp"

namespace millrace::log {
namespace {

using testing::HasSubstr;

class Inspect : public LogBench {
 protected:
  void furnish() { furnish_and_close(20); }

  Inspection look(disk::Disk& at) {
    auto found = inspect(at, dir, known, [this](std::uint64_t bytes) { seen += bytes; });
    EXPECT_TRUE(found) << found.error().message;
    return found ? *found : Inspection{};
  }

  std::string faults(disk::Disk& at) {
    std::string text;
    for (const auto& fault : look(at).faults) {
      text += fault.file + ":" + std::to_string(fault.position) + ": " + fault.what + "\n";
    }
    return text;
  }

  void put(const std::string& file, const Bytes& bytes) { disk.set_content(file, bytes); }

  std::uint64_t seen = 0;
};

TEST_F(Inspect, FindsNothingWrongWithALogThatWasClosed) {
  furnish();
  const auto found = look(disk);
  EXPECT_TRUE(found.faults.empty());
  EXPECT_EQ(found.batches, 34U);
  EXPECT_EQ(found.records, 46U);
  EXPECT_EQ(found.next, Offset(46));
  EXPECT_GT(found.segments, 2U);
  EXPECT_EQ(seen, batch_bytes(disk, dir).value()) << "progress ends at its total";
}

TEST_F(Inspect, FindsNothingWrongWithALogThatWasKilled) {
  append("a b c");
  flush();
  append("d");
  log.reset();
  disk.crash(support::Crash::keep, 1);
  EXPECT_EQ(faults(disk), "");
}

TEST_F(Inspect, NamesTheFileOfEveryByteThatChanged) {
  furnish();
  for (const auto& file : disk.files()) {
    const auto size = disk.content(file)->size();
    for (std::size_t at = 0; at < size; ++at) {
      const auto broken = disk.copy();
      broken->flip(file, at, static_cast<std::uint8_t>(1U << (at % 8)));
      const auto before = broken->content(file);
      const auto found = look(*broken).faults;
      const bool is_named = std::ranges::any_of(found, [&](const Fault& fault) { return fault.file == file; });
      // A damaged epoch may make batches wrong, too; nothing else may be blamed for another.
      ASSERT_TRUE(is_named) << file << " byte " << at << ": " << faults(*broken);
      ASSERT_EQ(broken->content(file), before);
      ASSERT_EQ(broken->files(), disk.files());
    }
  }
}

TEST_F(Inspect, SaysWhereABatchIsBrokenAndReadsOnBehindIt) {
  furnish();
  const auto first = batch_of("a b", 0).size();
  disk.flip(path(0), first + 70, 0x01);
  const auto found = look(disk);
  ASSERT_EQ(found.faults.size(), 1U);
  EXPECT_EQ(found.faults[0].file, path(0));
  EXPECT_EQ(found.faults[0].position, first);
  EXPECT_THAT(found.faults[0].what, HasSubstr("crc is"));
  EXPECT_EQ(found.batches, 33U);
}

TEST_F(Inspect, NamesATruncatedTailInsideABatchAndBetweenTwo) {
  furnish();
  const auto last = path(known->segment_base.value());
  const auto whole = *disk.content(last);
  put(last, Bytes(whole.begin(), whole.end() - 5));
  EXPECT_THAT(faults(disk), HasSubstr(last + ":"));
  EXPECT_THAT(faults(disk), HasSubstr("beyond the end of the data"));
  put(last, Bytes(whole.begin(), whole.end() - static_cast<std::ptrdiff_t>(batch_of("c", 0).size())));
  EXPECT_THAT(faults(disk), HasSubstr("everything below 46 was flushed"));
}

TEST_F(Inspect, NamesASegmentThatIsMissing) {
  furnish();
  const auto bases = disk.files();
  ASSERT_GT(look(disk).segments, 2U);
  std::vector<std::string> logs;
  for (const auto& file : bases) {
    if (file.ends_with(".log")) logs.push_back(file);
  }
  disk.erase(logs[1]);
  EXPECT_THAT(faults(disk), HasSubstr("the next segment begins at"));
}

/// The bytes of a file with a number put at `position`.
template <class T>
Bytes with(Bytes bytes, std::size_t position, T value) {
  store_be<T>(bytes.data() + position, value);
  return bytes;
}

TEST_F(Inspect, NamesAnIndexEntryThatTheBatchesContradict) {
  furnish();
  const auto index = path(0, FileKind::index), times = path(0, FileKind::time_index);
  const auto entries = *disk.content(index), moments = *disk.content(times);
  ASSERT_GE(entries.size(), 2 * offset_entry_bytes);
  ASSERT_GE(moments.size(), 2 * time_entry_bytes);
  put(index, with<std::int32_t>(entries, 12, load_be<std::int32_t>(entries.data() + 12) + 1));
  EXPECT_THAT(faults(disk), HasSubstr(index + ":8: no batch begins at byte"));
  put(index, with<std::int32_t>(entries, 8, load_be<std::int32_t>(entries.data() + 8) - 1));
  EXPECT_THAT(faults(disk), HasSubstr(index + ":8: the batch at byte"));
  put(index, with<std::int32_t>(entries, 8, 0));
  EXPECT_THAT(faults(disk), HasSubstr(index + ":8: the entry does not ascend"));
  put(index, Bytes(entries.begin(), entries.end() - 3));
  EXPECT_THAT(faults(disk), HasSubstr("5 bytes are left over"));
  put(index, Bytes(entries.begin(), entries.end() - offset_entry_bytes));
  EXPECT_THAT(faults(disk), HasSubstr(index + ":0: does not match the CRC in the seal"));
  put(index, entries);
  put(times, with<std::int64_t>(moments, 0, load_be<std::int64_t>(moments.data()) - 1));
  EXPECT_THAT(faults(disk), HasSubstr(times + ":0: the newest record"));
  put(times, with<std::int32_t>(moments, 8, load_be<std::int32_t>(moments.data() + 8) - 1));
  EXPECT_THAT(faults(disk), HasSubstr(times + ":0: no batch ends at offset"));
}

TEST_F(Inspect, DoesWithoutIndexesAndSealsWhichAreMadeAnew) {
  furnish();
  for (const auto& file : disk.files()) {
    if (file.ends_with("index") || file.ends_with(".seal")) disk.erase(file);
  }
  EXPECT_EQ(faults(disk), "");
}

TEST_F(Inspect, NamesWhatIsNothingOfOurs) {
  furnish();
  put(std::string(dir) + "/notes.txt", Bytes(3));
  EXPECT_EQ(faults(disk), std::string(dir) + "/notes.txt:0: is nothing that belongs to a partition\n");
}

}  // namespace
}  // namespace millrace::log
