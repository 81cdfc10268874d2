// A dead letter edited: POST /v1/dead-letters/{topic}/letters/{letter}:edit. The event comes as one that is published
// does; a record that is none is changed by its value and its headers.

#include "awaited.hpp"
#include "body.hpp"
#include "event_input.hpp"
#include "letter_answers.hpp"
#include "letter_views.hpp"
#include "millrace/core/base64.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/deadletter/edited.hpp"
#include "query.hpp"
#include "routes.hpp"

namespace millrace::http::routes {

namespace {

constexpr std::string_view letter_mark_prefix = "__dlq.errors.";

template <class T>
using Judgement = tl::expected<T, Problem>;
using Edit = std::function<deadletter::Record(const deadletter::Record&)>;

/// What is said of the record itself.
struct RecordEdit {
  bool has_value = false;
  std::optional<Bytes> value{};
  std::vector<std::pair<std::string, std::optional<std::string>>> headers{};  ///< null: it goes
};

Result<RecordEdit> read_record_edit(const Request& request) {
  auto body = Body::of(request);
  if (!body) return failure_of(body);
  RecordEdit edit;
  const auto value = body->text("value");
  if (!value) return failure_of(value);
  const auto coded = body->text("value_base64");
  if (!coded) return failure_of(coded);
  if (*value && *coded) return failure(Errc::invalid, "value: it is said twice, in value_base64, too");
  edit.has_value = value->has_value() || coded->has_value();
  if (*value) edit.value = to_bytes(**value);
  if (*coded) {
    const auto bytes = from_base64(**coded);
    if (!bytes) return failure(Errc::invalid, "value_base64: \"" + escaped(**coded) + "\" is no Base64");
    edit.value = to_bytes(*bytes);
  }
  auto headers = body->texts("headers");
  if (!headers) return failure_of(headers);
  edit.headers = std::move(*headers);
  for (const auto& [name, text] : edit.headers) {
    if (name.starts_with(letter_mark_prefix))
      return failure(Errc::invalid, "headers: \"" + escaped(name) + "\" is a mark of letters, which nobody sets");
  }
  if (auto known = body->all_known(); !known) return failure_of(known);
  if (!edit.has_value && edit.headers.empty())
    return failure(Errc::invalid, "nothing is edited: an event, value, value_base64 or headers are needed");
  return edit;
}

deadletter::Record edited(const deadletter::Record& record, const RecordEdit& edit) {
  auto out = record;
  if (edit.has_value) out.value = edit.value;
  for (const auto& [name, text] : edit.headers) {
    std::erase_if(out.headers, [&name = name](const auto& header) { return header.first == name; });
    if (text) out.headers.emplace_back(name, to_bytes(*text));
  }
  return out;
}

Judgement<Edit> read_edit(const Request& request) {
  if (auto known = Query(request).all_known(); !known) return tl::unexpected(problem_of_letters(known.error()));
  if (request.content_type == "application/json" && !field_of(request, "ce-id")) {
    const auto edit = read_record_edit(request);
    if (!edit) return tl::unexpected(problem_of_letters(edit.error()));
    return [edit = *edit](const deadletter::Record& record) { return edited(record, edit); };
  }
  cloudevents::Leniencies forgiven;
  auto input = read_events(request, {}, forgiven);
  if (!input) return tl::unexpected(std::move(input.error()));
  if (input->mode == cloudevents::Mode::batch)
    return tl::unexpected(problems::invalid("a letter has one event, and this is a batch"));
  const bool is_json = !input->texts.empty() && input->format == cloudevents::Format::json;
  return [event = std::move(input->events.front()), json = is_json ? std::string(input->texts.front()) : std::string()](
             const deadletter::Record& record) { return deadletter::with_event(record, event, json); };
}

Problem not_edited(const Error& why) {
  if (why.code == Errc::exists) return {409, "not-open", "The letter is not open", why.message};
  if (why.code == Errc::unsupported) return {409, "not-ours", "The letter was written by somebody else", why.message};
  return problem_of_letters(why);
}

}  // namespace

runtime::Task<Response> edit_dead_letter(const Context& context, Request request) {
  const auto edit = read_edit(request);
  if (!edit) co_return answer_of(edit.error(), request.id);
  const auto topic = request.named.at("topic"), letter = request.named.at("letter");
  auto ask = [&context, &topic, &letter](auto done) { context.letters.find(topic, letter, std::move(done)); };
  auto found = co_await awaited<Result<redrive::Found>>(std::move(ask));
  if (!found) co_return answer_of(not_edited(found.error()), request.id);
  redrive::Letters::Revision revision;
  revision.original = (*edit)(found->original);
  auto change = [&context, &found, &revision](auto done) {
    context.letters.revise(std::move(*found), std::move(revision), std::move(done));
  };
  const auto newer = co_await awaited<Result<redrive::Found>>(std::move(change));
  if (!newer) co_return answer_of(not_edited(newer.error()), request.id);
  Response response;
  response.body = whole_text_of(*newer);
  co_return response;
}

}  // namespace millrace::http::routes
