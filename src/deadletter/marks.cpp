#include "marks.hpp"

#include <algorithm>
#include <array>

#include "knative.hpp"
#include "millrace/core/base64.hpp"
#include "reason.hpp"
#include "text.hpp"

namespace millrace::deadletter {

namespace {

constexpr std::array<std::string_view, 14> attributes{"dltopic",   "dlpartition", "dloffset",  "dlgroup", "dlattempts",
                                                      "dlmessage", "dlreason",    "dlcode",    "dldest",  "dlfirsttime",
                                                      "dltime",    "dlid",        "dlhistory", "dledited"};

std::string code_text(std::int32_t code) { return code == 0 ? std::string() : std::to_string(code); }

void add_knative(std::vector<Mark>& marks, const Letter& letter, const Bounds& bounds) {
  marks.push_back({compat_header, {}, std::string(knative_compat)});
  marks.push_back({{}, knative_destination, fit(letter.destination, destination_bytes_max)});
  marks.push_back({{}, knative_code, code_text(letter.code), Kind::integer});
  const std::string data = fit(letter.message, std::min(bounds.message_bytes, knative_data_max / 4 * 3));
  marks.push_back({{}, knative_data, to_base64(data)});
}

bool is_knative(std::string_view attribute) {
  return attribute == knative_destination || attribute == knative_code || attribute == knative_data;
}

std::string text_of(std::span<const record::HeaderView> headers, std::string_view key) {
  return std::string(last_of(headers, key).value_or(std::string_view()));
}

}  // namespace

std::vector<Mark> marks_of(const Letter& letter, Compat compat, const Bounds& bounds) {
  const LetterName& name = letter.name;
  std::vector<Mark> marks{
      {"__dlq.errors.topic", "dltopic", name.topic},
      {"__dlq.errors.partition", "dlpartition", std::to_string(name.partition), Kind::integer},
      {"__dlq.errors.offset", "dloffset", std::to_string(name.offset.value())},
      {"__dlq.errors.group", "dlgroup", name.group},
      {"__dlq.errors.delivery.count", "dlattempts", std::to_string(letter.attempts), Kind::integer},
      {"__dlq.errors.message", "dlmessage", fit(letter.message, std::min(bounds.message_bytes, message_bytes_max))},
      {"__dlq.errors.disposition", "dlreason", std::string(delivery::name_of(letter.reason))},
      {"__dlq.errors.millrace.code", "dlcode", code_text(letter.code), Kind::integer},
      {"__dlq.errors.millrace.destination", "dldest", fit(letter.destination, destination_bytes_max)},
      {"__dlq.errors.millrace.first.time", "dlfirsttime", time_text(letter.first_failure)},
      {"__dlq.errors.millrace.time", "dltime", time_text(letter.died_at)},
      {id_header, "dlid", id_of(name)},
      {"__dlq.errors.millrace.history", "dlhistory", to_text(letter.history, bounds.history_bytes)},
      {"__dlq.errors.millrace.edited", "dledited", time_text(letter.edited_at)}};
  if (compat == Compat::knative) add_knative(marks, letter, bounds);
  std::erase_if(marks, [](const Mark& mark) { return mark.text.empty(); });
  return marks;
}

std::optional<Letter> letter_in(std::span<const record::HeaderView> headers) {
  auto name = parse_id(text_of(headers, id_header));
  if (!name) return std::nullopt;
  Letter letter;
  letter.name = *std::move(name);
  letter.reason = reason_of(text_of(headers, "__dlq.errors.disposition"));
  letter.died_at = time_of(text_of(headers, "__dlq.errors.millrace.time"));
  letter.attempts = number<std::uint32_t>(text_of(headers, "__dlq.errors.delivery.count")).value_or(0);
  letter.first_failure = time_of(text_of(headers, "__dlq.errors.millrace.first.time"));
  letter.code = number<std::int32_t>(text_of(headers, "__dlq.errors.millrace.code")).value_or(0);
  letter.message = fit(text_of(headers, "__dlq.errors.message"), message_bytes_max);
  letter.destination = fit(text_of(headers, "__dlq.errors.millrace.destination"), destination_bytes_max);
  letter.history = parse_history(text_of(headers, "__dlq.errors.millrace.history")).value_or(History());
  letter.edited_at = time_of(text_of(headers, "__dlq.errors.millrace.edited"));
  letter.is_link = text_of(headers, copy_header) == link_copy;
  return letter;
}

Compat compat_in(std::span<const record::HeaderView> headers) {
  return text_of(headers, compat_header) == knative_compat ? Compat::knative : Compat::none;
}

bool is_mark(std::string_view attribute, Compat compat) noexcept {
  return std::ranges::find(attributes, attribute) != attributes.end() ||
         (compat == Compat::knative && is_knative(attribute));
}

bool is_mark_header(std::string_view key, Compat compat) noexcept {
  if (key.starts_with(mark_prefix)) return true;
  if (key.size() < attribute_header_prefix.size() || (key[0] | 0x20) != 'c' || (key[1] | 0x20) != 'e') return false;
  return key[2] == '_' && is_mark(key.substr(attribute_header_prefix.size()), compat);
}

std::optional<std::string_view> last_of(std::span<const record::HeaderView> headers, std::string_view key) noexcept {
  for (std::size_t at = headers.size(); at > 0; --at) {
    const record::HeaderView& header = headers[at - 1];
    if (header.key == key) return header.value ? std::optional(as_text(*header.value)) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace millrace::deadletter
