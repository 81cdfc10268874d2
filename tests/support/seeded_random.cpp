#include "support/seeded_random.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "support/sanitized.hpp"

namespace millrace::support {

namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  if (text == nullptr || *text == '\0') return otherwise;
  return std::strtoull(text, nullptr, 10);
}

}  // namespace

std::uint64_t SeededRandom::next() {
  state_ += 0x9E3779B97F4A7C15U;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

std::uint64_t seed_from_env(std::uint64_t otherwise) { return number_from("MILLRACE_SEED", otherwise); }

std::uint64_t seed_count_from_env(std::uint64_t otherwise) {
  if (std::getenv("MILLRACE_SEED") != nullptr) return 1;
  // They are the same stories, and take a sanitizer many times as long.
  return number_from("MILLRACE_SEEDS", is_sanitized ? std::max<std::uint64_t>(otherwise / 4, 1) : otherwise);
}

}  // namespace millrace::support
