#include "record_format.hpp"

#include <charconv>

#include "millrace/core/escaped.hpp"
#include "times.hpp"

namespace millrace::cli {

namespace {

constexpr std::string_view known = "tpoTDkvhKV";

std::string headers_text(const Record& record) {
  std::string out;
  for (const auto& [name, value] : record.headers) {
    out += (out.empty() ? "" : ",") + name + "=" + value.value_or("");
  }
  return out;
}

std::string length_text(const std::optional<std::string>& bytes) {
  return bytes ? std::to_string(bytes->size()) : "-1";
}

std::string part_of(char what, const Record& record) {
  switch (what) {
    case 't': return record.topic;
    case 'p': return std::to_string(record.partition);
    case 'o': return std::to_string(record.offset);
    case 'T': return std::to_string(record.timestamp);
    case 'D': return record.timestamp < 0 ? "" : time_text(record.timestamp);
    case 'k': return record.key.value_or("");
    case 'v': return record.value.value_or("");
    case 'h': return headers_text(record);
    case 'K': return length_text(record.key);
    default: return length_text(record.value);
  }
}

}  // namespace

Result<std::string> unescaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') {
      out += text[at];
      continue;
    }
    const auto wrong = [&] {
      return failure(Errc::invalid, "\"" + escaped(text.substr(at, 2)) + "\" in \"" + escaped(text) +
                                        "\" is none of \\n, \\t, \\r, \\0, \\\\, \\xNN");
    };
    if (++at == text.size()) return --at, wrong();
    constexpr std::string_view letters = "ntr0\\", meanings{"\n\t\r\0\\", 5};
    if (const auto letter = letters.find(text[at]); letter != letters.npos) {
      out += meanings[letter];
      continue;
    }
    unsigned byte = 0;
    const auto digits = text.substr(at + 1, 2);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    const bool is_hex = text[at] == 'x' && digits.size() == 2 && error == std::errc{} && end == digits.data() + 2;
    if (!is_hex) return --at, wrong();
    out += static_cast<char>(byte);
    at += 2;
  }
  return out;
}

Result<RecordFormat> RecordFormat::parse(std::string_view text) {
  RecordFormat format;
  for (std::size_t at = 0; at < text.size();) {
    const auto percent = std::min(text.find('%', at), text.size());
    auto plain = unescaped(text.substr(at, percent - at));
    if (!plain) return failure_of(plain);
    if (!plain->empty()) format.pieces_.push_back({0, std::move(*plain)});
    if (percent == text.size()) break;
    const char what = percent + 1 < text.size() ? text[percent + 1] : '\0';
    if (what == '%') {
      format.pieces_.push_back({0, "%"});
    } else if (what != '\0' && known.find(what) != known.npos) {
      format.pieces_.push_back({what, ""});
    } else {
      return failure(Errc::invalid, "\"" + escaped(text.substr(percent, 2)) + "\" in the format \"" + escaped(text) +
                                        "\" is none of %t %p %o %T %D %k %v %h %K %V %%");
    }
    at = percent + 2;
  }
  return format;
}

std::string RecordFormat::text(const Record& record) const {
  std::string out;
  for (const auto& piece : pieces_) out += piece.what == 0 ? piece.text : part_of(piece.what, record);
  return out;
}

}  // namespace millrace::cli
