#include "config_file.hpp"

#include <algorithm>

#include "millrace/core/escaped.hpp"

namespace millrace::app {
namespace {

bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

/// Walks the text once. The first thing that is not understood stands in `wrong`; after it every step fails.
class FileReader {
 public:
  explicit FileReader(std::string_view text) : rest_(text) {}

  [[nodiscard]] int line() const { return line_; }
  [[nodiscard]] const std::string& wrong() const { return wrong_; }

  /// Blanks, comments and ends of lines. True when something follows.
  bool skip_to_content() {
    while (!rest_.empty()) {
      if (rest_.front() == '#') {
        rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
      } else if (rest_.front() == '\n') {
        ++line_;
        rest_.remove_prefix(1);
      } else if (is_blank(rest_.front())) {
        rest_.remove_prefix(1);
      } else {
        return true;
      }
    }
    return false;
  }

  bool read_entry(FileEntry& entry) {
    entry.line = line_;
    if (rest_.front() == '[') return fail("sections are not used; every key stands at the top level");
    entry.key = take_while(is_key_character);
    if (entry.key.empty()) return fail("expected a key");
    skip_blanks();
    if (!take('=')) return fail("expected = after " + escaped(entry.key));
    skip_blanks();
    if (take('[')) {
      if (!read_list(entry.values)) return false;
    } else if (!read_scalar(entry.values.emplace_back())) {
      return false;
    }
    skip_blanks();
    if (rest_.empty() || rest_.front() == '\n' || rest_.front() == '#') return true;
    return fail("unexpected text after the value of " + escaped(entry.key));
  }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

  bool fail(std::string what) {
    wrong_ = std::move(what);
    return false;
  }

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  template <class Fits>
  std::string take_while(Fits fits) {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), fits);
    const auto length = static_cast<std::size_t>(end - rest_.begin());
    std::string out(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return out;
  }

  void skip_blanks() { take_while(is_blank); }

  /// A list may go over several lines and end in a comma.
  bool read_list(std::vector<std::string>& values) {
    while (true) {
      if (!skip_to_content()) return fail("the list is not closed; expected ]");
      if (take(']')) return true;
      if (!read_scalar(values.emplace_back())) return false;
      if (!skip_to_content()) return fail("the list is not closed; expected ]");
      if (!take(',') && rest_.front() != ']') return fail("expected , or ] in the list");
    }
  }

  bool read_scalar(std::string& out) {
    if (take('"')) return read_quoted(out);
    if (take('\'')) {
      out = take_while([](char c) { return c != '\'' && c != '\n'; });
      return take('\'') || fail("the string is not closed; expected '");
    }
    out = take_while([](char c) { return is_key_character(c) || c == '+'; });
    const bool is_number = out.find_first_not_of("+-_.0123456789") == std::string::npos;
    if (!out.empty() && (is_number || out == "true" || out == "false")) return true;
    return fail("expected a number, true, false, a list or a text in quotes");
  }

  bool read_quoted(std::string& out) {
    while (!rest_.empty() && rest_.front() != '\n') {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (c != '\\') {
        out += c;
      } else if (take('"')) {
        out += '"';
      } else if (take('\\')) {
        out += '\\';
      } else {
        return fail("in a text, \\ stands only before \" or \\");
      }
    }
    return fail("the text is not closed; expected \"");
  }

  std::string_view rest_;
  int line_ = 1;
  std::string wrong_;
};

}  // namespace

Result<std::vector<FileEntry>> read_config_file(std::string_view text, const std::string& name) {
  const auto at = [&name](int line) { return name + ":" + std::to_string(line) + ": "; };
  std::vector<FileEntry> entries;
  FileReader reader(text);
  while (reader.skip_to_content()) {
    FileEntry entry;
    if (!reader.read_entry(entry)) return failure(Errc::invalid, at(reader.line()) + reader.wrong());
    const auto before = std::find_if(entries.begin(), entries.end(),
                                     [&entry](const FileEntry& earlier) { return earlier.key == entry.key; });
    if (before != entries.end()) {
      return failure(Errc::invalid, at(entry.line) + escaped(entry.key) + " stands already on line " +
                                        std::to_string(before->line) + "; a key is set once");
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace millrace::app
