#include "json_text.hpp"

#include <algorithm>

namespace millrace::cli {

namespace {

/// From token to token of a text that is JSON.
class Indenter {
 public:
  explicit Indenter(std::string_view text) : text_(text) {}

  std::string run() {
    for (; at_ < text_.size(); ++at_) step(text_[at_]);
    return std::move(out_);
  }

 private:
  void step(char c) {
    switch (c) {
      case ' ':
      case '\t':
      case '\n':
      case '\r': return;
      case '"': return take_string();
      case '{':
      case '[': return open(c);
      case '}':
      case ']':
        --level_;
        new_line();
        break;
      case ':': out_ += ": "; return;
      case ',': out_ += c; return new_line();
      default: break;
    }
    out_ += c;
  }
  void new_line() {
    out_ += '\n';
    out_.append(level_ * 2, ' ');
  }
  void open(char c) {
    out_ += c;
    const auto next = text_.find_first_not_of(" \t\n\r", at_ + 1);
    if (text_[next] == '}' || text_[next] == ']') {
      out_ += text_[next];
      at_ = next;
      return;
    }
    ++level_;
    new_line();
  }
  void take_string() {
    const auto begin = at_++;
    while (text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    out_ += text_.substr(begin, at_ + 1 - begin);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t level_ = 0;
  std::string out_;
};

/// Behind the string that begins at `at`.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; text[at] != '"'; ++at) at += text[at] == '\\' ? 1 : 0;
  return at + 1;
}

std::size_t end_of_blanks(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(" \t\n\r", at), text.size());
}

/// Behind the value that begins at `at`: at the comma or bracket of what it stands in.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  for (int depth = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_string(text, at);
      continue;
    }
    if (depth == 0 && (c == ',' || c == '}' || c == ']')) break;
    depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
    ++at;
  }
  return at;
}

}  // namespace

std::optional<std::string> written_member(std::string_view object, std::string_view name) {
  auto at = end_of_blanks(object, object.find('{') + 1);
  std::optional<std::string> found;
  while (object[at] == '"') {
    const auto name_end = end_of_string(object, at);
    const bool is_it = object.substr(at + 1, name_end - at - 2) == name;
    const auto value = end_of_blanks(object, object.find(':', name_end) + 1);
    const auto end = end_of_value(object, value);
    if (is_it) {
      found = object.substr(value, end - value);
      found->erase(found->find_last_not_of(" \t\n\r") + 1);
    }
    at = end_of_blanks(object, end + 1);
    if (at >= object.size()) break;
  }
  return found;
}

std::vector<std::string> written_elements(std::string_view array) {
  std::vector<std::string> elements;
  for (auto at = end_of_blanks(array, array.find('[') + 1); at < array.size() && array[at] != ']';) {
    const auto end = end_of_value(array, at);
    auto& element = elements.emplace_back(array.substr(at, end - at));
    element.erase(element.find_last_not_of(" \t\r\n") + 1);
    at = end < array.size() && array[end] == ',' ? end_of_blanks(array, end + 1) : end;
  }
  return elements;
}

std::string in_one_line(std::string json) {
  for (auto& c : json) c = c == '\n' || c == '\r' ? ' ' : c;
  return json;
}

Result<Json> parse_json(std::string_view text) {
  bool is_deep = false;
  const auto watch = [&is_deep](int depth, Json::parse_event_t, Json&) {
    is_deep = is_deep || depth > json_depth_max;
    return !is_deep;
  };
  try {
    auto parsed = Json::parse(text, watch);
    if (is_deep) return failure(Errc::invalid, "is nested deeper than " + std::to_string(json_depth_max) + " levels");
    return parsed;
  } catch (const Json::parse_error& fault) {
    return failure(Errc::invalid, "is no JSON at byte " + std::to_string(fault.byte));
  }
}

std::optional<std::string> indented(std::string_view text) {
  if (!parse_json(text)) return std::nullopt;
  return Indenter(text).run();
}

}  // namespace millrace::cli
