#include "millrace/cloudevents/http.hpp"

#include <algorithm>

#include "ascii.hpp"
#include "characters.hpp"
#include "findings.hpp"
#include "known.hpp"
#include "name_index.hpp"

namespace millrace::cloudevents {

namespace {

constexpr std::string_view prefix = "ce-";
constexpr std::string_view hex = "0123456789ABCDEF";

bool stands_for_itself(char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '%'; }
bool is_beyond_ascii(char c) { return static_cast<std::uint8_t>(c) > 0x7f; }

/// The inside of a quoted-string of RFC 9110 with its escapes resolved; nothing when the value is none, as `"a" or
/// "b"`.
std::optional<std::string> unquoted(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::nullopt;
  const std::string_view inside = value.substr(1, value.size() - 2);
  std::string out;
  for (std::size_t at = 0; at < inside.size(); ++at) {
    if (inside[at] == '"') return std::nullopt;
    if (inside[at] == '\\' && ++at == inside.size()) return std::nullopt;
    out += inside[at];
  }
  return out;
}

std::string from_latin1(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) append_utf8(out, static_cast<std::uint8_t>(c));
  return out;
}

bool is_escape(std::string_view text) {
  return text.size() >= 3 && text[0] == '%' && hex_of(text[1]) >= 0 && hex_of(text[2]) >= 0;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const bool escape = is_escape(text);
    out += escape ? static_cast<char>(hex_of(text[1]) * 16 + hex_of(text[2])) : text[0];
    text.remove_prefix(escape ? 3 : 1);
  }
  return out;
}

bool has_raw_percent(std::string_view text) {
  for (auto at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    if (!is_escape(text.substr(at))) return true;
  }
  return false;
}

constexpr Breach not_encoded{"HTTP-8", "must be percent-encoded"};
constexpr Breach not_utf8{"HTTP-10", "must have escapes that are UTF-8"};
constexpr Breach no_string{"CORE-12", "must not hold control characters and noncharacters"};

/// Reads the message's headers into an event.
class HeaderReader {
 public:
  HeaderReader(Strictness strictness, Leniencies& forgiven) : strictness_(strictness), forgiven_(forgiven) {}

  void read(const HeaderField& header) {
    if (!starts_ignoring_case(header.name, prefix)) return;
    std::string name(header.name.substr(prefix.size()));
    std::transform(name.begin(), name.end(), name.begin(), lower);
    if (name == "datacontenttype") {
      ce_datacontenttype_ = trimmed(header.value);
      return;
    }
    if (is_required(known_of(name))) has_required_ = true;
    auto text = decode_header_value(header.value, strictness_, &forgiven_);
    if (text) {
      event_.attributes.push_back({.name = std::move(name), .text = std::move(*text)});
      return;
    }
    const bool encoding = text.error().rule != no_string.rule;
    findings_.add(encoding ? Problem::invalid_header_encoding : Problem::invalid_cloudevent, name, header.value,
                  text.error());
  }

  void read_content_type(std::optional<std::string_view> content_type) {
    if (ce_datacontenttype_) judge_ce_datacontenttype(content_type);
    if (!content_type) content_type = ce_datacontenttype_;
    if (content_type) {
      event_.attributes.push_back({.name = "datacontenttype", .text = std::string(trimmed(*content_type))});
    }
  }

  Judged<Event> finish(std::string_view body) && {
    if (!has_required_) {
      return tl::unexpected(Faults{{.problem = Problem::not_a_cloudevent,
                                    .rule = "HTTP-14",
                                    .detail = "none of ce-specversion, ce-id, ce-source and ce-type is there"}});
    }
    judge_names();
    judge(event_, strictness_, findings_);
    if (!findings_.empty()) return tl::unexpected(std::move(findings_).take());
    if (has_relative_schema()) ++forgiven_.relative_dataschema;
    if (!body.empty()) event_.data.emplace(body);
    return std::move(event_);
  }

 private:
  /// Requires: a good event.
  [[nodiscard]] bool has_relative_schema() const {
    const Attribute* const schema = event_.find("dataschema");
    return schema != nullptr && spec_version_of(event_.text("specversion")) == SpecVersion::v1_0 &&
           !is_uri(schema->text);
  }

  void judge_ce_datacontenttype(std::optional<std::string_view> content_type) {
    const bool differs = content_type && trimmed(*content_type) != *ce_datacontenttype_;
    if (!differs && strictness_ == Strictness::lenient) {
      ++forgiven_.ce_datacontenttype;
      return;
    }
    findings_.add(Problem::invalid_cloudevent, "datacontenttype", ce_datacontenttype_,
                  {"HTTP-5", "must not be sent as ce-datacontenttype, and not differ from Content-Type"});
  }

  void judge_names() {
    NameIndex names;
    for (const Attribute& one : event_.attributes) {
      if (!names.add(one.name).second) {
        findings_.add(Problem::invalid_cloudevent, one.name, one.text, {"CORE-9", "must be there only once"});
      }
    }
  }

  Strictness strictness_;
  Leniencies& forgiven_;
  Event event_;
  Findings findings_{Spelling::http};
  std::optional<std::string_view> ce_datacontenttype_;
  bool has_required_ = false;
};

}  // namespace

Leniencies& Leniencies::operator+=(const Leniencies& other) {
  raw_percent += other.raw_percent;
  raw_space_or_quote += other.raw_space_or_quote;
  raw_utf8 += other.raw_utf8;
  raw_latin1 += other.raw_latin1;
  ce_datacontenttype += other.ce_datacontenttype;
  relative_dataschema += other.relative_dataschema;
  return *this;
}

std::string encode_header_value(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (stands_for_itself(c)) {
      out += c;
      continue;
    }
    out += '%';
    out += hex[static_cast<std::uint8_t>(c) >> 4U];
    out += hex[static_cast<std::uint8_t>(c) & 15U];
  }
  return out;
}

tl::expected<std::string, Breach> decode_header_value(std::string_view value, Strictness strictness,
                                                      Leniencies* forgiven) {
  value = trimmed(value);
  if (std::all_of(value.begin(), value.end(), stands_for_itself)) return std::string(value);
  Leniencies seen;
  std::string text(value);
  if (auto inside = unquoted(value)) {
    text = std::move(*inside);
  } else if (value.find_first_of(" \"") != std::string_view::npos) {
    ++seen.raw_space_or_quote;
  }
  if (has_raw_percent(text)) ++seen.raw_percent;
  if (std::any_of(text.begin(), text.end(), is_beyond_ascii)) {
    if (is_valid_utf8(text)) {
      ++seen.raw_utf8;
    } else {
      ++seen.raw_latin1;
      text = from_latin1(text);
    }
  }
  if (strictness == Strictness::strict && seen != Leniencies{}) return tl::unexpected(not_encoded);
  text = percent_decoded(text);
  if (!is_valid_utf8(text)) return tl::unexpected(not_utf8);
  if (!is_string(text)) return tl::unexpected(no_string);
  if (forgiven != nullptr) *forgiven += seen;
  return text;
}

Judged<Event> from_http(std::optional<std::string_view> content_type, std::span<const HeaderField> headers,
                        std::string_view body, Strictness strictness, Leniencies* forgiven) {
  Leniencies unused;
  HeaderReader reader(strictness, forgiven == nullptr ? unused : *forgiven);
  for (const HeaderField& header : headers) reader.read(header);
  reader.read_content_type(content_type);
  return std::move(reader).finish(body);
}

std::vector<std::pair<std::string, std::string>> http_headers_of(const Event& event) {
  std::vector<std::pair<std::string, std::string>> headers;
  headers.reserve(event.attributes.size());
  for (const Attribute& one : event.attributes) {
    if (one.name == "datacontenttype") continue;
    headers.emplace_back(std::string(prefix) + one.name, encode_header_value(one.text));
  }
  return headers;
}

}  // namespace millrace::cloudevents
