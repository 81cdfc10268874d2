#include "millrace/log/segment_format.hpp"

#include <charconv>

namespace millrace::log {

namespace {

constexpr std::size_t digits = 20;

std::string_view suffix_of(FileKind kind) {
  switch (kind) {
    case FileKind::log: return ".log";
    case FileKind::index: return ".index";
    case FileKind::time_index: return ".timeindex";
    case FileKind::txn_index: return ".txnindex";
    case FileKind::seal: return ".seal";
  }
  return "";
}

}  // namespace

std::string digits_of(Offset base) {
  const std::string number = std::to_string(base.value());
  return std::string(digits - number.size(), '0') + number;
}

std::string file_name(Offset base, FileKind kind) { return digits_of(base).append(suffix_of(kind)); }

std::optional<SegmentFile> parse_file_name(std::string_view name) {
  if (name.size() <= digits) return std::nullopt;
  std::int64_t base = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + digits, base);
  if (error != std::errc() || end != name.data() + digits || name.front() == '-') return std::nullopt;
  if (Offset(base) > offset_max) return std::nullopt;
  for (const FileKind kind : file_kinds) {
    if (name.substr(digits) == suffix_of(kind)) return SegmentFile{.base = Offset(base), .kind = kind};
  }
  return std::nullopt;
}

std::string swap_name(const SwapFile& swap) {
  return file_name(swap.base, FileKind::log) + "." + digits_of(swap.next) + std::string(swap_suffix);
}

std::optional<SwapFile> parse_swap_name(std::string_view name) {
  if (!name.ends_with(swap_suffix)) return std::nullopt;
  name.remove_suffix(swap_suffix.size());
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto first = parse_file_name(name.substr(0, dot));
  const auto next = parse_file_name(std::string(name.substr(dot + 1)) + ".log");
  if (!first || !next || first->kind != FileKind::log || next->base <= first->base) return std::nullopt;
  return SwapFile{first->base, next->base};
}

}  // namespace millrace::log
