#include "millrace/cloudevents/media_type.hpp"

#include <algorithm>
#include <array>

#include "ascii.hpp"
#include "millrace/cloudevents/rules.hpp"

namespace millrace::cloudevents {

namespace {

/// RFC 2045, section 5.1: printable ASCII without tspecials.
constexpr std::array<bool, 256> token_characters = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = '!'; c <= '~'; ++c) table[c] = true;
  for (const char c : std::string_view("()<>@,;:\\\"/[]?=")) table[static_cast<std::uint8_t>(c)] = false;
  return table;
}();

bool is_token_character(char c) { return token_characters[static_cast<std::uint8_t>(c)]; }

/// The parts of a media type from its front; each says whether it was there.
class Parts {
 public:
  explicit Parts(std::string_view text) : left_(text) {}

  [[nodiscard]] bool token() noexcept {
    std::size_t length = 0;
    while (length < left_.size() && is_token_character(left_[length])) ++length;
    left_.remove_prefix(length);
    return length > 0;
  }
  [[nodiscard]] bool quoted() noexcept {
    if (!take('"')) return false;
    while (!left_.empty() && left_.front() != '"') {
      if (left_.front() == '\\') left_.remove_prefix(1);
      if (left_.empty() || !is_printable(left_.front())) return false;
      left_.remove_prefix(1);
    }
    return take('"');
  }
  [[nodiscard]] bool take(char wanted) noexcept {
    if (left_.empty() || left_.front() != wanted) return false;
    left_.remove_prefix(1);
    return true;
  }
  void space() noexcept {
    while (take(' ')) {
    }
  }
  [[nodiscard]] bool is_done() const noexcept { return left_.empty(); }
  [[nodiscard]] bool is_at(char wanted) const noexcept { return !left_.empty() && left_.front() == wanted; }

 private:
  static bool is_printable(char c) noexcept { return c >= ' ' && c < '\x7f'; }
  std::string_view left_;
};

std::string_view bare(std::string_view content_type) { return trimmed(content_type.substr(0, content_type.find(';'))); }

/// `small` in lower case.
bool ends_ignoring_case(std::string_view text, std::string_view small) {
  return text.size() >= small.size() && equals_ignoring_case(text.substr(text.size() - small.size()), small);
}

/// Type/small or type/…+small.
bool has_syntax(std::string_view essence, std::string_view small) {
  const auto slash = essence.find('/');
  if (slash == std::string_view::npos || slash == 0) return false;
  const std::string_view subtype = essence.substr(slash + 1);
  if (equals_ignoring_case(subtype, small)) return true;
  return subtype.size() > small.size() + 1 && subtype[subtype.size() - small.size() - 1] == '+' &&
         ends_ignoring_case(subtype, small);
}

}  // namespace

bool is_media_type(std::string_view text) noexcept {
  Parts in(text);
  if (!in.token() || !in.take('/') || !in.token()) return false;
  while (!in.is_done()) {
    in.space();
    if (!in.take(';')) return false;
    in.space();
    if (in.is_done() || in.is_at(';')) continue;  // RFC 9110, section 5.6.6: nothing between two of them is fine.
    if (!in.token() || !in.take('=')) return false;
    if (in.is_at('"') ? !in.quoted() : !in.token()) return false;
  }
  return true;
}

std::string essence_of(std::string_view content_type) {
  std::string out(bare(content_type));
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

bool is_json(std::string_view content_type) noexcept { return has_syntax(bare(content_type), "json"); }

bool is_text(std::string_view content_type) noexcept {
  const std::string_view essence = bare(content_type);
  return starts_ignoring_case(essence, "text/") || has_syntax(essence, "xml");
}

Mode mode_of(std::string_view content_type) noexcept {
  constexpr std::string_view prefix = "application/cloudevents";
  while (content_type.starts_with(' ') || content_type.starts_with('\t')) content_type.remove_prefix(1);
  if (!starts_ignoring_case(content_type, prefix)) return Mode::binary;
  const std::string_view essence = bare(content_type);
  const auto is_one_of = [essence](std::string_view json, std::string_view protobuf) {
    return equals_ignoring_case(essence, json) || equals_ignoring_case(essence, protobuf);
  };
  if (is_one_of(event_type, protobuf_event_type)) return Mode::structured;
  return is_one_of(batch_type, protobuf_batch_type) ? Mode::batch : Mode::unsupported;
}

Format format_of(std::string_view content_type) noexcept {
  return ends_ignoring_case(bare(content_type), "+protobuf") ? Format::protobuf : Format::json;
}

}  // namespace millrace::cloudevents
