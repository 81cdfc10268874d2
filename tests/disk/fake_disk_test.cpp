// The disk that tests rely on must itself be what it says.

#include "support/fake_disk.hpp"

#include <gtest/gtest.h>

namespace millrace::support {
namespace {

class FakeDiskTest : public ::testing::Test {
 protected:
  std::shared_ptr<disk::File> create(std::string_view path, std::string_view content = "") {
    auto file = disk.open(path, disk::Open::create);
    EXPECT_TRUE(file);
    if (!content.empty()) {
      EXPECT_TRUE((*file)->write_at(0, as_bytes(content)));
    }
    return *file;
  }
  std::string content(std::string_view path) {
    const auto bytes = disk.content(path);
    return bytes ? std::string(as_text(*bytes)) : "absent";
  }
  FakeDisk disk;
};

TEST_F(FakeDiskTest, LosesANameThatWasNotSynced) {
  ASSERT_TRUE(create("a", "x")->sync_data());
  disk.crash(Crash::lose, 1);
  EXPECT_EQ(content("a"), "absent");
}

TEST_F(FakeDiskTest, LosesBytesThatWereNotSynced) {
  const auto file = create("a", "old");
  ASSERT_TRUE(file->sync_data());
  ASSERT_TRUE(disk.sync_directory(""));
  ASSERT_TRUE(file->write_at(0, as_bytes("new and longer")));
  EXPECT_EQ(content("a"), "new and longer");
  disk.crash(Crash::lose, 1);
  EXPECT_EQ(content("a"), "old");
}

TEST_F(FakeDiskTest, KeepsWhatWasSyncedInEveryCrash) {
  for (const Crash how : all_crashes) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      FakeDisk fresh;
      const auto file = *fresh.open("a", disk::Open::create);
      ASSERT_TRUE(file->write_at(0, as_bytes("safe")));
      ASSERT_TRUE(file->sync_data());
      ASSERT_TRUE(fresh.sync_directory(""));
      ASSERT_TRUE(file->write_at(4, Bytes(2000, std::byte{'x'})));
      fresh.crash(how, seed);
      EXPECT_EQ(as_text(ByteView(*fresh.content("a")).first(4)), "safe");
    }
  }
}

TEST_F(FakeDiskTest, RenamesBothNamesAtOnce) {
  ASSERT_TRUE(create("a", "x")->sync_data());
  ASSERT_TRUE(disk.sync_directory(""));
  ASSERT_TRUE(disk.rename("a", "b"));
  const auto undone = disk.copy();
  undone->crash(Crash::lose, 1);
  EXPECT_EQ(undone->files(), std::vector<std::string>{"a"});
  ASSERT_TRUE(disk.sync_directory(""));
  disk.crash(Crash::lose, 1);
  EXPECT_EQ(disk.files(), std::vector<std::string>{"b"});
}

TEST_F(FakeDiskTest, DropsThePagesOfAFailedSyncAndCallsThemClean) {
  const auto file = create("a", "old");
  ASSERT_TRUE(file->sync_data());
  ASSERT_TRUE(disk.sync_directory(""));
  ASSERT_TRUE(file->write_at(0, as_bytes("new")));
  disk.fail(1, Errc::io, Call::sync);
  EXPECT_FALSE(file->sync_data());
  EXPECT_EQ(content("a"), "new") << "memory still shows it";
  EXPECT_TRUE(file->sync_data()) << "and a second sync finds nothing to do";
  file->forget_cached(0);
  EXPECT_EQ(content("a"), "old") << "but the device never had it";
}

TEST_F(FakeDiskTest, FailsTheNthCallOfAKind) {
  disk.fail(2, Errc::busy, Call::open);
  (void)create("a");
  EXPECT_FALSE(disk.failed());
  EXPECT_EQ(disk.open("b", disk::Open::create).error().code, Errc::busy);
  EXPECT_TRUE(disk.failed());
  (void)create("b");
}

TEST_F(FakeDiskTest, DoesHalfAWriteWhenItRunsOutOfSpace) {
  disk.set_capacity(10);
  const auto file = create("a", "12345");
  const auto refused = file->write_at(5, as_bytes("67890abc"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::no_space);
  EXPECT_EQ(content("a"), "1234567890");
}

TEST_F(FakeDiskTest, AnswersNothingWithoutPower) {
  const auto file = create("a", "x");
  disk.cut_power(1);
  EXPECT_FALSE(disk.list(""));
  EXPECT_TRUE(disk.power_is_off());
  EXPECT_FALSE(file->sync_data());
  disk.crash(Crash::keep, 1);
  EXPECT_TRUE(disk.list(""));
  EXPECT_FALSE(file->sync_data()) << "a file of the life before";
}

TEST_F(FakeDiskTest, TearsASectorInTwo) {
  bool torn = false;
  for (std::uint64_t seed = 0; seed < 200 && !torn; ++seed) {
    FakeDisk fresh;
    const auto file = *fresh.open("a", disk::Open::create);
    ASSERT_TRUE(file->write_at(0, Bytes(512, std::byte{'o'})));
    ASSERT_TRUE(file->sync_data());
    ASSERT_TRUE(fresh.sync_directory(""));
    ASSERT_TRUE(file->write_at(0, Bytes(512, std::byte{'n'})));
    fresh.crash(Crash::tear, seed);
    const auto bytes = *fresh.content("a");
    torn = bytes.front() == std::byte{'n'} && bytes.back() == std::byte{'o'};
  }
  EXPECT_TRUE(torn);
}

}  // namespace
}  // namespace millrace::support
