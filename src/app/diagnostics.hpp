#pragma once
// What the daemon says about itself, on standard error. ("Log" is the event log everywhere in this code.)
//
// One logger per folder that may speak, all with one level, one format and one lock, so that lines never mix. Every
// line is one line: what would break it or drive a terminal is escaped here, whoever forgot to do it.
// set_up() is called once, before any other thread; the rest is shared: any thread may call it.

#include <spdlog/formatter.h>
#include <spdlog/logger.h>

#include <memory>
#include <string>

#include "settings.hpp"

namespace millrace::app::diagnostics {

/// Text: `2024-05-01T12:00:00.000Z info  kafka: message`. JSON: an object with time, level, logger, message.
/// Loggers named by their folders are then also found by spdlog::get(), and the default logger is app's.
void set_up(LogLevel level, LogFormat format);
void set_level(LogLevel level);

/// The logger of a folder. Requires: set_up() was called.
[[nodiscard]] std::shared_ptr<spdlog::logger> logger(const std::string& folder);

/// How one line looks, for tests.
[[nodiscard]] std::unique_ptr<spdlog::formatter> make_formatter(LogFormat format);

}  // namespace millrace::app::diagnostics
