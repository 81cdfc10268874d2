#include <forward_list>

#include "ascii.hpp"
#include "characters.hpp"
#include "findings.hpp"
#include "known.hpp"
#include "millrace/cloudevents/json.hpp"
#include "millrace/cloudevents/media_type.hpp"
#include "millrace/core/base64.hpp"
#include "name_index.hpp"
#include "scanner.hpp"

namespace millrace::cloudevents {

namespace {

constexpr std::size_t usual_attributes = 10;

/// Reads one object into one event. Functions that return false have met something that is not JSON; what is JSON and
/// no good event is a finding.
class ObjectReader {
 public:
  ObjectReader(Scanner& in, Event& event, Findings& findings) : in_(in), event_(event), findings_(findings) {}

  /// Requires: an object begins here.
  [[nodiscard]] bool read() {
    event_.attributes.reserve(usual_attributes);
    if (!in_.take('{')) return false;
    if (!in_.take('}')) {
      do {
        if (!member()) return false;
      } while (in_.take(','));
      if (!in_.take('}')) return false;
    }
    finish_data();
    judge(event_, Strictness::lenient, findings_);
    return true;
  }

 private:
  [[nodiscard]] bool member() {
    StringToken key;
    if (!in_.string(key) || !in_.take(':')) return false;
    const std::string_view name = name_of(key);
    if (!names_.add(name).second) {
      findings_.add(Problem::invalid_cloudevent, name, std::nullopt, {"CORE-9", "must be there only once"});
      std::string_view unused;
      return in_.value(unused);
    }
    if (name == "data") return in_.value(data_);
    if (name == "data_base64") return in_.value(data_base64_);
    return attribute(name);
  }

  /// Borrowed from the text, or from this reader.
  std::string_view name_of(const StringToken& key) {
    if (!key.has_escapes) return key.raw;
    std::string name;
    if (!decode(key, name)) return key.raw;
    return decoded_names_.emplace_front(std::move(name));
  }

  [[nodiscard]] bool attribute(std::string_view name) {
    if (in_.peek() == '"') {
      StringToken token;
      if (!in_.string(token)) return false;
      Attribute& added = event_.attributes.emplace_back();
      added.name = name;
      if (decode(token, added.text)) return true;
      event_.attributes.pop_back();
      findings_.add(Problem::invalid_cloudevent, name, token.raw, {"CORE-12", "must not hold half a surrogate pair"});
      return true;
    }
    std::string_view slice;
    if (!in_.value(slice)) return false;
    if (slice != "null") other_value(name, slice);
    return true;
  }

  void other_value(std::string_view name, std::string_view slice) {
    const bool is_boolean = slice == "true" || slice == "false";
    if (known_of(name) != Known::none) {
      findings_.add(Problem::invalid_cloudevent, name, slice, {"CORE-10", "must be a string"});
    } else if (slice.front() == '{' || slice.front() == '[') {
      findings_.add(Problem::invalid_cloudevent, name, slice, {"CORE-10", "must be a string, a boolean or an integer"});
    } else if (!is_boolean && !is_integer(slice)) {
      findings_.add(Problem::invalid_cloudevent, name, slice,
                    {"CORE-11", "must be an integer of 32 bits, without fraction and exponent"});
    } else {
      event_.attributes.push_back({.name = std::string(name),
                                   .text = std::string(slice),
                                   .type = is_boolean ? ValueType::boolean : ValueType::integer});
    }
  }

  void finish_data() {
    const bool has_base64 = !data_base64_.empty() && data_base64_ != "null";
    if (has_base64 && !data_.empty()) {
      return refuse("data", {"JSON-6", "must not be there beside data_base64"});
    }
    if (has_base64) return take_base64("data_base64", data_base64_);
    if (data_.empty()) return;
    if (is_encoded()) {
      std::erase_if(event_.attributes, [](const Attribute& one) { return one.name == "datacontentencoding"; });
      return take_base64("data", data_);
    }
    const Attribute* const type = event_.find("datacontenttype");
    if (type == nullptr || is_json(type->text)) {
      event_.data.emplace(data_);
      event_.json_data = type == nullptr;
      return;
    }
    if (data_ == "null") {
      return refuse("data", {"JSON-11", "must not be null, which is a JSON value, where datacontenttype is not JSON"});
    }
    StringToken token;
    if (!string_of(data_, token)) {
      return refuse("data", {"JSON-10", "must be a string where datacontenttype is not JSON"});
    }
    if (!decode(token, event_.data.emplace())) refuse("data", {"JSON-10", "must not hold half a surrogate pair"});
  }

  /// As version 0.3 says that data is in Base64. It then is a matter of this JSON, and no attribute of the event.
  [[nodiscard]] bool is_encoded() const {
    return data_.front() == '"' && spec_version_of(event_.text("specversion")) == SpecVersion::v0_3 &&
           equals_ignoring_case(event_.text("datacontentencoding"), "base64");
  }

  void take_base64(std::string_view member, std::string_view slice) {
    StringToken token;
    std::string text;
    if (string_of(slice, token) && decode(token, text)) event_.data = from_base64(text);
    if (!event_.data) refuse(member, {"JSON-5", "must be a string of Base64 (RFC 4648, section 4)"});
  }

  void refuse(std::string_view member, const Breach& breach) {
    findings_.add(Problem::malformed_event, member, std::nullopt, breach);
  }

  /// Requires: a slice of Scanner::value().
  static bool string_of(std::string_view slice, StringToken& token) { return Scanner(slice).string(token); }

  Scanner& in_;
  Event& event_;
  Findings& findings_;
  NameIndex names_;
  std::forward_list<std::string> decoded_names_;  // Names stay where they are: names_ borrows them.
  std::string_view data_;                         // The text of the value, or empty when there is none.
  std::string_view data_base64_;
};

Faults not_json(std::string_view rule, const Scanner& in) {
  return {{.problem = Problem::malformed_event,
           .rule = std::string(rule),
           .detail = "the text is not JSON, or too deep, at byte " + std::to_string(in.at())}};
}

Faults malformed(std::string_view rule, std::string detail) {
  return {{.problem = Problem::malformed_event, .rule = std::string(rule), .detail = std::move(detail)}};
}

}  // namespace

Judged<Event> parse_json(std::string_view text) {
  if (!is_valid_utf8(text)) return tl::unexpected(malformed("JSON-1", "the text is not UTF-8"));
  Scanner in(text);
  if (in.peek() != '{') return tl::unexpected(malformed("JSON-1", "the text must be one JSON object"));
  Event event;
  Findings findings(Spelling::json);
  if (!ObjectReader(in, event, findings).read() || !in.is_done()) return tl::unexpected(not_json("JSON-1", in));
  if (!findings.empty()) return tl::unexpected(std::move(findings).take());
  return event;
}

Judged<std::vector<Event>> parse_json_batch(std::string_view text) {
  if (!is_valid_utf8(text)) return tl::unexpected(malformed("JSON-13", "the text is not UTF-8"));
  Scanner in(text);
  if (!in.take('[')) return tl::unexpected(malformed("JSON-13", "the text must be one JSON array"));
  std::vector<Event> events;
  std::string version;
  Findings findings(Spelling::json);
  bool done = in.take(']');
  for (std::size_t index = 0; !done; ++index) {
    findings.begin_element(index);
    Event event;
    if (in.peek() == '{') {
      if (!ObjectReader(in, event, findings).read()) return tl::unexpected(not_json("JSON-13", in));
      if (version.empty()) version = event.text("specversion");
      compare_versions(version, event, findings);
    } else {
      std::string_view unused;
      if (!in.value(unused)) return tl::unexpected(not_json("JSON-13", in));
      findings.add(Problem::invalid_batch, {"JSON-13", "each element of a batch must be an object"});
    }
    if (findings.empty()) events.push_back(std::move(event));
    done = in.take(']');
    if (!done && !in.take(',')) return tl::unexpected(not_json("JSON-13", in));
  }
  if (!in.is_done()) return tl::unexpected(not_json("JSON-13", in));
  if (!findings.empty()) return tl::unexpected(std::move(findings).take());
  return events;
}

std::vector<std::string_view> split_json_batch(std::string_view text) {
  std::vector<std::string_view> elements;
  Scanner in(text);
  if (!in.take('[') || in.take(']')) return elements;
  do {
    std::string_view element;
    if (!in.value(element)) break;
    elements.push_back(element);
  } while (in.take(','));
  return elements;
}

bool is_json_text(std::string_view bytes) {
  Scanner in(bytes);
  std::string_view unused;
  return in.value(unused) && in.is_done() && is_valid_utf8(bytes);
}

}  // namespace millrace::cloudevents
