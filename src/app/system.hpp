#pragma once
// The real clock and the real chance. Shared: any thread.

#include "millrace/core/random.hpp"
#include "millrace/core/time.hpp"

namespace millrace::app {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Now now() const override;
};

class SystemRandom final : public Random {
 public:
  [[nodiscard]] std::uint64_t next() override;
};

/// For spans, whose ends lie closer together than Now can tell.
[[nodiscard]] std::int64_t unix_nanoseconds();

/// Takes as many descriptors as the system lets this process have, and says how many that is.
[[nodiscard]] std::size_t raise_descriptor_limit();

}  // namespace millrace::app
