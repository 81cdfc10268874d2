#include "scraper.hpp"

#include <time.h>

namespace millrace::http {

namespace {

double cpu_seconds_of_this_thread() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

}  // namespace

void Scraper::ask(Done done) {
  thread_.post([this, done = std::move(done)]() mutable {
    const auto now = Clock::now();
    if (!last_ || now - last_began_ >= young) {
      last_.reset();
      last_began_ = now;
      try {
        last_ = make();
      } catch (...) {
        done(nullptr);
        throw;  // to be said by the thread
      }
    }
    done(last_);
  });
}

Scraper::Text Scraper::make() {
  const auto before = cpu_seconds_of_this_thread();
  metrics::Exposition exposition;
  collect_(exposition);
  exposition.add("millrace_metrics_cpu_seconds_total", cpu_seconds_);
  exposition.add("millrace_metrics_collections_total", made_);
  auto text = std::make_shared<const std::string>(exposition.text());
  ++made_;
  cpu_seconds_ += cpu_seconds_of_this_thread() - before;
  return text;
}

}  // namespace millrace::http
