#include "interruption.hpp"

#include <signal.h>

namespace millrace::cli {

namespace {

volatile sig_atomic_t interrupted = 0;

void note(int) { interrupted = 1; }

}  // namespace

void notice_interruptions() {
  struct sigaction action{};
  action.sa_handler = note;
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // and no SA_RESTART: whoever waits for input is to wake up
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

bool is_interrupted() { return interrupted != 0; }

}  // namespace millrace::cli
