#pragma once
// One piece of work in a trace: what it was, when it began and ended, what is known of it, and which other spans it has
// to do with. The names are OpenTelemetry's. A value.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "millrace/tracing/context.hpp"

namespace millrace::tracing {

/// Since 1970-01-01T00:00:00Z.
using UnixNanoseconds = std::int64_t;

/// Numbered as OTLP has them.
enum class SpanKind : std::uint8_t { internal = 1, server = 2, client = 3 };

struct Attribute {
  std::string_view key;  ///< a constant of the program
  std::variant<std::string, std::int64_t, bool> value;
};

/// Texts of strangers become attributes; of a longer one the front is told.
inline constexpr std::size_t attribute_bytes_max = 1'024;
/// A batch may have any number of events, each with a trace of its own. The others are counted.
inline constexpr std::size_t links_max = 32;

struct Span {
  SpanContext context;
  SpanId parent{};  ///< none: the span is the first of its trace
  bool has_remote_parent = false;
  SpanKind kind = SpanKind::internal;
  std::string name;
  UnixNanoseconds start = 0;
  UnixNanoseconds end = 0;
  std::vector<Attribute> attributes{};
  std::vector<SpanContext> links{};  ///< to spans of others
  std::uint32_t links_left_out = 0;
  bool has_failed = false;
  std::string failure{};  ///< in words, where there are any

  void text(std::string_view key, std::string_view value) {
    attributes.push_back({.key = key, .value = std::string(value.substr(0, attribute_bytes_max + 1))});
  }
  void number(std::string_view key, std::int64_t value) { attributes.push_back({.key = key, .value = value}); }
  void flag(std::string_view key, bool value) { attributes.push_back({.key = key, .value = value}); }
  void link(SpanContext to) {
    if (links.size() < links_max) {
      links.push_back(std::move(to));
    } else {
      ++links_left_out;
    }
  }
};

}  // namespace millrace::tracing
