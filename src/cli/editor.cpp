#include "editor.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <utility>

#include "file_content.hpp"

namespace millrace::cli {

namespace {

std::string variable_or(const char* name, const std::string& otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : std::string(value);
}

/// The editor may be a command with options, as the shell has it; the path is never read by the shell.
int run(const std::string& editor, const std::string& path) {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto script = editor + " \"$1\"";
    ::execl("/bin/sh", "sh", "-c", script.c_str(), "sh", path.c_str(), nullptr);
    ::_exit(127);
  }
  int status = -1;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

Result<EditedFile> EditedFile::make(const std::string& text) {
  auto path = variable_or("TMPDIR", "/tmp") + "/millrace-XXXXXX.json";
  const int file = ::mkstemps(path.data(), 5);
  if (file < 0) return failure(Errc::io, path + " cannot be made");
  ::close(file);
  EditedFile edited(path);
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (!out) return failure(Errc::io, path + " cannot be written");
  return edited;
}

EditedFile::EditedFile(EditedFile&& other) noexcept : path_(std::exchange(other.path_, {})), is_kept_(other.is_kept_) {}

EditedFile::~EditedFile() {
  if (!path_.empty() && !is_kept_) ::unlink(path_.c_str());
}

Result<std::string> EditedFile::edit() {
  const auto editor = variable_or("VISUAL", variable_or("EDITOR", "vi"));
  if (run(editor, path_) != 0)
    return failure(Errc::io, "the editor \"" + editor + "\" has failed; nothing was changed");
  auto content = content_of(path_);
  if (!content) return failure(Errc::io, path_ + " cannot be read");
  return *std::move(content);
}

const std::string& EditedFile::keep() {
  is_kept_ = true;
  return path_;
}

}  // namespace millrace::cli
