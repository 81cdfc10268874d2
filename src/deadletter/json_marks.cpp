#include "json_marks.hpp"

#include <algorithm>
#include <charconv>

#include "text.hpp"

namespace millrace::deadletter {

namespace {

/// From the quote of the name to the last character of the value.
struct Member {
  std::string name;  ///< with what is not a name of a mark left out
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// The members of one object, from its front. It knows only as much of JSON as a text that was accepted needs.
class Members {
 public:
  explicit Members(std::string_view text) : text_(text), at_(std::min(text.find('{') + 1, text.size())) {}

  bool next(Member& member) {
    at_ = text_.find('"', at_);
    if (at_ >= text_.size()) return false;
    member.begin = at_;
    member.name = name();
    at_ = std::min(text_.find(':', at_), text_.size());
    pass_value();
    member.end = at_;
    return true;
  }

 private:
  void pass_string() {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    at_ = std::min(at_ + 1, text_.size());
  }

  /// A mark's name has nothing but letters, and no letter has another escape than \u00XX.
  std::string name() {
    const std::size_t begin = at_ + 1;
    pass_string();
    std::string_view raw = text_.substr(begin, at_ - 1 - begin);
    std::string out;
    while (!raw.empty()) {
      if (!raw.starts_with("\\u00") || raw.size() < 6) {
        out += raw.front();
        raw.remove_prefix(1);
        continue;
      }
      unsigned code = 0;
      (void)std::from_chars(raw.data() + 4, raw.data() + 6, code, 16);
      out += static_cast<char>(code);
      raw.remove_prefix(6);
    }
    return out;
  }

  /// From the colon.
  void pass_value() {
    int depth = 0;
    std::size_t end = at_ + 1;
    for (++at_; at_ < text_.size(); end = at_) {
      while (at_ < text_.size() && is_space(text_[at_])) ++at_;
      if (at_ >= text_.size()) break;
      const char c = text_[at_];
      if (depth == 0 && (c == ',' || c == '}')) break;
      if (c == '"') {
        pass_string();
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      ++at_;
    }
    at_ = end;
  }

  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

  std::string_view text_;
  std::size_t at_;
};

void append_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

}  // namespace

std::string without_json_marks(std::string_view event, const IsMark& is_mark) {
  std::string out;
  std::size_t kept_to = 0;  ///< what is before it is in `out`, or left out
  bool is_any_kept = false;
  bool is_skipping = false;  ///< the marks before the first member that stays go with the comma behind them
  std::size_t previous_end = 0;
  Member member;
  for (Members members(event); members.next(member); previous_end = member.end) {
    if (is_skipping) kept_to = member.begin;
    is_skipping = false;
    if (!is_mark(member.name)) {
      is_any_kept = true;
      continue;
    }
    const std::size_t from = is_any_kept ? previous_end : member.begin;
    if (from > kept_to) out.append(event.substr(kept_to, from - kept_to));
    kept_to = member.end;
    is_skipping = !is_any_kept;
  }
  return out.append(event.substr(kept_to));
}

std::string with_json_marks(std::string_view event, std::span<const Mark> marks) {
  std::size_t end = 0;
  Member member;
  for (Members members(event); members.next(member);) end = member.end;
  std::string out(event.substr(0, end));
  for (const Mark& mark : marks) {
    if (mark.attribute.empty()) continue;
    out.append(",\"").append(mark.attribute).append("\":");
    if (mark.kind == Kind::integer && number<std::int32_t>(mark.text)) {
      out += mark.text;
    } else {
      append_string(out, fit(mark.text, std::string::npos));
    }
  }
  return out.append(event.substr(end));
}

}  // namespace millrace::deadletter
