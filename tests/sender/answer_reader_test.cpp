// Where an answer ends, however its bytes are cut.

#include "answer_reader.hpp"

#include <gmock/gmock.h>

#include <memory>

namespace millrace::sender {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr std::size_t header_max = 400;
constexpr std::size_t body_max = 100;

std::unique_ptr<AnswerReader> read(std::string_view text, std::size_t at_once) {
  auto reader = std::make_unique<AnswerReader>(header_max, body_max);
  while (!text.empty() && !reader->is_over()) {
    const auto part = text.substr(0, at_once);
    reader->put(part);
    text.remove_prefix(part.size());
  }
  return reader;
}

TEST(AnswerReader, IsTheSameHoweverTheBytesCome) {
  const std::string_view text =
      "HTTP/1.1 102 Processing\r\nA: 1\r\n\r\nHTTP/1.1 503 Busy\r\nRetry-After: 7\r\nTransfer-Encoding: chunked\r\n\r\n"
      "4;why=because\r\nbusy\r\n0\r\nTrailer: 1\r\n\r\n";
  for (std::size_t at_once = 1; at_once <= text.size(); ++at_once) {
    const auto reader = read(text, at_once);
    EXPECT_EQ(reader->status(), 503U) << at_once;
    EXPECT_THAT(reader->fields(), ElementsAre(Pair("Retry-After", "7"), Pair("Transfer-Encoding", "chunked")));
    EXPECT_TRUE(reader->may_go_on()) << at_once;
  }
}

TEST(AnswerReader, GoesOnAfterAWholeAnswerOnly) {
  const auto go_on = [](std::string_view text) { return read(text, 4'096)->may_go_on(); };
  EXPECT_TRUE(go_on("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  EXPECT_TRUE(go_on("HTTP/1.1 204 No\r\n\r\n"));
  EXPECT_TRUE(go_on("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_FALSE(go_on("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no"));
  EXPECT_FALSE(go_on("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokay"));
  EXPECT_FALSE(go_on("HTTP/1.1 200 OK\r\n\r\nuntil the end"));
  EXPECT_FALSE(go_on("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_FALSE(go_on("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_FALSE(go_on("HTTP/1.1 101 Other\r\nUpgrade: x\r\n\r\n"));
  EXPECT_FALSE(read("HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n" + std::string(200, 'x'), 10)->may_go_on());
}

TEST(AnswerReader, HasTheSameBoundsHoweverTheBytesCome) {
  const std::string long_header = "HTTP/1.1 200 OK\r\nA: " + std::string(header_max, 'a') + "\r\n\r\n";
  const std::string interim = "HTTP/1.1 100 Go\r\nA: " + std::string(header_max - 50, 'a') + "\r\n\r\n";
  const std::string long_body = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body_max + 1) + "\r\n\r\n" +
                                std::string(body_max + 1, 'x');
  for (const std::size_t at_once : {1U, 7U, 4'096U}) {
    EXPECT_NE(read(long_header, at_once)->fault(), "") << at_once;
    EXPECT_NE(read(interim + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", at_once)->fault(), "") << at_once;
    EXPECT_EQ(read(long_body, at_once)->status(), 200U) << at_once;
    EXPECT_FALSE(read(long_body, at_once)->may_go_on()) << at_once;
  }
}

TEST(AnswerReader, AStatusStandsWhateverTheBodyIs) {
  for (const std::string body : {"zz\r\n", "ffffffffffffffffff\r\n", "4\r\nbusyXY\r\n"}) {
    const auto reader = read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body, 1);
    EXPECT_EQ(reader->status(), 200U) << body;
    EXPECT_TRUE(reader->is_over()) << body;
    EXPECT_EQ(reader->fault(), "") << body;
    EXPECT_FALSE(reader->may_go_on()) << body;
  }
}

TEST(AnswerReader, IsBoundedWhateverComes) {
  const auto endless = [](std::string text, std::string_view more) {
    AnswerReader reader(header_max, body_max);
    reader.put(text);
    for (int i = 0; i < 1'000 && !reader.is_over(); ++i) reader.put(more);
    return reader.is_over();
  };
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_TRUE(endless("HTTP/1.1 200 ", "O"));
  EXPECT_TRUE(endless("HTTP/1.1 200 OK\r\n", "a: b\r\n"));
  EXPECT_TRUE(endless("HTTP/1.1 200 OK\r\nA: b\r\n", " c\r\n"));
  EXPECT_TRUE(endless("", "HTTP/1.1 100 Go\r\n\r\n"));
  EXPECT_TRUE(endless(chunked, "1\r\na\r\n"));
  EXPECT_TRUE(endless(chunked + "1;a=", "b"));
  EXPECT_TRUE(endless(chunked + "0\r\n", "a: b\r\n"));
  EXPECT_TRUE(endless("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", "a"));
}

TEST(AnswerReader, AStatusThatHttpDoesNotHaveIsPassedOn) {
  EXPECT_EQ(read("HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n", 10)->status(), 999U);
  const auto none = read("HTTP/1.1 000 Odd\r\nContent-Length: 0\r\n\r\n", 10);
  EXPECT_TRUE(none->is_answered() || !none->fault().empty());
  EXPECT_TRUE(none->is_over());
}

}  // namespace
}  // namespace millrace::sender
