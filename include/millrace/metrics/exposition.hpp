#pragma once
// One answer to a scrape under construction, in Prometheus's text format 0.0.4. The list says name, type and help; who
// knows the values adds them:
//
//   out.add("millrace_topics", 7);
//   out.add("millrace_topic_log_bytes", bytes, {topic});
//
// Owned: one thread at a time. A name of the wrong type, or with other labels than in the list, is a bug.

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "millrace/core/counting.hpp"
#include "millrace/metrics/list.hpp"

namespace millrace::metrics {

using LabelValues = std::initializer_list<std::string_view>;

class Exposition {
 public:
  static constexpr const char* content_type = "text/plain; version=0.0.4; charset=utf-8";

  Exposition();
  ~Exposition();
  Exposition(const Exposition&) = delete;
  Exposition& operator=(const Exposition&) = delete;

  /// Of a counter or a gauge. Label values stand in the order of the list; bytes that are not UTF-8 are escaped.
  void add(Name metric, double value, LabelValues labels = {});
  void add(Name metric, std::uint64_t value, LabelValues labels = {}) {
    add(metric, static_cast<double>(value), labels);
  }
  /// Of a histogram.
  void add(Name metric, const Durations::Seen& seen, LabelValues labels = {});

  /// Every metric of the list in its order, also one that has no value.
  [[nodiscard]] std::string text() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

/// Whoever knows values, and adds them.
using Collect = std::function<void(Exposition& into)>;

}  // namespace millrace::metrics
