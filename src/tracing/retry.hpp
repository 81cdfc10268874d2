#pragma once
// What becomes of spans that were sent, by what the collector has answered (OTLP/HTTP, "Failures" and "Retryable
// response codes"). Pure: it is told the time and given chance.

#include <chrono>
#include <optional>

#include "millrace/core/random.hpp"
#include "millrace/core/time.hpp"

namespace millrace::tracing {

struct ExportAnswer {
  std::optional<unsigned> status{};           ///< nothing: there was no answer
  std::optional<Milliseconds> retry_after{};  ///< what it asks for
};

enum class Fate { taken, refused, again };
[[nodiscard]] Fate fate_of(const ExportAnswer& answer);

inline constexpr Milliseconds first_pause{1'000};
inline constexpr Milliseconds pause_max{30'000};
inline constexpr Milliseconds asked_pause_max{60'000};
/// A batch that nobody has taken for so long makes room for newer ones.
inline constexpr Milliseconds patience{60'000};

/// How long to wait before the next try: longer each time, less than that by chance, so that many brokers do not come
/// at once. Owned by the exporter.
class Backoff {
 public:
  explicit Backoff(Random& random) : random_(random) {}

  /// Something was taken.
  void reset() { failures_ = 0; }
  /// After one more failure. Nothing when the batch, first tried `since` ago, is to be given up.
  [[nodiscard]] std::optional<Milliseconds> pause(const ExportAnswer& answer, Milliseconds since);

 private:
  Random& random_;
  unsigned failures_ = 0;
};

}  // namespace millrace::tracing
