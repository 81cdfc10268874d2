#include "millrace/filter/attributes.hpp"

#include <limits>

namespace millrace::filter {

namespace {

constexpr std::string_view content_type = "content-type";
constexpr std::string_view prefix = "ce_";

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool is_content_type(std::string_view key) noexcept {
  if (key.size() != content_type.size()) return false;
  for (std::size_t at = 0; at < key.size(); ++at) {
    if (lower(key[at]) != content_type[at]) return false;
  }
  return true;
}

bool is_attribute(std::string_view key) noexcept {
  return key.size() > prefix.size() && key[2] == '_' && lower(key[0]) == 'c' && lower(key[1]) == 'e';
}

constexpr bool fits(std::size_t size) noexcept { return size <= std::numeric_limits<std::uint32_t>::max(); }

}  // namespace

AttributeView EventAttributes::find(std::string_view name) const noexcept {
  const auto* const found = event_.find(name);
  return found == nullptr ? AttributeView() : AttributeView(found->text, found->type);
}

RecordAttributes::RecordAttributes(record::HeaderCursor headers) noexcept : headers_(headers) {
  for (record::HeaderView header; headers.next(header);) {
    if (!header.value || !fits(header.key.size()) || !fits(header.value->size())) continue;
    const auto text = as_text(*header.value);
    if (is_attribute(header.key)) {
      if (count_ == quick_max) {
        has_more_ = true;
        continue;
      }
      const auto name = header.key.substr(prefix.size());
      slots_[count_++] = {.name = name.data(),
                          .text = text.data(),
                          .name_size = static_cast<std::uint32_t>(name.size()),
                          .text_size = static_cast<std::uint32_t>(text.size())};
    } else if (is_content_type(header.key)) {
      content_type_ = text;
    }
  }
}

AttributeView RecordAttributes::find(std::string_view name) const noexcept {
  if (name == "data") return {};  // CORE-7
  if (content_type_ && name == "datacontenttype") return AttributeView(*content_type_);
  if (has_more_) return find_among_all(name);
  for (std::size_t at = count_; at > 0; --at) {
    const Slot& slot = slots_[at - 1];
    if (std::string_view(slot.name, slot.name_size) == name)
      return AttributeView(std::string_view(slot.text, slot.text_size));
  }
  return {};
}

AttributeView RecordAttributes::find_among_all(std::string_view name) const noexcept {
  AttributeView found;
  auto headers = headers_;
  for (record::HeaderView header; headers.next(header);) {
    if (!header.value || !is_attribute(header.key)) continue;
    if (header.key.substr(prefix.size()) == name) found = AttributeView(as_text(*header.value));
  }
  return found;
}

}  // namespace millrace::filter
