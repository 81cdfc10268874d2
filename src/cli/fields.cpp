#include "fields.hpp"

#include "millrace/core/escaped.hpp"
#include "progress.hpp"

namespace millrace::cli {

std::string text_of(const Json& object, const char* field) {
  const auto found = object.find(field);
  if (found == object.end() || found->is_null()) return "-";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

std::string line(const char* title, const std::string& text) { return std::string(title) + escaped(text) + "\n"; }

std::string id_of(const Json& object, const char* field) { return escaped(text_of(object, field)) + "\n"; }

std::string ids_of(const Json& body, const char* list, const char* field) {
  std::string out;
  for (const auto& each : body.at(list)) out += id_of(each, field);
  return out;
}

std::string bytes_text(const Json& value) { return value.is_number() ? size_text(value.get<std::uint64_t>()) : "-"; }

}  // namespace millrace::cli
