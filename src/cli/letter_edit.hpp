#pragma once
// What an edited letter is to say, as the broker is told it (docs/http.md). Pure.

#include <optional>
#include <string>
#include <vector>

#include "client.hpp"
#include "millrace/core/result.hpp"

namespace millrace::cli {

struct LetterEdit {
  std::optional<std::string> data{};       ///< of an event, or the value of a record that is none
  std::vector<std::string> assignments{};  ///< name=value: attributes of an event, headers of a record that is none
  std::vector<std::string> unset{};        ///< those that are to go

  [[nodiscard]] bool is_empty() const { return !data && assignments.empty() && unset.empty(); }
};

/// The body and its type, of `letter` as the broker has told it. Digits of an event's data that are not edited stay as
/// they are. Errc::invalid: what would come of it is no event.
[[nodiscard]] Result<Question> edited_letter(const Answer& letter, const LetterEdit& edit);

/// What somebody is to edit: the event in lines. Nothing for a letter that is no event.
[[nodiscard]] std::optional<std::string> editable_event(const Answer& letter);
/// The body and its type, of what they have made of it. Errc::invalid.
[[nodiscard]] Result<Question> edited_event(std::string text);

}  // namespace millrace::cli
