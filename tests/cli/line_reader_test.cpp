#include "line_reader.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <vector>

namespace millrace::cli {
namespace {

/// A pipe: what is put in comes out as lines.
class Pipe {
 public:
  Pipe() { EXPECT_EQ(::pipe(ends_), 0); }
  ~Pipe() {
    close();
    ::close(ends_[0]);
  }
  void put(const std::string& text) { EXPECT_EQ(::write(ends_[1], text.data(), text.size()), std::ssize(text)); }
  void close() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }
  [[nodiscard]] int out() const { return ends_[0]; }

 private:
  int ends_[2] = {-1, -1};
};

TEST(LineReader, GivesLinesAndTheLastWithoutItsEnd) {
  Pipe pipe;
  pipe.put("one\n\nthr");
  LineReader reader(pipe.out());
  std::string_view line;
  std::vector<std::string> lines;
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(reader.next(line, 0).value(), LineReader::State::line);
    lines.emplace_back(line);
  }
  EXPECT_EQ(reader.bytes(), 5U);
  EXPECT_EQ(reader.next(line, 0).value(), LineReader::State::nothing_yet);
  pipe.put("ee");
  pipe.close();
  ASSERT_EQ(reader.next(line, 0).value(), LineReader::State::line);
  lines.emplace_back(line);
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "", "three"}));
  EXPECT_EQ(reader.next(line, 0).value(), LineReader::State::end);
  EXPECT_EQ(reader.bytes(), 10U);
}

TEST(LineReader, RefusesALineThatDoesNotEnd) {
  Pipe pipe;
  LineReader reader(pipe.out(), 10);
  std::string_view line;
  pipe.put("0123456789a");
  EXPECT_EQ(reader.next(line, 0).value(), LineReader::State::nothing_yet);
  pipe.put("b");
  EXPECT_EQ(reader.next(line, 0).error().code, Errc::too_large);
}

}  // namespace
}  // namespace millrace::cli
