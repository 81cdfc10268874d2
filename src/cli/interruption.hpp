#pragma once
// Ctrl-C and its like for commands that have something to finish: the first is noticed, a second ends the process.

namespace millrace::cli {

/// From now on SIGINT and SIGTERM are noticed, and SIGPIPE is an error of write().
void notice_interruptions();
[[nodiscard]] bool is_interrupted();

}  // namespace millrace::cli
