#include "millrace/deadletter/adoption.hpp"

#include <algorithm>
#include <array>

#include "knative.hpp"
#include "marks.hpp"
#include "millrace/cloudevents/kafka.hpp"
#include "millrace/core/base64.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/core/limits.hpp"
#include "millrace/core/utf8.hpp"
#include "text.hpp"

namespace millrace::deadletter {

namespace {

using Headers = std::span<const record::HeaderView>;

constexpr std::size_t class_name_bytes_max = 512;
/// Connect names the groups of its sinks so, unless they are told another name.
constexpr std::string_view connect_group_prefix = "connect-";
/// Spring's retry topics have it, too: it does not tell the family.
constexpr std::string_view spring_group = "kafka_dlt-original-consumer-group";

struct Prefix {
  std::string_view text;
  Family family;
};
constexpr std::array<Prefix, 8> prefixes{{{mark_prefix, Family::kafka_share},
                                          {"__connect.errors.", Family::kafka_connect},
                                          {"__streams.errors.", Family::kafka_streams},
                                          {"kafka_dlt-", Family::spring},
                                          {"kafka_original-", Family::spring_retry},
                                          {"kafka_exception-", Family::spring_retry},
                                          {"kafka_key-exception-", Family::spring_retry},
                                          {"retry_topic-", Family::spring_retry}}};

std::optional<Family> family_of(std::string_view key) {
  if (key == spring_group) return std::nullopt;
  const auto prefix = std::ranges::find_if(prefixes, [key](const Prefix& one) { return key.starts_with(one.text); });
  return prefix == prefixes.end() ? std::nullopt : std::optional(prefix->family);
}

std::optional<Family> family_in(Headers headers) {
  for (std::size_t at = headers.size(); at > 0; --at) {
    if (const auto family = family_of(headers[at - 1].key)) return family;
  }
  return std::nullopt;
}

std::optional<std::string> topic_of(std::optional<std::string_view> text) {
  return text && is_topic_name(*text) ? std::optional(std::string(*text)) : std::nullopt;
}

std::optional<std::string> group_of(std::optional<std::string_view> text) {
  const bool is_group = text && !text->empty() && text->size() <= limits::group_id_max && is_utf8(*text);
  return is_group ? std::optional(std::string(*text)) : std::nullopt;
}

template <std::integral T>
std::optional<T> not_negative(std::optional<T> value) {
  return value && *value >= 0 ? value : std::nullopt;
}

template <std::integral T>
std::optional<T> number_of(std::optional<std::string_view> text) {
  return text ? not_negative(number<T>(*text)) : std::nullopt;
}

template <std::integral T>
std::optional<T> big_endian(std::optional<std::string_view> bytes) {
  if (!bytes || bytes->size() != sizeof(T)) return std::nullopt;
  return not_negative(std::optional(load_be<T>(as_bytes(*bytes).data())));
}

/// As long as the number needs, as Java's BigInteger writes it.
std::optional<Timestamp> minimal_big_endian(std::optional<std::string_view> bytes) {
  if (!bytes || bytes->empty() || bytes->size() > sizeof(Timestamp)) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : *bytes) value = value << 8U | static_cast<std::uint8_t>(c);
  const bool is_negative = (static_cast<std::uint8_t>(bytes->front()) & 0x80U) != 0;
  return is_negative ? std::nullopt : std::optional(static_cast<Timestamp>(value));
}

std::optional<std::uint32_t> spring_attempts(std::optional<std::string_view> bytes) {
  if (bytes && bytes->size() == 1) return static_cast<std::uint8_t>(bytes->front());  // Older versions.
  const auto attempts = big_endian<std::int32_t>(bytes);
  return attempts ? std::optional(static_cast<std::uint32_t>(*attempts)) : std::nullopt;
}

/// The headers of one family by the ends of their names.
class Marks {
 public:
  Marks(Headers headers, std::string_view prefix) : headers_(headers), prefix_(prefix) {}

  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const {
    return last_of(headers_, std::string(prefix_).append(name));
  }
  /// Of the first that is there.
  [[nodiscard]] std::string text(std::initializer_list<std::string_view> names, std::size_t bytes_max) const {
    for (const std::string_view name : names) {
      if (const auto found = find(name); found && !found->empty()) return fit(*found, bytes_max);
    }
    return {};
  }

 private:
  Headers headers_;
  std::string_view prefix_;
};

Adopted by_text(Family family, const Marks& marks) {
  Adopted out;
  out.family = family;
  out.topic = topic_of(marks.find("topic"));
  out.partition = number_of<PartitionIndex>(marks.find("partition"));
  if (const auto offset = number_of<std::int64_t>(marks.find("offset"))) out.offset = Offset(*offset);
  return out;
}

Adopted share(Headers headers) {
  const Marks marks(headers, mark_prefix);
  Adopted out = by_text(letter_in(headers) ? Family::millrace : Family::kafka_share, marks);
  out.group = group_of(marks.find("group"));
  out.attempts = number_of<std::uint32_t>(marks.find("delivery.count"));
  out.destination = marks.text({"millrace.destination"}, destination_bytes_max);
  out.reason = marks.text({"message", "disposition"}, message_bytes_max);
  return out;
}

Adopted connect(Headers headers) {
  const Marks marks(headers, "__connect.errors.");
  Adopted out = by_text(Family::kafka_connect, marks);
  if (const auto connector = marks.find("connector.name"); connector && !connector->empty()) {
    out.group = group_of(std::string(connect_group_prefix).append(*connector));
  }
  out.exception = marks.text({"exception.class.name"}, class_name_bytes_max);
  out.reason = marks.text({"exception.message"}, message_bytes_max);
  return out;
}

Adopted streams(Headers headers) {
  const Marks marks(headers, "__streams.errors.");
  Adopted out = by_text(Family::kafka_streams, marks);
  out.exception = marks.text({"exception"}, class_name_bytes_max);
  out.reason = marks.text({"message"}, message_bytes_max);
  return out;
}

Adopted spring(Headers headers, Family family) {
  const Marks marks(headers, family == Family::spring ? "kafka_dlt-" : "kafka_");
  Adopted out;
  out.family = family;
  out.topic = topic_of(marks.find("original-topic"));
  out.partition = big_endian<PartitionIndex>(marks.find("original-partition"));
  if (const auto offset = big_endian<std::int64_t>(marks.find("original-offset"))) out.offset = Offset(*offset);
  out.timestamp = big_endian<Timestamp>(marks.find("original-timestamp"));
  if (!out.timestamp && family == Family::spring_retry) {
    out.timestamp = minimal_big_endian(last_of(headers, "retry_topic-original-timestamp"));
  }
  out.group = group_of(marks.find("original-consumer-group"));
  if (!out.group) out.group = group_of(last_of(headers, spring_group));
  out.attempts = spring_attempts(last_of(headers, "retry_topic-attempts"));
  out.exception = marks.text({"exception-cause-fqcn", "exception-fqcn", "key-exception-fqcn"}, class_name_bytes_max);
  out.reason = marks.text({"exception-message", "key-exception-message"}, message_bytes_max);
  return out;
}

/// UTF-8 with no control characters but those of lines; it may have been cut within its last character.
bool is_body(std::string_view text) {
  while (!text.empty()) {
    const Character next = first_of(text);
    if (next.length == 0) return text.size() < 4;
    const bool is_of_lines = next.code == '\t' || next.code == '\n' || next.code == '\r';
    if (next.code < 0x20 && !is_of_lines) return false;
    text.remove_prefix(next.length);
  }
  return true;
}

/// Of old the body as it is, now in Base64: what is Base64 of a text is taken for that.
std::string knative_reason(std::string_view data) {
  const auto decoded = from_base64(data);
  return fit(decoded && is_body(*decoded) ? std::string_view(*decoded) : data, message_bytes_max);
}

std::optional<Adopted> knative(Headers headers, std::optional<ByteView> value) {
  const auto event = cloudevents::from_record(headers, value);
  if (!event) return std::nullopt;
  const bool is_marked = event->find(knative_destination) != nullptr || event->find(knative_code) != nullptr ||
                         event->find(knative_data) != nullptr;
  if (!is_marked) return std::nullopt;
  Adopted out;
  out.family = Family::knative;
  out.destination = fit(event->text(knative_destination), destination_bytes_max);
  out.exception = fit(event->text(knative_code), class_name_bytes_max);
  out.reason = knative_reason(event->text(knative_data));
  return out;
}

}  // namespace

std::string_view name_of(Family family) noexcept {
  switch (family) {
    case Family::millrace: return "millrace";
    case Family::kafka_share: return "kafka-share";
    case Family::kafka_connect: return "kafka-connect";
    case Family::kafka_streams: return "kafka-streams";
    case Family::spring: return "spring";
    case Family::spring_retry: return "spring-retry";
    case Family::knative: return "knative";
  }
  return "";
}

std::optional<Adopted> recognise(std::span<const record::HeaderView> headers, std::optional<ByteView> value) {
  const auto family = family_in(headers);
  if (!family) return knative(headers, value);
  switch (*family) {
    case Family::kafka_connect: return connect(headers);
    case Family::kafka_streams: return streams(headers);
    case Family::spring:
    case Family::spring_retry: return spring(headers, *family);
    case Family::millrace:
    case Family::kafka_share:
    case Family::knative: break;
  }
  return share(headers);
}

}  // namespace millrace::deadletter
