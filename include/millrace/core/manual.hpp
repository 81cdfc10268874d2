#pragma once
// A manual page in man(7)'s language, piece by piece. Text is given as it is to be read: what the language would take
// for itself is escaped. A value; any thread.

#include <string>
#include <string_view>

namespace millrace::inline core {

class ManualPage {
 public:
  /// "millrace", 1, "millrace 0.1.0", "User commands"
  ManualPage(std::string_view name, int section, std::string_view version, std::string_view volume);

  void heading(std::string_view text);
  void subheading(std::string_view text);
  void paragraph(std::string_view text);
  /// A term, in bold, with its explanation below; `what` behind the term is a placeholder, in italics.
  void item(std::string_view term, std::string_view what, std::string_view text);
  /// Lines that stay as they are.
  void example(std::string_view lines);
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace millrace::inline core
