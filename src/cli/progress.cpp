#include "progress.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace millrace::cli {

namespace {

constexpr std::size_t bar_max = 32, bar_min = 8;

std::string percent_text(const Progress& progress) {
  const auto percent =
      progress.total == 0 ? 100 : std::min<std::uint64_t>(progress.done, progress.total) * 100 / progress.total;
  const auto text = std::to_string(percent) + "%";
  return std::string(4 - std::min<std::size_t>(text.size(), 4), ' ') + text;
}

std::vector<std::string> parts_of(const Progress& progress) {
  std::vector<std::string> parts{percent_text(progress), size_text(progress.done) + " of " + size_text(progress.total)};
  const auto ms = static_cast<double>(progress.elapsed.count());
  if (ms <= 0 || progress.done == 0) return parts;
  const double rate = static_cast<double>(progress.done) * 1000 / ms;
  parts.push_back(size_text(static_cast<std::uint64_t>(rate)) + "/s");
  if (progress.done < progress.total) {
    const double left = static_cast<double>(progress.total - progress.done) / rate;
    parts.push_back(span_text(std::chrono::seconds(static_cast<std::int64_t>(left + 0.999))) + " left");
  }
  return parts;
}

std::string bar_text(const Progress& progress, std::size_t cells) {
  const auto filled = progress.total == 0
                          ? cells
                          : static_cast<std::size_t>(static_cast<double>(std::min(progress.done, progress.total)) *
                                                     static_cast<double>(cells) / static_cast<double>(progress.total));
  return "[" + std::string(filled, '#') + std::string(cells - filled, '.') + "]";
}

}  // namespace

std::string size_text(std::uint64_t bytes) {
  constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB"};
  auto amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (amount >= 1024 && unit + 1 < units.size()) {
    amount /= 1024;
    ++unit;
  }
  const auto tenths = static_cast<std::int64_t>(amount * 10 + 0.5);
  if (unit == 0) return std::to_string(tenths / 10) + " B";
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " " + units[unit];
}

std::string span_text(std::chrono::seconds span) {
  const auto seconds = span.count();
  if (seconds < 60) return std::to_string(seconds) + " s";
  if (seconds < 3600) return std::to_string(seconds / 60) + " min " + std::to_string(seconds % 60) + " s";
  return std::to_string(seconds / 3600) + " h " + std::to_string(seconds / 60 % 60) + " min";
}

std::string progress_text(const Progress& progress, std::size_t width) {
  constexpr std::size_t gap = 2, brackets = 2;
  auto parts = parts_of(progress);
  const auto joined = [&parts] {
    std::string text;
    for (const auto& part : parts) text += (text.empty() ? "" : std::string(gap, ' ')) + part;
    return text;
  };
  while (parts.size() > 1 && joined().size() > width) parts.pop_back();
  auto text = joined();
  if (text.size() > width) return "";
  const auto room = width - text.size();
  if (room < bar_min + brackets + gap) return text;
  return bar_text(progress, std::min(bar_max, room - brackets - gap)) + std::string(gap, ' ') + text;
}

}  // namespace millrace::cli
