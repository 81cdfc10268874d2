// Dead letters: which topics hold some, which there are, and one of them whole.

#include "awaited.hpp"
#include "letter_answers.hpp"
#include "letter_selection.hpp"
#include "letter_views.hpp"
#include "routes.hpp"

namespace millrace::http::routes {

namespace {

constexpr std::int64_t letters_max = 1'000;
constexpr std::int64_t letters_default = 100;

Response refused(const Request& request, const Error& why) { return answer_of(problem_of_letters(why), request.id); }

struct Asked {
  redrive::Selection selection;
  redrive::Cursor from;
  std::size_t limit = 0;
};

Result<Asked> read_asked(const Request& request) {
  Query query(request);
  auto selection = letters_meant(query);
  if (!selection) return failure_of(selection);
  const auto limit = query.number("limit", 1, letters_max);
  if (!limit) return failure_of(limit);
  const auto cursor = query.text("cursor");
  if (auto known = query.all_known(); !known) return failure_of(known);
  Asked asked{std::move(*selection), {}, static_cast<std::size_t>(limit->value_or(letters_default))};
  if (!cursor) return asked;
  const auto place = redrive::parse_place_id(*cursor);
  if (!place) return failure(Errc::invalid, "cursor: it is not what an answer before has given");
  asked.from = {place->first, place->second};
  return asked;
}

}  // namespace

runtime::Task<Response> list_dead_letter_topics(const Context& context, Request request) {
  if (auto known = Query(request).all_known(); !known) co_return refused(request, known.error());
  using All = Result<std::vector<redrive::Summary>>;
  auto ask = [&context](auto done) { context.letters.summarise(std::move(done)); };
  const auto all = co_await awaited<All>(std::move(ask));
  if (!all) co_return refused(request, all.error());
  auto topics = Json::array();
  for (const auto& each : *all) topics.push_back(json_of(each));
  co_return json_answer(Json{{"topics", std::move(topics)}});
}

runtime::Task<Response> list_dead_letters(const Context& context, Request request) {
  const auto topic = request.named.at("topic");
  auto asked = read_asked(request);
  if (!asked) co_return refused(request, asked.error());
  auto ask = [&context, &topic, &asked](auto done) {
    context.letters.list(topic, std::move(asked->selection), asked->from, asked->limit, std::move(done));
  };
  const auto page = co_await awaited<Result<redrive::Page>>(std::move(ask));
  if (!page) co_return refused(request, page.error());
  auto letters = Json::array();
  for (const auto& each : page->letters) letters.push_back(json_of(each));
  Json body{{"letters", std::move(letters)}};
  body["next"] = page->next ? Json(redrive::place_id(page->next->partition, page->next->offset)) : Json(nullptr);
  co_return json_answer(body);
}

runtime::Task<Response> describe_dead_letter(const Context& context, Request request) {
  if (auto known = Query(request).all_known(); !known) co_return refused(request, known.error());
  const auto topic = request.named.at("topic"), letter = request.named.at("letter");
  auto ask = [&context, &topic, &letter](auto done) { context.letters.find(topic, letter, std::move(done)); };
  const auto found = co_await awaited<Result<redrive::Found>>(std::move(ask));
  if (!found) co_return refused(request, found.error());
  Response response;
  response.body = whole_text_of(*found);
  co_return response;
}

}  // namespace millrace::http::routes
