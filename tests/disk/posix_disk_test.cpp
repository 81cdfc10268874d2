#include "millrace/disk/posix_disk.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace millrace::disk {
namespace {

class PosixDiskTest : public ::testing::Test {
 protected:
  PosixDiskTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "millrace-disk-XXXXXX").string();
    root = ::mkdtemp(pattern.data());
    auto opened = open_posix_disk(root + "/data/below");
    EXPECT_TRUE(opened);
    disk = std::move(*opened);
  }
  ~PosixDiskTest() override { std::filesystem::remove_all(root); }

  std::shared_ptr<File> create(std::string_view path, std::string_view content = "") {
    auto file = disk->open(path, Open::create);
    EXPECT_TRUE(file) << file.error().message;
    if (!content.empty()) {
      EXPECT_TRUE((*file)->write_at(0, as_bytes(content)));
    }
    return *file;
  }
  std::string content(std::string_view path) {
    const auto file = disk->open(path, Open::read);
    if (!file) return std::string(name_of(file.error().code));
    Bytes bytes(1000);
    bytes.resize(*(*file)->read_at(0, bytes));
    return std::string(as_text(bytes));
  }

  std::string root;
  std::unique_ptr<Disk> disk;
};

TEST_F(PosixDiskTest, CountsTheFilesThatAreOpen) {
  EXPECT_EQ(disk->open_files(), 0U);
  auto one = create("one");
  const auto again = *disk->open("one", Open::read);
  EXPECT_FALSE(disk->open("absent", Open::read));
  EXPECT_EQ(disk->open_files(), 2U);
  one.reset();
  EXPECT_EQ(disk->open_files(), 1U);
  disk.reset();  // a file may outlive its disk
  EXPECT_TRUE(again->size());
}

TEST_F(PosixDiskTest, ReadsWhatWasWrittenInPieces) {
  const auto file = create("a");
  const ByteView pieces[] = {as_bytes("one "), ByteView{}, as_bytes("two "), as_bytes("three")};
  ASSERT_TRUE(file->write_at(0, pieces));
  ASSERT_TRUE(file->write_at(4, as_bytes("TWO")));
  EXPECT_EQ(content("a"), "one TWO three");
  Bytes beyond(10);
  EXPECT_EQ(*file->read_at(10, beyond), 3U);
  EXPECT_EQ(*file->read_at(100, beyond), 0U);
}

TEST_F(PosixDiskTest, WritesMorePiecesThanOneCallTakes) {
  const auto file = create("a");
  const std::vector<ByteView> pieces(300, as_bytes("ab"));
  ASSERT_TRUE(file->write_at(0, pieces));
  EXPECT_EQ(*file->size(), 600U);
  EXPECT_EQ(content("a").substr(596), "abab");
}

TEST_F(PosixDiskTest, OpensAsItIsAsked) {
  EXPECT_EQ(disk->open("a", Open::read).error().code, Errc::not_found);
  EXPECT_EQ(disk->open("a", Open::write).error().code, Errc::not_found);
  create("a", "x");
  EXPECT_EQ(disk->open("a", Open::create).error().code, Errc::exists);
  EXPECT_TRUE(disk->open("a", Open::create_or_write));
  EXPECT_EQ(content("a"), "x");
  EXPECT_EQ(disk->open("no/such/folder", Open::create).error().code, Errc::not_found);
}

TEST_F(PosixDiskTest, NamesThePathAndWhatTheSystemSaid) {
  EXPECT_EQ(disk->open("orders-0/1.log", Open::read).error().message, "open orders-0/1.log: No such file or directory");
}

TEST_F(PosixDiskTest, ReservesAndTrims) {
  const auto file = create("a", "x");
  ASSERT_TRUE(file->allocate(10'000));
  EXPECT_EQ(*disk->size_of("a"), 10'000U);
  ASSERT_TRUE(file->allocate(5'000));
  EXPECT_EQ(*file->size(), 10'000U);
  ASSERT_TRUE(file->truncate(1));
  EXPECT_EQ(content("a"), "x");
  EXPECT_TRUE(file->sync_data());
  file->start_write_back(0, 1);
  file->forget_cached(0);
  EXPECT_EQ(content("a"), "x");
}

TEST_F(PosixDiskTest, ChangesNames) {
  ASSERT_TRUE(disk->make_directory("d"));
  EXPECT_EQ(disk->make_directory("d").error().code, Errc::exists);
  create("d/a", "1");
  create("d/b", "2");
  ASSERT_TRUE(disk->rename("d/a", "d/b"));
  EXPECT_EQ(content("d/b"), "1");
  EXPECT_FALSE(*disk->exists("d/a"));
  EXPECT_TRUE(*disk->exists("d/b"));
  EXPECT_EQ(disk->remove_directory("d").error().code, Errc::exists) << "it is not empty";
  ASSERT_TRUE(disk->sync_directory("d"));
  ASSERT_TRUE(disk->remove_file("d/b"));
  EXPECT_EQ(disk->remove_file("d/b").error().code, Errc::not_found);
  ASSERT_TRUE(disk->remove_directory("d"));
  ASSERT_TRUE(disk->sync_directory(""));
}

TEST_F(PosixDiskTest, ListsFilesAndFolders) {
  create("f");
  ASSERT_TRUE(disk->make_directory("d"));
  auto entries = *disk->list("");
  std::ranges::sort(entries, {}, &Entry::name);
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].name, "d");
  EXPECT_TRUE(entries[0].is_directory);
  EXPECT_EQ(entries[1].name, "f");
  EXPECT_FALSE(entries[1].is_directory);
  EXPECT_EQ(disk->list("none").error().code, Errc::not_found);
}

TEST_F(PosixDiskTest, KnowsHowMuchSpaceThereIs) {
  const auto space = disk->space();
  ASSERT_TRUE(space);
  EXPECT_GT(space->total_bytes, 0U);
  EXPECT_LE(space->free_bytes, space->total_bytes);
}

/// the second broker on a directory refuses, and says who is there.
TEST_F(PosixDiskTest, LetsOneProcessHoldALock) {
  auto held = disk->lock("lock", "millraced on port 9092");
  ASSERT_TRUE(held);
  EXPECT_EQ(content("lock"), "pid " + std::to_string(::getpid()) + ", millraced on port 9092\n");
  const auto other = open_posix_disk(root + "/data/below");
  const auto refused = (*other)->lock("lock", "another");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::busy);
  EXPECT_NE(refused.error().message.find("millraced on port 9092"), std::string::npos) << refused.error().message;
  held->reset();
  EXPECT_TRUE((*other)->lock("lock", "another"));
}

/// a size limit is a full disk, not a death. In a child, as the limit holds for the whole process.
TEST_F(PosixDiskTest, TakesAFileSizeLimitForAFullDisk) {
  const auto file = create("a");
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const rlimit limit{4096, 4096};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto refused = file->write_at(0, Bytes(10'000));
    ::_exit(!refused && refused.error().code == Errc::no_space ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(PosixDiskTest, APrivateFileIsForItsOwnerAlone) {
  ASSERT_TRUE(disk->open("private", Open::create_private));
  (void)create("other");
  using std::filesystem::perms;
  const auto mode_of = [&](const char* name) {
    return std::filesystem::status(root + "/data/below/" + name).permissions();
  };
  EXPECT_EQ(mode_of("private"), perms::owner_read | perms::owner_write);
  EXPECT_EQ(mode_of("other") & perms::group_read, perms::group_read);
}

}  // namespace
}  // namespace millrace::disk
