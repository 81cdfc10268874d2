#include "millrace/disk/atomic_file.hpp"

#include <gtest/gtest.h>

#include "support/fake_disk.hpp"

namespace millrace::disk {
namespace {

using support::Crash;
using support::FakeDisk;

std::string content_of(FakeDisk& disk) {
  const auto read = read_atomic(disk, "meta");
  if (!read) return std::string(name_of(read.error().code));
  return std::string(as_text(read->content)) + (read->used_older ? " (older)" : "");
}

TEST(AtomicFile, LooksAsItsPageSays) {
  FakeDisk disk;
  ASSERT_TRUE(write_atomic(disk, "meta", as_bytes("hi")));
  const Bytes file = *disk.content("meta");
  ASSERT_EQ(file.size(), 22U);
  EXPECT_EQ(as_text(ByteView(file).first(8)), "MRATOMIC");
  EXPECT_EQ(load_be<std::uint64_t>(file.data() + 8), 2U);
  EXPECT_EQ(as_text(ByteView(file).subspan(20)), "hi");
}

TEST(AtomicFile, IsNotFoundBeforeItWasWritten) {
  FakeDisk disk;
  EXPECT_EQ(content_of(disk), "not_found");
}

/// The power goes at every call of a write, and every crash leaves the old content or the new one.
TEST(AtomicFile, ChangesWholeOrNotAtAll) {
  for (const Crash how : support::all_crashes) {
    for (std::uint64_t call = 1;; ++call) {
      FakeDisk disk;
      ASSERT_TRUE(write_atomic(disk, "meta", as_bytes("one")));
      ASSERT_TRUE(write_atomic(disk, "meta", as_bytes("two")));
      disk.cut_power(call);
      const bool done = write_atomic(disk, "meta", as_bytes("three")).has_value();
      const bool cut = disk.power_is_off();
      disk.crash(how, call);
      const auto content = content_of(disk);
      if (done) {
        EXPECT_EQ(content, "three");
      } else {
        EXPECT_TRUE(content == "two" || content == "two (older)" || content == "three") << content << " at " << call;
      }
      if (!cut) break;
    }
  }
}

TEST(AtomicFile, StaysReadableWhicheverCallFails) {
  for (std::uint64_t call = 1;; ++call) {
    FakeDisk disk;
    ASSERT_TRUE(write_atomic(disk, "meta", as_bytes("one")));
    disk.fail(call);
    const bool done = write_atomic(disk, "meta", as_bytes("two")).has_value();
    if (!disk.failed()) break;
    const auto content = content_of(disk);
    EXPECT_TRUE(done ? content == "two" : content.starts_with("one") || content == "two") << content << " at " << call;
    ASSERT_TRUE(write_atomic(disk, "meta", as_bytes("three")));
    EXPECT_EQ(content_of(disk), "three");
  }
}

TEST(AtomicFile, NoticesAFlipInEveryByteAndUsesTheOlder) {
  FakeDisk disk;
  ASSERT_TRUE(write_atomic(disk, "meta", as_bytes("one")));
  ASSERT_TRUE(write_atomic(disk, "meta", as_bytes("two")));
  const auto size = disk.content("meta")->size();
  for (std::size_t at = 0; at < size; ++at) {
    const auto broken = disk.copy();
    broken->flip("meta", at, 0x20);
    EXPECT_EQ(content_of(*broken), "one (older)") << at;
  }
}

TEST(AtomicFile, DoesNotLetADamagedGenerationPushOutAWholeOne) {
  FakeDisk disk;
  ASSERT_TRUE(write_atomic(disk, "meta", as_bytes("one")));
  ASSERT_TRUE(write_atomic(disk, "meta", as_bytes("two")));
  disk.flip("meta", 20, 0x01);
  ASSERT_TRUE(write_atomic(disk, "meta", as_bytes("three")));
  disk.flip("meta", 20, 0x01);
  EXPECT_EQ(content_of(disk), "one (older)");
}

TEST(AtomicFile, IsCorruptAndNotEmptyWhenNoGenerationIsWhole) {
  FakeDisk disk;
  disk.set_content("meta", as_bytes("MRATOMIC"));
  EXPECT_EQ(content_of(disk), "corrupt");
  disk.set_content("meta.old", as_bytes("x"));
  EXPECT_EQ(content_of(disk), "corrupt");
}

}  // namespace
}  // namespace millrace::disk
