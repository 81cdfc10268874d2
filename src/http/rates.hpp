#pragma once
// How much goes into each topic and out of it a second, over about the last minute: an average that forgets, as the
// load average of Unix. Pure; owned: the caller sees to it that one call comes at a time.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace millrace::http {

/// Counted since the broker started; or, a second.
template <class Number>
struct Flow {
  Number received_bytes = 0;
  Number received_records = 0;
  Number sent_bytes = 0;
  Number sent_records = 0;
};

class Rates {
 public:
  using Totals = std::map<std::string, Flow<std::uint64_t>, std::less<>>;

  /// What was counted of every topic, so long after the last time. Topics that are not in it are forgotten; one whose
  /// counts went back is a new one of the same name.
  void sample(std::chrono::duration<double> since_last, const Totals& totals);
  /// Nothing until the topic was seen twice.
  [[nodiscard]] std::optional<Flow<double>> of(const std::string& topic) const;

 private:
  struct Known {
    Flow<std::uint64_t> totals;
    std::optional<Flow<double>> rate;
  };
  std::map<std::string, Known, std::less<>> topics_;
};

}  // namespace millrace::http
