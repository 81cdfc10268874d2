#include "millrace/core/manual.hpp"

namespace millrace::inline core {

namespace {

/// A dash stays a dash that can be copied into a shell, and a point at the beginning of a line is no request.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool begins_line = out.empty() || out.back() == '\n';
    if (begins_line && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : plain(text)) out += c == '"' ? std::string("\\(dq") : std::string(1, c);
  return out + "\"";
}

}  // namespace

ManualPage::ManualPage(std::string_view name, int section, std::string_view version, std::string_view volume) {
  std::string title;
  for (const char c : name) title += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  // Without a date: the same source makes the same page.
  text_ = ".TH " + title + " " + std::to_string(section) + " \"\" " + quoted(version) + " " + quoted(volume) + "\n" +
          ".nh\n";
}

void ManualPage::heading(std::string_view text) { text_ += ".SH " + plain(text) + "\n"; }

void ManualPage::subheading(std::string_view text) { text_ += ".SS " + quoted(text) + "\n"; }

void ManualPage::paragraph(std::string_view text) { text_ += ".PP\n" + plain(text) + "\n"; }

void ManualPage::item(std::string_view term, std::string_view what, std::string_view text) {
  text_ += ".TP\n\\fB" + plain(term) + "\\fR";
  if (!what.empty()) text_ += " \\fI" + plain(what) + "\\fR";
  text_ += "\n" + plain(text) + "\n";
}

void ManualPage::example(std::string_view lines) {
  text_ += ".PP\n.nf\n" + plain(lines) + (lines.ends_with('\n') ? "" : "\n") + ".fi\n";
}

}  // namespace millrace::inline core
