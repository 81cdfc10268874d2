#pragma once
// The talk of one command with its broker: for commands that ask more than once, or look at an answer before it is
// shown. Says on standard error what is wrong, and keeps the exit code.

#include <optional>

#include "client.hpp"
#include "commands.hpp"

namespace millrace::cli {

class Dialogue {
 public:
  /// Both outlive it.
  Dialogue(const Common& common, int& code) : common_(common), code_(code) {}

  /// Nothing when nobody answers or the broker says no: that was said, and the exit code is set.
  [[nodiscard]] std::optional<Answer> ask(Question question) const;
  /// Prints what was answered, as --output wants it.
  void show(const Json& body, const View& view) const;
  /// Asks, and prints what is answered or what is wrong.
  void print(Question question, const View& view) const;
  /// Whether somebody says yes, or has said --yes; else the exit code is set.
  [[nodiscard]] bool is_agreed(bool yes, const std::string& doubt) const;

  void fail(int code, const std::string& what) const { code_ = complain(code, what); }
  /// "table", "json" or "id".
  [[nodiscard]] const std::string& output() const { return common_.output; }
  [[nodiscard]] Paint paint() const { return paint_of(common_); }
  [[nodiscard]] bool is_fine() const { return code_ == done; }

 private:
  const Common& common_;
  int& code_;
};

}  // namespace millrace::cli
