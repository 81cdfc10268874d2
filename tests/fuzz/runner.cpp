// Runs a fuzz target without a fuzzer: over every seed of the folders named, over every beginning of it, and over a
// fixed number of mutations, the same in every run. The last line before a crash names the seed.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;
using Input = std::vector<std::uint8_t>;

constexpr int mutations_per_seed = 300;
constexpr std::size_t cuts_per_seed = 256;

/// xorshift64: small, fast, and the same everywhere.
class Dice {
 public:
  std::size_t below(std::size_t bound) {
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 7U;
    state_ ^= state_ << 17U;
    return bound == 0 ? 0 : static_cast<std::size_t>(state_ % bound);
  }

 private:
  std::uint64_t state_ = 0x9e3779b97f4a7c15U;
};

void run(const Input& input) {
  // A copy of exactly this size, so that a sanitizer sees the first byte beyond it.
  const Input exact(input.begin(), input.end());
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

Input mutated(Input input, Dice& dice) {
  constexpr std::uint8_t telling[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
  const auto changes = 1 + dice.below(4);
  for (std::size_t change = 0; change < changes && !input.empty(); ++change) {
    const auto at = dice.below(input.size());
    const auto place = input.begin() + static_cast<std::ptrdiff_t>(at);
    const auto length = std::min(1 + dice.below(8), input.size() - at);
    switch (dice.below(5)) {
      case 0: *place = static_cast<std::uint8_t>(dice.below(256)); break;
      case 1: *place = static_cast<std::uint8_t>(*place ^ (1U << dice.below(8))); break;
      case 2: std::fill_n(place, length, telling[dice.below(std::size(telling))]); break;
      case 3: input.erase(place, place + static_cast<std::ptrdiff_t>(length)); break;
      default: {
        const Input again(place, place + static_cast<std::ptrdiff_t>(length));
        input.insert(place, again.begin(), again.end());
      }
    }
  }
  return input;
}

void run_seed(const fs::path& path, Dice& dice) {
  std::printf("%s\n", path.filename().c_str());
  std::fflush(stdout);
  std::ifstream file(path, std::ios::binary);
  const Input seed{std::istreambuf_iterator<char>(file), {}};
  run(seed);
  const auto step = std::max<std::size_t>(seed.size() / cuts_per_seed, 1);
  for (std::size_t size = 0; size < seed.size(); size += step) {
    run({seed.begin(), seed.begin() + static_cast<std::ptrdiff_t>(size)});
  }
  for (int mutation = 0; mutation < mutations_per_seed; ++mutation) run(mutated(seed, dice));
}

}  // namespace

int main(int count, char** arguments) {
  std::set<fs::path> paths;
  for (int argument = 1; argument < count; ++argument) {
    for (const auto& entry : fs::directory_iterator(arguments[argument])) paths.insert(entry.path());
  }
  Dice dice;
  for (const auto& path : paths) run_seed(path, dice);
  std::printf("%zu seeds, each whole, cut and mutated\n", paths.size());
  return paths.empty() ? 1 : 0;
}
