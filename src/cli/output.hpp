#pragma once
// Standard output, in large pieces, by one who knows that the reader may leave: `… | head` is no fault. Owned.

#include <string>
#include <string_view>

namespace millrace::cli {

class Output {
 public:
  void write(std::string_view text);
  /// False from then on when the reader is gone or the bytes could not be written.
  bool flush();
  [[nodiscard]] bool has_unwritten() const { return !unwritten_.empty(); }
  [[nodiscard]] bool is_open() const { return is_open_; }
  /// What the system said; empty when nothing is wrong, or just the reader gone.
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  std::string unwritten_;
  bool is_open_ = true;
  std::string fault_;
};

}  // namespace millrace::cli
