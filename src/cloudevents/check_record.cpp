// The judgement of records on their way in. Everything up to a refusal works on views; texts are made for a fault only.

#include <array>

#include "kafka_names.hpp"
#include "known.hpp"
#include "millrace/cloudevents/json.hpp"
#include "millrace/cloudevents/kafka.hpp"
#include "millrace/cloudevents/media_type.hpp"
#include "millrace/cloudevents/protobuf.hpp"
#include "millrace/cloudevents/rules.hpp"
#include "millrace/core/escaped.hpp"
#include "name_index.hpp"
#include "slot.hpp"

namespace millrace::cloudevents {

namespace {

constexpr std::size_t shown_max = 64;  ///< bytes of a stranger's text in one fault

using Value = std::optional<std::string_view>;

/// A fault whose text is not written yet.
struct Suspect {
  std::string_view header{};
  Value value{};
  Breach breach{};
  Problem problem = Problem::invalid_cloudevent;
};

[[gnu::cold]] Fault fault_of(const Suspect& suspect) {
  Fault fault{.problem = suspect.problem,
              .header = escaped(suspect.header, shown_max),
              .rule = std::string(suspect.breach.rule),
              .detail = escaped(suspect.header, shown_max)};
  if (suspect.value) fault.detail += " is \"" + escaped(*suspect.value, shown_max) + "\":";
  if (!fault.detail.empty()) fault.detail += ' ';
  fault.detail += suspect.breach.must;
  return fault;
}

/// What the headers of one record say, and the first of them that is wrong.
class Walk {
 public:
  explicit Walk(Strictness strictness) : strict_(strictness == Strictness::strict) {}

  void take(const record::HeaderView& header) {
    const Value value = header.value ? Value(as_text(*header.value)) : std::nullopt;
    if (is_attribute(header.key)) {
      attribute(header.key, value);
    } else if (is_content_type(header.key)) {
      content_type(header.key, value);
    }
  }

  [[nodiscard]] bool has_content_type() const { return has_content_type_; }
  [[nodiscard]] std::string_view content_type() const {
    return has_content_type_ ? content_type_.view() : std::string_view();
  }
  [[nodiscard]] bool has_attributes() const { return has_attributes_; }
  [[nodiscard]] bool has_all_required() const { return (seen_ & all_required) == all_required; }

  /// As in binary mode.
  [[nodiscard]] std::optional<Fault> verdict() {
    if ((seen_ & all_required) == 0) {
      return fault_of({.breach = {"KAF-3",
                                  "neither a content-type of an event nor one of ce_specversion, "
                                  "ce_id, ce_source and ce_type is there"},
                       .problem = Problem::not_a_cloudevent});
    }
    for (std::size_t at = 0; at < required_count; ++at) judge_required(at);
    if (strict_) judge_the_rest();
    if (!suspect_) return std::nullopt;
    return fault_of(*suspect_);
  }

  /// What is wrong with the headers though their value is a structured event.
  [[nodiscard]] std::optional<Fault> verdict_beside_structured() const {
    if (!strict_) return std::nullopt;
    if (has_attributes_) return fault_of({.breach = {"KAF-12", "ce_ headers must not repeat a structured event"}});
    if (suspect_) return fault_of(*suspect_);
    return std::nullopt;
  }

 private:
  static constexpr unsigned all_required = (1U << required_count) - 1;
  static constexpr unsigned bit(Known known) { return 1U << static_cast<unsigned>(known); }

  void attribute(std::string_view key, const Value& value) {
    has_attributes_ = true;
    const std::string_view name = attribute_of(key);
    const Known known = known_of(name);
    if (strict_) judge_attribute(key, name, known, value);
    if (!value || known == Known::none) return;
    seen_ |= bit(known);
    const auto at = static_cast<std::size_t>(known);
    keys_[at].put(key);
    values_[at].put(*value);
  }

  void judge_attribute(std::string_view key, std::string_view name, Known known, const Value& value) {
    if (!value) return suspect(key, value, {"KAF-6", "must not be null"});
    if (!key.starts_with(attribute_prefix)) return suspect(key, value, {"KAF-6", "must begin with ce_ in lower case"});
    if (known == Known::none) {
      if (!is_attribute_name(name)) {
        return suspect(key, value, {"CORE-7", "must be named by a-z and 0-9, and not ce_data"});
      }
      if (!is_string(*value)) return suspect(key, value, *check_attribute(name, *value, SpecVersion::v1_0));
      if (!names_.add(name).second) return suspect(key, value, {"CORE-9", "must be there only once"});
    } else if ((seen_ & bit(known)) != 0) {
      return suspect(key, value, {"CORE-9", "must be there only once"});
    }
  }

  void content_type(std::string_view key, const Value& value) {
    if (strict_) {
      if (!value) return suspect(key, value, {"KAF-5", "must not be null"});
      if (key != content_type_header) suspect(key, value, {"KAF-5", "must be named in lower case"});
      if (has_content_type_) suspect(key, value, {"CORE-9", "must be there only once"});
    }
    if (!value) return;
    has_content_type_ = true;
    content_type_.put(*value);
  }

  void judge_required(std::size_t at) {
    if ((seen_ >> at & 1U) == 0) {
      if (!suspect_) missing_ = std::string(attribute_prefix).append(required_names[at]);
      return suspect(missing_, std::nullopt, {"CORE-2", "must be there"});
    }
    judge_known(static_cast<Known>(at), required_names[at]);
  }

  void judge_the_rest() {
    if (has_content_type_ && content_type() != json_type && !is_media_type(content_type())) {
      suspect(content_type_header, content_type(), *check_attribute("datacontenttype", content_type(), version()));
    }
    if ((seen_ & bit(Known::datacontenttype)) != 0) {
      suspect(keys_[static_cast<std::size_t>(Known::datacontenttype)].view(), std::nullopt,
              {"KAF-5", "must not be there: content-type is where it belongs"});
    }
    judge_known(Known::datacontentencoding, "datacontentencoding");
    judge_known(Known::dataschema, "dataschema");
    judge_known(Known::schemaurl, "schemaurl");
    judge_known(Known::subject, "subject");
    judge_known(Known::time, "time");
  }

  void judge_known(Known known, std::string_view name) {
    if ((seen_ & bit(known)) == 0) return;
    const auto at = static_cast<std::size_t>(known);
    const Strictness strictness = strict_ ? Strictness::strict : Strictness::lenient;
    if (const auto breach = check_attribute(name, values_[at].view(), version(), strictness)) {
      const bool is_other_version = breach->rule == "CORE-6";
      suspect(keys_[at].view(), values_[at].view(), *breach,
              is_other_version ? Problem::unsupported_specversion : Problem::invalid_cloudevent);
    }
  }

  [[nodiscard]] SpecVersion version() const {
    if ((seen_ & bit(Known::specversion)) == 0) return SpecVersion::unknown;
    return spec_version_of(values_[static_cast<std::size_t>(Known::specversion)].view());
  }

  [[gnu::cold]] void suspect(std::string_view header, const Value& value, const Breach& breach,
                             Problem problem = Problem::invalid_cloudevent) {
    if (!suspect_) suspect_ = {.header = header, .value = value, .breach = breach, .problem = problem};
  }

  static constexpr auto known_count = static_cast<std::size_t>(Known::none);

  bool strict_;
  bool has_attributes_ = false;
  bool has_content_type_ = false;
  unsigned seen_ = 0;                     ///< one bit for each Known; a null value is not there
  std::array<Slot, known_count> keys_;    // Only those in `seen_` have been written: a header is shorter than 2 GiB.
  std::array<Slot, known_count> values_;  // The last of each.
  Slot content_type_;
  NameIndex names_;  // Extensions.
  std::string missing_;
  std::optional<Suspect> suspect_;
};

/// A fault that makes it no event at all, whatever else is judged.
bool is_essential(const Fault& fault) {
  if (fault.pointer.empty() || fault.problem == Problem::malformed_event) return true;
  const Known known = known_of(std::string_view(fault.pointer).substr(1));
  return is_required(known);
}

/// Nothing: it is a good one.
Faults faults_of(std::string_view value, Format format, Strictness strictness) {
  auto event = format == Format::json ? parse_json(value) : parse_protobuf(value, strictness);
  if (!event) return std::move(event).error();
  if (format == Format::json && strictness == Strictness::strict) return validate(*event, strictness);
  return {};
}

std::optional<Fault> check_structured(std::optional<ByteView> value, Format format, Validation validation) {
  if (!value) {
    return fault_of(
        {.breach = {"KAF-7", "the value of a structured event is null"}, .problem = Problem::malformed_event});
  }
  const bool is_strict = validation == Validation::strict;
  for (Fault& fault : faults_of(as_text(*value), format, is_strict ? Strictness::strict : Strictness::lenient)) {
    if (is_strict || is_essential(fault)) return std::move(fault);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Fault> check_record(ByteView headers, std::int32_t header_count, std::optional<ByteView> value,
                                  Validation validation, Unmarked unmarked) {
  if (validation == Validation::none) return std::nullopt;
  const bool strict = validation == Validation::strict;
  Walk walk(strict ? Strictness::strict : Strictness::lenient);
  record::HeaderCursor cursor(headers, header_count);
  for (record::HeaderView header; cursor.next(header);) walk.take(header);

  switch (mode_of(walk.content_type())) {
    case Mode::binary: break;
    case Mode::structured:
      if (auto fault = walk.verdict_beside_structured()) return fault;
      return check_structured(value, format_of(walk.content_type()), validation);
    case Mode::batch:
      if (!strict && walk.has_all_required()) break;
      return fault_of({.header = content_type_header,
                       .value = walk.content_type(),
                       .breach = {"KAF-1", "must not be a batch: a record holds one event"},
                       .problem = Problem::unsupported_event_format});
    case Mode::unsupported:
      if (!strict) return std::nullopt;
      return fault_of({.header = content_type_header,
                       .value = walk.content_type(),
                       .breach = {"KAF-4", "must be a format that is known here"},
                       .problem = Problem::unsupported_event_format});
  }
  const bool may_be_unmarked = !strict && unmarked == Unmarked::recognised && !walk.has_attributes() && value &&
                               (!walk.has_content_type() || is_json(walk.content_type()));
  if (may_be_unmarked && parse_json(as_text(*value))) return std::nullopt;
  return walk.verdict();
}

}  // namespace millrace::cloudevents
