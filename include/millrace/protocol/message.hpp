#pragma once
// The words in which a message is described. A message is a struct of plain fields, each with the protocol's default,
// and a static `fields(io, m)` that names them in wire order:
//
//   template <class Io, class Self>
//   static void fields(Io& io, Self& m) {
//     io.field("group_id", m.group_id);
//     if (io.version() >= 3) io.field("group_instance_id", m.group_instance_id);
//     io.tags();                                     // ends every struct; nothing in classic versions
//   }
//
// Reader, Writer and the tests' own visitors all run it, so a message is described once. Which types a field may
// have, and how each is encoded, stands in reader.hpp. Values; messages know no bytes. Fields without another default
// carry {}, so that a message can be made by naming only those that matter: {.group_id = "g"}.

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "millrace/core/bytes.hpp"
#include "millrace/core/error_code.hpp"
#include "millrace/core/ids.hpp"

namespace millrace::protocol {

/// Number, name and versions of one API. Versions from `flexible_from` on use compact lengths and tagged fields.
struct ApiShape {
  const char* name;
  std::int16_t key;
  std::int16_t oldest;
  std::int16_t newest;
  std::int16_t flexible_from;

  [[nodiscard]] constexpr bool serves(std::int16_t version) const { return oldest <= version && version <= newest; }
  [[nodiscard]] constexpr bool is_flexible(std::int16_t version) const { return version >= flexible_from; }
};

/// "These bits were not asked for", in every field named …_authorized_operations.
inline constexpr std::int32_t operations_not_asked = INT32_MIN;

/// Record bytes that the writer leaves out: it writes their length and notes a Hole, and whoever sends the message
/// puts the bytes there. `slot` is the caller's own number for them.
struct ExternalRecords {
  std::uint32_t slot = 0;
  std::uint32_t size = 0;
};

/// The records of a fetched partition: bytes borrowed until the message is written, or bytes that stay where they
/// are. Empty, not null, when there are none: some clients trip over null. Null reads as empty.
using Records = std::variant<ByteView, ExternalRecords>;

/// `size` bytes of `slot` belong before byte `at` of the written bytes. Holes come in ascending order of `at`.
struct Hole {
  std::size_t at = 0;
  std::uint32_t slot = 0;
  std::uint32_t size = 0;
};

/// One known tagged field: written when `present`, read when the tag occurs.
template <class T>
struct Tag {
  std::uint32_t number;
  const char* name;
  T& value;
  bool present;
};

template <class T>
[[nodiscard]] Tag<T> tag(std::uint32_t number, const char* name, T& value, bool present) {
  return {number, name, value, present};
}

/// A visitor that adds up the fewest bytes a struct can take on the wire: every length 0, no tagged field.
class SmallestSize {
 public:
  SmallestSize(std::int16_t version, bool flexible) : version_(version), flexible_(flexible) {}

  [[nodiscard]] std::int16_t version() const { return version_; }
  [[nodiscard]] std::size_t total() const { return total_; }

  template <class T>
  void field(const char*, const T& value) {
    add(value);
  }
  template <class T>
  void nullable_from(std::int16_t, const char*, const T& value) {
    add(value);
  }
  template <class T>
  void nullable(const char*, const std::optional<T>&) {
    total_ += 1;
  }
  template <class... T>
  void tags(Tag<T>...) {
    total_ += flexible_ ? 1 : 0;
  }

 private:
  template <std::integral T>
  void add(const T&) {
    total_ += sizeof(T);
  }
  void add(const ErrorCode&) { total_ += sizeof(ErrorCode); }
  void add(const Uuid&) { total_ += sizeof(Uuid); }
  void add(const std::string&) { total_ += flexible_ ? 1 : 2; }
  void add(const std::optional<std::string>&) { total_ += flexible_ ? 1 : 2; }
  void add(const Records&) { total_ += flexible_ ? 1 : 4; }
  template <class T>
  void add(const std::vector<T>&) {
    total_ += flexible_ ? 1 : 4;
  }
  template <class T>
  void add(const std::optional<T>&) {
    total_ += flexible_ ? 1 : 4;
  }
  template <class T>
    requires std::is_class_v<T>
  void add(const T& value) {
    T::fields(*this, value);
  }

  std::int16_t version_;
  bool flexible_;
  std::size_t total_ = 0;
};

}  // namespace millrace::protocol
