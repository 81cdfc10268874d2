#include "diagnostics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/details/log_msg.h>

#include <nlohmann/json.hpp>

namespace millrace::app {
namespace {

std::string line(LogFormat format, std::string_view message) {
  const auto formatter = diagnostics::make_formatter(format);
  const spdlog::log_clock::time_point time{std::chrono::milliseconds(1'517'966'773'840)};
  const spdlog::details::log_msg entry(time, {}, "kafka", spdlog::level::warn, {message.data(), message.size()});
  spdlog::memory_buf_t out;
  formatter->format(entry, out);
  return {out.data(), out.size()};
}

TEST(Diagnostics, ATextLineHasTimeLevelFolderAndMessage) {
  EXPECT_EQ(line(LogFormat::text, "closed peer=[::1]:5"),
            "2018-02-07T01:26:13.840Z warn  kafka: closed peer=[::1]:5\n");
}

TEST(Diagnostics, AJsonLineIsOneObject) {
  const auto object = nlohmann::json::parse(line(LogFormat::json, "said \"hi\" \\x1b ü"));
  EXPECT_EQ(object["time"], "2018-02-07T01:26:13.840Z");
  EXPECT_EQ(object["level"], "warn");
  EXPECT_EQ(object["logger"], "kafka");
  EXPECT_EQ(object["message"], "said \"hi\" \\x1b ü");
}

TEST(Diagnostics, AForgottenLineBreakCannotForgeALine) {
  for (const LogFormat format : {LogFormat::text, LogFormat::json}) {
    const std::string hostile = line(format, "client\n2018 error kafka: forged \x1b[31m\xff");
    EXPECT_EQ(std::count(hostile.begin(), hostile.end(), '\n'), 1);
    EXPECT_THAT(hostile, testing::Not(testing::HasSubstr("\x1b")));
  }
  EXPECT_TRUE(nlohmann::json::accept(line(LogFormat::json, "\xff\n\\\"")));
}

TEST(Diagnostics, EveryFolderThatSpeaksHasALoggerWithTheLevel) {
  diagnostics::set_up(LogLevel::warn, LogFormat::text);
  for (const char* folder : {"app", "kafka", "runtime"}) {
    EXPECT_FALSE(diagnostics::logger(folder)->should_log(spdlog::level::info)) << folder;
  }
  diagnostics::set_level(LogLevel::debug);
  EXPECT_TRUE(diagnostics::logger("kafka")->should_log(spdlog::level::debug));
}

}  // namespace
}  // namespace millrace::app
