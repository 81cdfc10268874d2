#include "diagnostics.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <chrono>
#include <limits>
#include <string_view>

#include "millrace/core/check.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/core/rfc3339.hpp"

namespace millrace::app::diagnostics {
namespace {

constexpr std::array<const char*, 10> folders{"app",     "dispatch", "forward", "http",    "kafka",
                                              "redrive", "runtime",  "sender",  "tracing", "webhook"};

std::string_view view(spdlog::string_view_t text) { return {text.data(), text.size()}; }

std::string time_text(spdlog::log_clock::time_point time) {
  return rfc3339(std::chrono::duration_cast<Milliseconds>(time.time_since_epoch()).count());
}

std::string_view level_text(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::err: return "error";
    case spdlog::level::warn: return "warn";
    case spdlog::level::info: return "info";
    default: return "debug";
  }
}

/// The message on one line. What a folder escaped already is not escaped twice: a backslash stays as it is.
std::string one_line(std::string_view message) {
  std::string out;
  while (true) {
    const auto backslash = message.find('\\');
    out += escaped(message.substr(0, backslash), std::numeric_limits<std::size_t>::max());
    if (backslash == std::string_view::npos) return out;
    out += '\\';
    message.remove_prefix(backslash + 1);
  }
}

/// A JSON string. Requires: `text` is one_line(), so it is valid UTF-8 without control characters.
std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

class TextFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    fmt::format_to(std::back_inserter(out), "{} {:<5} {}: {}\n", time_text(message.time), level_text(message.level),
                   view(message.logger_name), one_line(view(message.payload)));
  }
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<TextFormatter>(); }
};

class JsonFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    fmt::format_to(std::back_inserter(out), "{{\"time\":\"{}\",\"level\":\"{}\",\"logger\":{},\"message\":{}}}\n",
                   time_text(message.time), level_text(message.level), json_string(view(message.logger_name)),
                   json_string(one_line(view(message.payload))));
  }
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<JsonFormatter>(); }
};

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::error: return spdlog::level::err;
    case LogLevel::warn: return spdlog::level::warn;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::debug: return spdlog::level::debug;
  }
  return spdlog::level::info;
}

}  // namespace

std::unique_ptr<spdlog::formatter> make_formatter(LogFormat format) {
  if (format == LogFormat::json) return std::make_unique<JsonFormatter>();
  return std::make_unique<TextFormatter>();
}

void set_up(LogLevel level, LogFormat format) {
  spdlog::drop_all();
  const auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  sink->set_formatter(make_formatter(format));
  for (const char* const folder : folders) {
    const auto logger = std::make_shared<spdlog::logger>(folder, sink);
    logger->flush_on(spdlog::level::trace);
    spdlog::register_logger(logger);
  }
  spdlog::set_default_logger(logger("app"));
  set_level(level);
}

void set_level(LogLevel level) { spdlog::set_level(spdlog_level(level)); }

std::shared_ptr<spdlog::logger> logger(const std::string& folder) {
  auto found = spdlog::get(folder);
  CHECK(found != nullptr, "a logger is asked for by a folder that set_up() knows");
  return found;
}

}  // namespace millrace::app::diagnostics
