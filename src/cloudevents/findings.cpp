#include "findings.hpp"

#include <algorithm>

#include "ascii.hpp"
#include "known.hpp"
#include "millrace/core/base64.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/core/json_pointer.hpp"
#include "name_index.hpp"

namespace millrace::cloudevents {

namespace {

constexpr std::size_t shown_max = 64;  ///< bytes of a stranger's text in one fault

std::string shown(std::string_view text) { return escaped(text, shown_max); }

/// That the text is one of the type; true and false are judged by their own row.
bool is_of_type(ValueType type, std::string_view text) {
  switch (type) {
    case ValueType::binary: return from_base64(text).has_value();
    case ValueType::uri: return is_uri(text);
    case ValueType::uri_reference: return is_uri_reference(text);
    case ValueType::timestamp: return is_timestamp(text);
    case ValueType::string:
    case ValueType::boolean:
    case ValueType::integer: break;
  }
  return true;
}

}  // namespace

std::string Findings::pointer_to(std::string_view attribute) const {
  if (spelling_ != Spelling::json) return {};
  std::string out;
  if (element_) out = '/' + std::to_string(*element_);
  if (!attribute.empty()) out += '/' + pointer_token(attribute, shown_max);
  return out;
}

std::string Findings::header_of(std::string_view attribute) const {
  if (spelling_ == Spelling::json || attribute.empty()) return {};
  if (attribute == "datacontenttype") return "content-type";
  return (spelling_ == Spelling::http ? "ce-" : "ce_") + shown(attribute);
}

void Findings::put(Problem problem, std::string_view attribute, const Breach& breach, std::string detail) {
  faults_.push_back({.problem = element_ ? Problem::invalid_batch : problem,
                     .pointer = pointer_to(attribute),
                     .header = header_of(attribute),
                     .rule = std::string(breach.rule),
                     .detail = std::move(detail)});
}

void Findings::add(Problem problem, std::string_view attribute, std::optional<std::string_view> value,
                   const Breach& breach) {
  if (faults_.size() >= faults_max) return;
  std::string detail = attribute.empty() ? "an empty name" : shown(attribute);
  if (value) detail += " is \"" + shown(*value) + '"';
  put(problem, attribute, breach, detail + (value ? ": " : " ") + std::string(breach.must));
}

void Findings::add(Problem problem, const Breach& breach) {
  if (faults_.size() < faults_max) put(problem, {}, breach, std::string(breach.must));
}

bool Findings::has(std::string_view attribute) const {
  const std::string pointer = pointer_to(attribute), header = header_of(attribute);
  return std::any_of(faults_.begin(), faults_.end(),
                     [&](const Fault& fault) { return fault.pointer == pointer && fault.header == header; });
}

void judge(const Event& event, Strictness strictness, Findings& findings) {
  const SpecVersion version = spec_version_of(event.text("specversion"));
  unsigned present = 0;
  for (const Attribute& one : event.attributes) {
    if (const Known known = known_of(one.name); is_required(known)) present |= 1U << static_cast<unsigned>(known);
    if (!is_attribute_name(one.name)) {
      findings.add(Problem::invalid_cloudevent, one.name, std::nullopt,
                   {"CORE-7", "must be a name of a-z and 0-9, and not data"});
    } else if (const auto breach = check_attribute(one.name, one.text, version, strictness)) {
      const bool is_other_version = breach->rule == "CORE-6";
      findings.add(is_other_version ? Problem::unsupported_specversion : Problem::invalid_cloudevent, one.name,
                   one.text, *breach);
    } else if (one.type != ValueType::string && known_of(one.name) != Known::none) {
      findings.add(Problem::invalid_cloudevent, one.name, one.text, {"CORE-10", "must be a string"});
    } else if (one.type == ValueType::integer && !is_integer(one.text)) {
      findings.add(Problem::invalid_cloudevent, one.name, one.text,
                   {"CORE-11", "must be an integer of 32 bits, without fraction and exponent"});
    } else if (one.type == ValueType::boolean && one.text != "true" && one.text != "false") {
      findings.add(Problem::invalid_cloudevent, one.name, one.text, {"CORE-13", "must be true or false"});
    } else if (!is_of_type(one.type, one.text)) {
      findings.add(Problem::invalid_cloudevent, one.name, one.text,
                   {"CORE-10", "must be a value of the type that it has been given"});
    }
  }
  constexpr unsigned all = (1U << required_count) - 1;
  if (present == all) return;
  for (std::size_t at = 0; at < required_count; ++at) {
    if ((present >> at & 1U) != 0 || findings.has(required_names[at])) continue;
    findings.add(Problem::invalid_cloudevent, required_names[at], std::nullopt, {"CORE-2", "must be there"});
  }
}

void compare_versions(std::string_view first, const Event& event, Findings& findings) {
  const std::string_view own = event.text("specversion");
  if (own.empty() || first.empty() || own == first) return;
  findings.add(Problem::invalid_batch, "specversion", own,
               {"CORE-26", "must be that of the other events of the batch"});
}

Faults validate(const Event& event, Strictness strictness) {
  Findings findings(Spelling::json);
  NameIndex names;
  for (const Attribute& one : event.attributes) {
    if (!names.add(one.name).second) {
      findings.add(Problem::invalid_cloudevent, one.name, std::nullopt, {"CORE-9", "must be there only once"});
    }
  }
  judge(event, strictness, findings);
  return std::move(findings).take();
}

}  // namespace millrace::cloudevents
