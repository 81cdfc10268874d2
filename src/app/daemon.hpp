#pragma once
// The daemon: the only place that knows everyone. Puts disk, broker, groups and doors together, waits for signals, and
// takes everything apart again in the right order.

#include "settings.hpp"

namespace millrace::app {

/// Runs until SIGTERM or SIGINT and drains then; SIGHUP calls `reload`. Exit codes: 0 stopped cleanly, 1 could not
/// start or could not close every log, 3 drained but not within shutdown_timeout_ms. Call once, from the main thread,
/// before any other thread exists.
[[nodiscard]] int run(const Settings& settings, const ReloadFn& reload);

}  // namespace millrace::app
