#pragma once
// The marks of a dead letter: which facts there are, and what they are called as Kafka headers and as attributes. Pure.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/deadletter/letter.hpp"

namespace millrace::deadletter {

inline constexpr std::string_view attribute_header_prefix = "ce_";
/// Of KIP-1191; everything that begins so is a mark.
inline constexpr std::string_view mark_prefix = "__dlq.errors.";
inline constexpr std::string_view id_header = "__dlq.errors.millrace.id";
inline constexpr std::string_view compat_header = "__dlq.errors.millrace.compat";
inline constexpr std::string_view copy_header = "__dlq.errors.millrace.copy";
inline constexpr std::string_view link_copy = "link";
inline constexpr std::string_view knative_compat = "knative";

/// Integers have 32 bits, as CloudEvents has them; a number that has more is written as a string.
enum class Kind : std::uint8_t { string, integer };

/// One fact. A name that is empty: not in that form.
struct Mark {
  std::string_view header;
  std::string_view attribute;
  std::string text;
  Kind kind = Kind::string;
};

/// Of the name of an attribute: whether it is to go.
using IsMark = std::function<bool(std::string_view attribute)>;

/// Those that have something to say.
[[nodiscard]] std::vector<Mark> marks_of(const Letter& letter, Compat compat, const Bounds& bounds = {});

/// What the headers say; nothing without an id.
[[nodiscard]] std::optional<Letter> letter_in(std::span<const record::HeaderView> headers);

/// Whether Knative's attributes in the record are ours.
[[nodiscard]] Compat compat_in(std::span<const record::HeaderView> headers);

/// Which attributes are marks. Knative's are, if we wrote them.
[[nodiscard]] bool is_mark(std::string_view attribute, Compat compat) noexcept;
[[nodiscard]] bool is_mark_header(std::string_view key, Compat compat) noexcept;

/// The value of the last of equal headers; nothing when there is none, or when it is null.
[[nodiscard]] std::optional<std::string_view> last_of(std::span<const record::HeaderView> headers,
                                                      std::string_view key) noexcept;

}  // namespace millrace::deadletter
