#include "meter.hpp"

namespace millrace::bench {

namespace {
constexpr double giga = 1e9, mega = 1e6;
}

Result<void> Meter::start() {
  if (server_) {
    const auto use = use_of(*server_);
    if (!use) return failure_of(use);
    const auto memory = memory_of(*server_);
    if (!memory) return failure_of(memory);
    use_before_ = *use;
    memory_before_ = *memory;
  }
  own_before_ = own_cpu_seconds();
  began_ = Clock::now();
  return {};
}

Result<void> Meter::finish(const Done& done, const Report& report) const {
  const auto seconds = std::chrono::duration<double>(Clock::now() - began_).count();
  const auto own = own_cpu_seconds() - own_before_;
  report.add("seconds", seconds);
  report.add_exact("bytes", done.bytes);
  report.add_exact("requests", done.requests);
  report.add("gb_per_s", done.bytes / giga / seconds);
  report.add("records_per_s", done.records / seconds);
  report.add("requests_per_s", done.requests / seconds);
  report.add("client_cpu_s_per_gb", own / (done.bytes / giga));
  report.add("client_cpu_us_per_request", own * mega / done.requests);
  report.add("client_cpu_us_per_record", own * mega / done.records);
  if (!server_) return {};

  const auto use = use_of(*server_);
  if (!use) return failure_of(use);
  const auto memory = memory_of(*server_);
  if (!memory) return failure_of(memory);
  const auto cpu = use->cpu_seconds - use_before_.cpu_seconds;
  report.add("server_cpu_s_per_gb", cpu / (done.bytes / giga));
  report.add("server_user_s_per_gb", (use->user_seconds - use_before_.user_seconds) / (done.bytes / giga));
  report.add("server_system_s_per_gb", (use->system_seconds - use_before_.system_seconds) / (done.bytes / giga));
  report.add("server_cpu_us_per_request", cpu * mega / done.requests);
  report.add("server_cpu_us_per_record", cpu * mega / done.records);
  report.add("server_waits_per_request", (use->switches - use_before_.switches) / done.requests);
  report.add("server_cpus_busy", cpu / seconds);
  report.add("server_rss_before_mb", memory_before_.resident_bytes / mega);
  report.add("server_rss_after_mb", memory->resident_bytes / mega);
  report.add("server_pss_after_mb", memory->proportional_bytes / mega);
  return {};
}

}  // namespace millrace::bench
