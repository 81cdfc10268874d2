#include "send.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "millrace/disk/posix_disk.hpp"
#include "support/fake_disk.hpp"

namespace millrace::kafka {
namespace {

/// Two ends of a stream that never block; the sending one takes little at a time.
struct Pair {
  int near = -1, far = -1;

  Pair() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    near = ends[0];
    far = ends[1];
    const int little = 4096;
    ::setsockopt(near, SOL_SOCKET, SO_SNDBUF, &little, sizeof little);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  ~Pair() {
    ::close(near);
    if (far >= 0) ::close(far);
  }
  std::string receive(std::size_t limit = SIZE_MAX) const {
    std::string got;
    char window[1000];
    while (got.size() < limit) {
      const auto count = ::recv(far, window, std::min(sizeof window, limit - got.size()), 0);
      if (count <= 0) break;
      got.append(window, static_cast<std::size_t>(count));
    }
    return got;
  }
  void hang_up() {
    ::close(far);
    far = -1;
  }
};

std::string text_of(std::size_t size, char from) {
  std::string text(size, from);
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(from + static_cast<char>(i % 23));
  return text;
}

/// A file with `text` on a real disk, so that it has a descriptor; gone with the object.
class RealDisk {
 public:
  RealDisk() {
    std::string place = (std::filesystem::temp_directory_path() / "millrace-sender-XXXXXX").string();
    root_ = ::mkdtemp(place.data());
    disk_ = std::move(*disk::open_posix_disk(root_));
  }
  RealDisk(const RealDisk&) = delete;
  RealDisk& operator=(const RealDisk&) = delete;
  ~RealDisk() { std::filesystem::remove_all(root_); }
  [[nodiscard]] disk::Disk& disk() { return *disk_; }

 private:
  std::string root_;
  std::unique_ptr<disk::Disk> disk_;
};

std::shared_ptr<disk::File> file_with(disk::Disk& disk, std::string_view text) {
  auto file = *disk.open("records", disk::Open::create_or_write);
  EXPECT_TRUE(file->write_at(0, as_bytes(text)));
  return file;
}

runtime::FileRange range_of(std::shared_ptr<disk::File> file, std::uint64_t position, std::size_t length) {
  runtime::FileRange range;
  range.file = std::move(file);
  range.position = position;
  range.length = length;
  return range;
}

Outgoing plain(std::string_view text) { return {.bytes = to_bytes(text), .attachments = {}}; }

/// Sends and receives by turns until all is gone; how often the socket was full is `pauses`.
std::string send_all(Sender& sender, const Pair& pair, int* pauses = nullptr) {
  std::string got;
  for (;;) {
    const auto state = sender.send(pair.near);
    if (state == SendState::blocked && pauses != nullptr) ++*pauses;
    got += pair.receive();
    if (state == SendState::failed) return got + "<failed>";
    if (state == SendState::done) return got;
  }
}

TEST(Sender, SendsManySmallAnswersInTheirOrder) {
  Pair pair;
  Sender sender;
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    expected += "answer " + std::to_string(i) + ";";
    sender.push(plain("answer " + std::to_string(i) + ";"));
  }
  EXPECT_EQ(sender.backlog(), expected.size());
  EXPECT_EQ(send_all(sender, pair), expected);
  EXPECT_TRUE(sender.empty());
  EXPECT_EQ(sender.backlog(), 0u);
  EXPECT_EQ(sender.take_progress(), expected.size());
  EXPECT_EQ(sender.take_progress(), 0u);
}

TEST(Sender, GoesOnWhereAFullSocketStoppedIt) {
  Pair pair;
  Sender sender;
  const auto large = text_of(300'000, 'A');
  sender.push(plain(large));
  sender.push(plain("and a small one"));
  ASSERT_EQ(sender.send(pair.near), SendState::blocked);
  const auto first = sender.take_progress();
  EXPECT_GT(first, 0u);
  EXPECT_LT(first, large.size());
  EXPECT_EQ(sender.backlog(), large.size() + 15) << "an answer is held until the whole of it is sent";
  auto got = pair.receive();
  got += send_all(sender, pair);
  EXPECT_EQ(got, large + "and a small one");
  EXPECT_EQ(sender.backlog(), 0u);
}

void sends_ranges_between_bytes(disk::Disk& disk) {
  Pair pair;
  Sender sender;
  const auto records = text_of(150'000, 'a');
  const auto file = file_with(disk, records);
  sender.push({.bytes = to_bytes("<head><middle><tail>"),
               .attachments = {{.at = 6, .range = range_of(file, 10, 100'000)},
                               {.at = 14, .range = range_of(file, 0, 5)},
                               {.at = 14, .range = range_of(file, 149'999, 1)},
                               {.at = 20, .range = range_of(file, 7, 3)}}});
  sender.push(plain("<next>"));
  const auto in_memory = file->descriptor() ? 0u : 100'000u + 5 + 1 + 3;
  EXPECT_EQ(sender.backlog(), 26u + in_memory) << "ranges of files are no memory, unless there is no file";
  int pauses = 0;
  EXPECT_EQ(send_all(sender, pair, &pauses), "<head>" + records.substr(10, 100'000) + "<middle>" +
                                                 records.substr(0, 5) + records.substr(149'999) + "<tail>" +
                                                 records.substr(7, 3) + "<next>");
  EXPECT_GT(pauses, 0);
  EXPECT_TRUE(sender.empty());
  EXPECT_EQ(file.use_count(), 1) << "a file is let go when its range is sent";
}

TEST(Sender, SendsFileRangesBetweenBytes) {
  RealDisk real;
  sends_ranges_between_bytes(real.disk());
}

TEST(Sender, CopiesARangeOfAFileThatHasNoDescriptor) {
  support::FakeDisk fake;
  sends_ranges_between_bytes(fake);
}

TEST(Sender, StepsOverAnEmptyRange) {
  Pair pair;
  Sender sender;
  support::FakeDisk fake;
  const auto file = file_with(fake, "abc");
  sender.push({.bytes = to_bytes("1234"), .attachments = {{.at = 4, .range = range_of(file, 0, 0)}}});
  EXPECT_EQ(send_all(sender, pair), "1234");
  EXPECT_TRUE(sender.empty());
}

TEST(Sender, FailsWhenTheFileEndsBeforeTheRange) {
  RealDisk real;
  support::FakeDisk fake;
  for (disk::Disk* disk : {&real.disk(), static_cast<disk::Disk*>(&fake)}) {
    Pair pair;
    Sender sender;
    sender.push(
        {.bytes = to_bytes("1234"), .attachments = {{.at = 4, .range = range_of(file_with(*disk, "abc"), 0, 9)}}});
    EXPECT_EQ(send_all(sender, pair), "1234abc<failed>");
  }
}

TEST(Sender, FailsWhenAFileCannotBeRead) {
  Pair pair;
  Sender sender;
  support::FakeDisk fake;
  sender.push({.bytes = to_bytes("1234"), .attachments = {{.at = 4, .range = range_of(file_with(fake, "abc"), 0, 3)}}});
  fake.fail(1, Errc::io, support::Call::read);
  EXPECT_EQ(sender.send(pair.near), SendState::failed);
}

TEST(Sender, FailsWithoutASignalWhenThePeerIsGone) {
  Pair pair;
  pair.hang_up();
  Sender memory;
  memory.push(plain("nobody"));
  EXPECT_EQ(memory.send(pair.near), SendState::failed);
  support::FakeDisk fake;
  Sender copied;
  copied.push({.bytes = {}, .attachments = {{.at = 0, .range = range_of(file_with(fake, "abc"), 0, 3)}}});
  EXPECT_EQ(copied.send(pair.near), SendState::failed);
}

}  // namespace
}  // namespace millrace::kafka
