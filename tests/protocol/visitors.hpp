#pragma once
// Two more visitors of `fields(io, m)`, beside Reader and Writer. Filler gives every field of a version a value, so
// that a test need not know the messages; TextOf prints every field of a version, so that two messages can be compared
// and a failure can be read. Both are for one message and one test.

#include <deque>
#include <limits>
#include <string>
#include <type_traits>

#include "millrace/protocol/message.hpp"

namespace millrace::protocol::testing {

enum class Style {
  full,    ///< every field different from its default, two elements in every array, every tag present
  sparse,  ///< null where that is allowed, else empty; the smallest numbers; no tags
};

class Filler {
 public:
  Filler(std::int16_t version, bool flexible, Style style)
      : version_(version), flexible_(flexible), full_(style == Style::full) {}

  [[nodiscard]] std::int16_t version() const { return version_; }

  template <class T>
  void field(const char*, T& value) {
    fill(value);
  }
  template <class T>
  void nullable_from(std::int16_t since, const char*, std::optional<T>& value) {
    fill(value);
    if (!value && version_ < since) value.emplace();
  }
  template <class T>
  void nullable(const char*, std::optional<T>& value) {
    fill(value);
  }
  template <class... T>
  void tags(Tag<T>... known) {
    if (full_ && flexible_) (fill(known.value), ...);
  }

 private:
  template <std::integral T>
  void fill(T& value) {
    value = full_ ? static_cast<T>(++count_) : std::numeric_limits<T>::min();
  }
  void fill(bool& value) { value = full_; }
  void fill(ErrorCode& value) { value = full_ ? static_cast<ErrorCode>(++count_) : ErrorCode::none; }
  void fill(Uuid& value) {
    ++count_;
    if (full_) value = Uuid::from_random(count_, ~std::uint64_t{count_});
  }
  void fill(std::string& value) {
    ++count_;
    value = full_ ? "text " + std::to_string(count_) + (count_ % 2 == 0 ? " beyond the small string" : "") : "";
  }
  void fill(Bytes& value) { value = full_ ? to_bytes("bytes " + std::to_string(++count_)) : Bytes(); }
  void fill(Records& value) { value = full_ ? ByteView(block()) : ByteView(); }
  void fill(std::optional<MutableBytes>& value) {
    value.reset();
    if (full_) value = block();
  }
  template <class T>
  void fill(std::vector<T>& value) {
    value.clear();
    if (!full_) return;
    for (int element = 0; element < 2; ++element) fill(value.emplace_back());
  }
  template <class T>
  void fill(std::optional<T>& value) {
    value.reset();
    if (full_) fill(value.emplace(T{}));
  }
  template <class T>
    requires std::is_class_v<T>
  void fill(T& value) {
    T::fields(*this, value);
  }

  MutableBytes block() { return blocks_.emplace_back(to_bytes("records " + std::to_string(++count_))); }

  std::int16_t version_;
  bool flexible_;
  bool full_;
  std::uint32_t count_ = 0;
  std::deque<Bytes> blocks_;
};

class TextOf {
 public:
  TextOf(std::int16_t version, bool flexible) : version_(version), flexible_(flexible) {}

  [[nodiscard]] std::int16_t version() const { return version_; }
  [[nodiscard]] const std::string& text() const { return text_; }

  template <class T>
  void field(const char* name, const T& value) {
    text_.append(name).append("=");
    print(value);
    text_.append("\n");
  }
  template <class T>
  void nullable_from(std::int16_t, const char* name, const T& value) {
    field(name, value);
  }
  template <class T>
  void nullable(const char* name, const T& value) {
    field(name, value);
  }
  template <class... T>
  void tags(Tag<T>... known) {
    if (flexible_) (field(known.name, known.value), ...);
  }

 private:
  template <std::integral T>
  void print(const T& value) {
    text_.append(std::to_string(value));
  }
  void print(const ErrorCode& value) { text_.append(std::to_string(static_cast<int>(value))); }
  void print(const Uuid& value) { text_.append(value.to_string()); }
  void print(const std::string& value) { text_.append("\"").append(value).append("\""); }
  void print(const Bytes& value) { print(ByteView(value)); }
  void print(const Records& value) { print(std::get<ByteView>(value)); }
  void print(const MutableBytes& value) { print(ByteView(value)); }
  void print(const ByteView& value) { text_.append("'").append(as_text(value)).append("'"); }
  template <class T>
  void print(const std::optional<T>& value) {
    if (!value) {
      text_.append("null");
      return;
    }
    print(*value);
  }
  template <class T>
  void print(const std::vector<T>& value) {
    text_.append("[");
    for (const auto& element : value) {
      print(element);
      text_.append(";");
    }
    text_.append("]");
  }
  template <class T>
    requires std::is_class_v<T>
  void print(const T& value) {
    text_.append("{\n");
    T::fields(*this, value);
    text_.append("}");
  }

  std::int16_t version_;
  bool flexible_;
  std::string text_;
};

template <class Message>
[[nodiscard]] std::string text_of(std::int16_t version, const Message& message) {
  TextOf visitor(version, Message::shape.is_flexible(version));
  Message::fields(visitor, message);
  return visitor.text();
}

}  // namespace millrace::protocol::testing
