#pragma once
// Bold and colours for a terminal, and nothing of it for anybody else. Values, pure.

#include <string>

namespace millrace::cli {

enum class Colour { automatic, always, never };

class Paint {
 public:
  Paint() = default;
  explicit Paint(bool is_on) : is_on_(is_on) {}

  [[nodiscard]] std::string bold(const std::string& text) const { return with("1", text); }
  [[nodiscard]] std::string dim(const std::string& text) const { return with("2", text); }
  [[nodiscard]] std::string red(const std::string& text) const { return with("31", text); }
  [[nodiscard]] std::string green(const std::string& text) const { return with("32", text); }
  [[nodiscard]] std::string cyan(const std::string& text) const { return with("36", text); }
  [[nodiscard]] bool is_on() const { return is_on_; }

 private:
  [[nodiscard]] std::string with(const char* code, const std::string& text) const {
    return !is_on_ || text.empty() ? text : "\x1b[" + std::string(code) + "m" + text + "\x1b[0m";
  }
  bool is_on_ = false;
};

/// Automatic is: on a terminal, unless NO_COLOR is set to anything or the terminal is "dumb".
[[nodiscard]] inline bool is_painted(Colour wish, bool is_terminal, const char* no_color, const char* terminal) {
  if (wish != Colour::automatic) return wish == Colour::always;
  const bool is_refused = no_color != nullptr && *no_color != '\0';
  const bool is_dumb = terminal != nullptr && std::string(terminal) == "dumb";
  return is_terminal && !is_refused && !is_dumb;
}

}  // namespace millrace::cli
