#pragma once
// A text in the hands of somebody's editor: $VISUAL, $EDITOR, or vi.

#include <string>

#include "millrace/core/result.hpp"

namespace millrace::cli {

/// A file of a text that is being edited; it is removed with this, unless it is kept.
class EditedFile {
 public:
  /// Errc::io: it cannot be written.
  [[nodiscard]] static Result<EditedFile> make(const std::string& text);
  EditedFile(EditedFile&& other) noexcept;
  EditedFile& operator=(EditedFile&&) = delete;
  EditedFile(const EditedFile&) = delete;
  EditedFile& operator=(const EditedFile&) = delete;
  ~EditedFile();

  /// What it says once the editor has ended, which this waits for. Errc::io: the editor could not be started, or ended
  /// with a failure.
  [[nodiscard]] Result<std::string> edit();
  /// It stays, for what was written there is not to be lost; where it is.
  const std::string& keep();

 private:
  explicit EditedFile(std::string path) : path_(std::move(path)) {}

  std::string path_;
  bool is_kept_ = false;
};

}  // namespace millrace::cli
