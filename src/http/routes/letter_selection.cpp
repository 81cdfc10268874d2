#include "letter_selection.hpp"

#include <limits>

#include "millrace/core/escaped.hpp"
#include "millrace/core/rfc3339.hpp"
#include "millrace/filter/cesql.hpp"

namespace millrace::http::routes {

namespace {

constexpr std::size_t ids_max = 1'000;

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const auto end = std::min(text.find(','), text.size());
    parts.emplace_back(text.substr(0, end));
    if (end == text.size()) return parts;
    text.remove_prefix(end + 1);
  }
}

Result<std::vector<delivery::Reason>> reasons_of(const std::vector<std::string>& names) {
  std::vector<delivery::Reason> reasons;
  for (const auto& name : names) {
    std::optional<delivery::Reason> found;
    for (std::int8_t number = 0; number <= delivery::newest_reason; ++number) {
      const auto reason = static_cast<delivery::Reason>(number);
      if (delivery::name_of(reason) == name) found = reason;
    }
    if (!found)
      return failure(Errc::invalid, "reason: \"" + escaped(name) + "\" is none of the reasons of dead letters");
    reasons.push_back(*found);
  }
  return reasons;
}

Result<Timestamp> moment_of(const char* name, const std::optional<std::string>& text) {
  if (!text) return no_timestamp;
  const auto time = parse_rfc3339(*text);
  if (!time || *time < 0)
    return failure(Errc::invalid, std::string(name) + ": \"" + escaped(*text) + "\" is no time of RFC 3339 since 1970");
  return *time;
}

/// What stands in a query and in a body alike.
Result<void> read_common(redrive::Selection& into, const std::optional<std::string>& where,
                         const std::vector<std::string>& reasons, const std::optional<std::string>& since,
                         const std::optional<std::string>& until) {
  if (where) {
    auto filter = filter::parse_cesql(*where, filter::UnknownFunctions::refused);
    if (!filter) return Failure(filter.error().within("where"));
    into.where = std::move(*filter);
  }
  auto named = reasons_of(reasons);
  if (!named) return failure_of(named);
  into.reasons = std::move(*named);
  const auto from = moment_of("since", since);
  if (!from) return failure_of(from);
  const auto to = moment_of("until", until);
  if (!to) return failure_of(to);
  into.since = *from;
  into.until = *to;
  return {};
}

}  // namespace

Result<redrive::Selection> letters_meant(Query& query) {
  redrive::Selection selection;
  const auto state = query.word("state", "open redriving resolved discarded superseded revising all");
  if (!state) return failure_of(state);
  if (*state) {
    selection.state.reset();
    if (**state < redrive::letter_states) selection.state = static_cast<redrive::LetterState>(**state);
  }
  const auto where = query.text("where");
  const auto reason = query.text("reason");
  const auto since = query.text("since");
  const auto until = query.text("until");
  const auto reasons = reason ? split_at_commas(*reason) : std::vector<std::string>();
  if (auto read = read_common(selection, where, reasons, since, until); !read) return failure_of(read);
  return selection;
}

Result<redrive::Selection> letters_meant(Body& body) {
  redrive::Selection selection;
  auto ids = body.words("ids");
  if (!ids) return failure_of(ids);
  if (ids->size() > ids_max) {
    return failure(Errc::invalid, "ids: " + std::to_string(ids->size()) + " letters are more than the " +
                                      std::to_string(ids_max) + " of one request");
  }
  selection.ids = std::move(*ids);
  const auto where = body.text("where");
  if (!where) return failure_of(where);
  const auto reasons = body.words("reason");
  if (!reasons) return failure_of(reasons);
  const auto since = body.text("since");
  if (!since) return failure_of(since);
  const auto until = body.text("until");
  if (!until) return failure_of(until);
  if (auto read = read_common(selection, *where, *reasons, *since, *until); !read) return failure_of(read);
  return selection;
}

}  // namespace millrace::http::routes
