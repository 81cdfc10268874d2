#pragma once
// What a load prints: one line for each figure, name and number, for people and for awk alike. Nothing but figures goes
// to standard output.

#include <cstdio>
#include <string>

#include "latencies.hpp"

namespace millrace::bench {

class Report {
 public:
  void add(const std::string& name, double value) const { std::printf("%-28s %.6g\n", name.c_str(), value); }

  /// Seconds and sums need all of their digits.
  void add_exact(const std::string& name, double value) const { std::printf("%-28s %.0f\n", name.c_str(), value); }

  void add(const std::string& name, const Latencies& times) const {
    if (times.total() == 0) return;
    add(name + "_p50_us", times.quantile_us(0.5));
    add(name + "_p99_us", times.quantile_us(0.99));
    add(name + "_p99.9_us", times.quantile_us(0.999));
    add(name + "_max_us", times.quantile_us(1));
  }
};

}  // namespace millrace::bench
