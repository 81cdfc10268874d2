#pragma once
// Puts a program together: what the parsers of CESQL and of filter objects write into. Keeps count of the values that
// the machine will hold, so that it need not.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "program.hpp"

namespace millrace::filter {

class Builder {
 public:
  /// `texts_bytes`: the most that all literals and names together can have.
  explicit Builder(std::size_t texts_bytes);

  /// Where the next instruction will be.
  [[nodiscard]] std::uint32_t here() const { return static_cast<std::uint32_t>(program_->code.size()); }
  std::uint32_t emit(const Instruction& instruction);
  /// = or !=, its right operand beginning at `right`.
  void emit_equality(bool wanted, std::uint32_t right);
  /// Where the value before is not known to be one. What jumps here has left one, too.
  void emit_to_boolean();
  /// Lets a jump go on here.
  void land(std::uint32_t jump) { program_->code[jump].target = here(); }
  /// Forgets all instructions from there on, which leave `values` behind.
  void forget(std::uint32_t from, std::size_t values);

  /// A copy that lives as long as the program. Requires: room in `texts_bytes`.
  [[nodiscard]] std::string_view keep(std::string_view text);
  /// The same for what `append(texts)` puts behind the texts.
  template <class Append>
  [[nodiscard]] std::string_view keep_appended(Append append) {
    const auto from = program_->texts.size();
    append(program_->texts);
    check_room();
    return std::string_view(program_->texts).substr(from);
  }
  [[nodiscard]] std::int32_t keep(LikePattern pattern);
  /// An instruction that looks an attribute up: `name` is in lower case.
  std::uint32_t emit(Op op, std::string_view name);

  /// Which limit the program is beyond, if it is.
  [[nodiscard]] std::optional<std::string> excess() const;
  [[nodiscard]] Expression finish(Type type);

 private:
  void check_room() const;

  std::shared_ptr<Program> program_;
  std::vector<std::string_view> names_;  ///< of attributes, each once
  std::size_t room_;
  std::size_t values_ = 0;  ///< on the stack behind the last instruction
  std::size_t values_most_ = 0;
  bool has_too_many_names_ = false;
};

}  // namespace millrace::filter
