#include "millrace/deadletter/names.hpp"

#include <algorithm>

#include "millrace/core/escaped.hpp"
#include "millrace/core/limits.hpp"
#include "text.hpp"

namespace millrace::deadletter {

namespace {

constexpr std::string_view marker = "x--";
constexpr char escape = '_';
constexpr std::string_view hex = "0123456789abcdef";

bool is_plain(std::string_view group) {
  return !group.starts_with(marker) && std::ranges::all_of(group, is_topic_character);
}

/// In the second way of writing; a dot is none of them, so that a name has one end of the group at most.
bool is_kept(char c) { return is_topic_character(c) && c != escape && c != '.'; }

std::optional<char> escaped_byte(std::string_view digits) {
  if (digits.size() < 2) return std::nullopt;
  const std::size_t high = hex.find(digits[0]);
  const std::size_t low = hex.find(digits[1]);
  if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
  return static_cast<char>(high << 4U | low);
}

}  // namespace

std::string written(std::string_view group) {
  if (is_plain(group)) return std::string(group);
  std::string out(marker);
  for (const char c : group) {
    if (is_kept(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {escape, hex[byte >> 4U], hex[byte & 15U]};
    }
  }
  return out;
}

std::optional<std::string> group_written_as(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  if (!text.starts_with(marker)) return std::nullopt;
  std::string group;
  for (std::string_view rest = text.substr(marker.size()); !rest.empty();) {
    const auto byte = rest.front() == escape ? escaped_byte(rest.substr(1)) : std::optional(rest.front());
    if (!byte) return std::nullopt;
    group += *byte;
    rest.remove_prefix(rest.front() == escape ? 3 : 1);
  }
  // A text that says the same in another way is not what written() makes.
  if (written(group) != text) return std::nullopt;
  return group;
}

Result<std::string> topic_for(std::string_view group, std::string_view topic) {
  if (group.empty()) return failure(Errc::invalid, "a group without a name has no dead-letter topic");
  if (!is_topic_name(topic)) {
    return failure(Errc::invalid, "topic '" + escaped(topic) + "' is no name that a topic can have");
  }
  std::string name(topic_prefix);
  name.append(written(group)).append(".").append(topic);
  if (name.size() > limits::topic_name_max) {
    return failure(Errc::too_large, "dead-letter topic '" + name + "' has " + std::to_string(name.size()) +
                                        " characters, and a topic's name has at most " +
                                        std::to_string(limits::topic_name_max) +
                                        ": errors.deadletterqueue.topic.name can name another");
  }
  return name;
}

std::optional<GroupAndTopic> named_by(std::string_view dead_letter_topic) {
  if (!is_topic_name(dead_letter_topic) || !dead_letter_topic.starts_with(topic_prefix)) return std::nullopt;
  const std::string_view rest = dead_letter_topic.substr(topic_prefix.size());
  std::optional<GroupAndTopic> found;
  for (std::size_t dot = rest.find('.'); dot != std::string_view::npos; dot = rest.find('.', dot + 1)) {
    auto group = group_written_as(rest.substr(0, dot));
    const std::string_view topic = rest.substr(dot + 1);
    if (!group || group->empty() || !is_topic_name(topic)) continue;
    if (found) return std::nullopt;
    found = GroupAndTopic{*std::move(group), std::string(topic)};
  }
  return found;
}

Result<void> check_target(std::string_view topic, std::string_view prefix, bool has_opted_in) {
  const std::string subject = "dead-letter topic '" + escaped(topic) + "' ";
  if (!is_topic_name(topic)) return failure(Errc::invalid, subject + "is no name that a topic can have");
  if (topic.starts_with("__")) {
    return failure(Errc::invalid, subject + "must not begin with '__', as internal topics do");
  }
  if (!topic.starts_with(prefix)) {
    return failure(Errc::invalid, subject + "must begin with '" + escaped(prefix) + "'");
  }
  if (!has_opted_in) {
    return failure(Errc::invalid, subject + "must have errors.deadletterqueue.group.enable=true");
  }
  return {};
}

std::string id_of(const LetterName& name) {
  return written(name.group) + '~' + name.topic + '~' + std::to_string(name.partition) + '~' +
         std::to_string(name.offset.value()) + '~' + std::to_string(name.life);
}

std::optional<LetterName> parse_id(std::string_view id) {
  std::string_view rest = id;
  auto group = group_written_as(take_until(rest, '~'));
  const std::string_view topic = take_until(rest, '~');
  const auto partition = number<PartitionIndex>(take_until(rest, '~'));
  const auto offset = number<std::int64_t>(take_until(rest, '~'));
  const auto life = number<std::uint32_t>(rest);
  if (!group || !is_topic_name(topic) || !partition || !offset || !life) return std::nullopt;
  if (*partition < 0 || *offset < 0) return std::nullopt;
  LetterName name{*std::move(group), std::string(topic), *partition, Offset(*offset), *life};
  // "01" and "-0" are numbers, too.
  if (id_of(name) != id) return std::nullopt;
  return name;
}

}  // namespace millrace::deadletter
