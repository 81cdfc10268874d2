#include "millrace/filter/dialects.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "builder.hpp"
#include "millrace/cloudevents/rules.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/core/json_pointer.hpp"
#include "parser.hpp"

namespace millrace::filter {

namespace {

using Json = nlohmann::json;

/// Writes each filter as instructions that leave a Boolean. Once wrong, it stays wrong.
class FilterReader {
 public:
  explicit FilterReader(Builder& into) : into_(into) {}

  /// AND or OR over an array; an empty one is true.
  [[nodiscard]] bool array(const Json& filters, const std::string& pointer, bool is_any, std::size_t depth) {
    if (filters.empty()) {
      into_.emit({.op = Op::boolean, .number = 1});
      return true;
    }
    std::vector<std::uint32_t> jumps;
    for (std::size_t at = 0; at < filters.size(); ++at) {
      if (at > 0) jumps.push_back(into_.emit({.op = is_any ? Op::or_else : Op::and_then}));
      if (!filter(filters[at], pointer + "/" + std::to_string(at), depth)) return false;
    }
    for (const auto jump : jumps) into_.land(jump);
    return true;
  }

  [[nodiscard]] FilterFault& fault() { return fault_; }

 private:
  [[nodiscard]] bool filter(const Json& one, const std::string& pointer, std::size_t depth) {
    if (depth > limits::filters_depth_max) {
      return fail(pointer, std::to_string(limits::filters_depth_max) + " filters inside of each other are the most");
    }
    if (!is_counted(pointer)) return false;
    if (!one.is_object() || one.size() != 1) {
      return fail(pointer, "must be an object with one member, whose name is the dialect");
    }
    const auto& dialect = one.begin().key();
    const auto& value = one.begin().value();
    const auto inner = pointer + "/" + pointer_token(dialect);
    if (dialect == "exact") return members(value, inner, Op::exactly);
    if (dialect == "prefix") return members(value, inner, Op::begins);
    if (dialect == "suffix") return members(value, inner, Op::ends);
    if (dialect == "sql" || dialect == "cesql") return sql(value, inner);
    if (dialect == "all" || dialect == "any") {
      if (value.is_array() && !value.empty()) return array(value, inner, dialect == "any", depth + 1);
      return fail(inner, "must be an array of at least one filter");
    }
    if (dialect != "not") {
      return fail(pointer, "\"" + escaped(dialect, 64) +
                               "\" is not a dialect: exact, prefix, suffix, all, any, not and sql are");
    }
    if (!filter(value, inner, depth + 1)) return false;
    into_.emit({.op = Op::invert});
    return true;
  }

  /// SUB-9: every one of them, as one filter.
  [[nodiscard]] bool members(const Json& value, const std::string& pointer, Op test) {
    if (!value.is_object() || value.empty()) {
      return fail(pointer, "must be an object of at least one attribute and its text");
    }
    std::vector<std::uint32_t> jumps;
    bool is_first = true;
    for (const auto& [name, text] : value.items()) {
      const auto inner = pointer + "/" + pointer_token(name);
      if (!cloudevents::is_attribute_name(name)) {
        return fail(inner, "\"" + escaped(name, 64) + "\" can be no attribute: names are of a-z and 0-9");
      }
      if (!text.is_string() || text.get_ref<const std::string&>().empty()) {
        return fail(inner, "must be a string that is not empty");
      }
      if (!std::exchange(is_first, false)) {
        if (!is_counted(inner)) return false;
        jumps.push_back(into_.emit({.op = Op::and_then}));
      }
      const auto look = into_.emit(Op::attribute_or, name);
      into_.emit({.op = test, .text = into_.keep(text.get_ref<const std::string&>())});
      into_.land(look);
    }
    for (const auto jump : jumps) into_.land(jump);
    return true;
  }

  /// SUB-11.
  [[nodiscard]] bool sql(const Json& value, const std::string& pointer) {
    if (!value.is_string()) return fail(pointer, "must be a string: an expression of CESQL");
    const auto guard = into_.emit({.op = Op::guard});
    if (const auto type =
            Parser(value.get_ref<const std::string&>(), into_, UnknownFunctions::fail_when_called).parse();
        !type) {
      return fail(pointer, type.error().message);
    }
    into_.land(guard);
    into_.emit({.op = Op::verdict});
    return true;
  }

  [[nodiscard]] bool is_counted(const std::string& pointer) {
    if (++count_ <= limits::filters_max) return true;
    return fail(pointer, std::to_string(limits::filters_max) + " filters are the most");
  }

  bool fail(const std::string& pointer, std::string detail) {
    fault_ = {.pointer = pointer, .detail = std::move(detail)};
    return false;
  }

  Builder& into_;
  FilterFault fault_;
  std::size_t count_ = 0;
};

}  // namespace

tl::expected<Expression, FilterFault> parse_filters(std::string_view json) {
  const auto wrong = [](std::string detail) {
    return tl::unexpected(FilterFault{.pointer = {}, .detail = std::move(detail)});
  };
  if (json.size() > limits::filters_bytes_max) {
    return wrong("the filters have " + std::to_string(json.size()) + " bytes; " +
                 std::to_string(limits::filters_bytes_max) + " are the most");
  }
  const auto filters = Json::parse(json, nullptr, false);
  if (filters.is_discarded()) return wrong("the filters are not JSON");
  if (!filters.is_array()) return wrong("must be an array of filters");
  Builder builder(json.size());
  FilterReader reader(builder);
  if (!reader.array(filters, {}, false, 1)) return tl::unexpected(std::move(reader.fault()));
  if (auto excess = builder.excess()) return wrong(*std::move(excess));
  return builder.finish(Type::boolean);
}

}  // namespace millrace::filter
