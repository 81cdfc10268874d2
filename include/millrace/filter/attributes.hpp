#pragma once
// What a filter may ask of an event: an attribute by its name. Data is no attribute, and nobody is told of it (SQL-1).
//
// Two answer: an event, and a Kafka record in binary mode, whose headers are read without an event being made of them.
// Both borrow what they look into. Owned: one thread at a time.

#include <cstdint>
#include <optional>
#include <string_view>

#include "millrace/cloudevents/event.hpp"
#include "millrace/record/record.hpp"

namespace millrace::filter {

/// An attribute, or none: 16 bytes, so that it travels in registers.
class AttributeView {
 public:
  AttributeView() = default;
  /// `text` is the canonical string.
  explicit AttributeView(std::string_view text, cloudevents::ValueType type = cloudevents::ValueType::string) noexcept
      : data_(text.data() == nullptr ? "" : text.data()), size_(static_cast<std::uint32_t>(text.size())), type_(type) {}

  /// Whether there is one.
  explicit operator bool() const noexcept { return data_ != nullptr; }
  [[nodiscard]] std::string_view text() const noexcept { return {data_, size_}; }
  [[nodiscard]] cloudevents::ValueType type() const noexcept { return type_; }

 private:
  const char* data_ = nullptr;
  std::uint32_t size_ = 0;
  cloudevents::ValueType type_ = cloudevents::ValueType::string;
};

class Attributes {
 public:
  Attributes() = default;
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  virtual ~Attributes() = default;

  /// `name` is in lower case.
  [[nodiscard]] virtual AttributeView find(std::string_view name) const noexcept = 0;
};

class EventAttributes final : public Attributes {
 public:
  explicit EventAttributes(const cloudevents::Event& event) : event_(event) {}
  [[nodiscard]] AttributeView find(std::string_view name) const noexcept override;

 private:
  const cloudevents::Event& event_;
};

/// The headers of one record in binary mode, told as cloudevents::from_record() tells them: any letter case of `ce_`
/// and `content-type`, null headers passed over, the last of equal ones counts. The headers are walked over once,
/// however many filters ask; beyond `quick_max` attributes once more for each question. Nothing is judged and nothing
/// allocated.
class RecordAttributes final : public Attributes {
 public:
  explicit RecordAttributes(record::HeaderCursor headers) noexcept;
  [[nodiscard]] AttributeView find(std::string_view name) const noexcept override;

 private:
  static constexpr std::size_t quick_max = 32;

  /// Not cleared before it is written: most records have eight.
  struct Slot {
    const char* name;
    const char* text;
    std::uint32_t name_size;
    std::uint32_t text_size;
  };

  [[nodiscard]] AttributeView find_among_all(std::string_view name) const noexcept;

  record::HeaderCursor headers_;
  std::optional<std::string_view> content_type_;
  std::size_t count_ = 0;
  bool has_more_ = false;
  Slot slots_[quick_max];
};

}  // namespace millrace::filter
