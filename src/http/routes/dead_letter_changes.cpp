// Dead letters given up, and topics of others' letters adopted.

#include "awaited.hpp"
#include "body.hpp"
#include "letter_answers.hpp"
#include "letter_selection.hpp"
#include "millrace/redrive/letters.hpp"
#include "routes.hpp"

namespace millrace::http::routes {

namespace {

constexpr unsigned no_content = 204;
constexpr std::size_t at_once = 1'000;
constexpr std::int64_t discarded_max = 100'000;

Response unchanged(const Request& request, const Error& why) { return answer_of(problem_of_letters(why), request.id); }

struct Discard {
  redrive::Selection selection;
  std::size_t limit = 0;
  bool dry_run = false;
};

Result<Discard> read_discard(const Request& request) {
  auto body = Body::of(request);
  if (!body) return failure_of(body);
  const auto dry_run = is_dry_run(request);
  if (!dry_run) return failure_of(dry_run);
  auto selection = letters_meant(*body);
  if (!selection) return failure_of(selection);
  const auto limit = body->integer("limit");
  if (!limit) return failure_of(limit);
  if (limit->value_or(1) < 1 || limit->value_or(1) > discarded_max)
    return failure(Errc::invalid,
                   "limit: " + std::to_string(**limit) + " is not from 1 to " + std::to_string(discarded_max));
  if (auto known = body->all_known(); !known) return failure_of(known);
  return Discard{std::move(*selection), static_cast<std::size_t>(limit->value_or(discarded_max)), *dry_run};
}

Result<redrive::Letters::Adoption> read_adoption(const Request& request) {
  if (!request.query.empty()) return failure(Errc::invalid, "a topic is adopted without parameters");
  redrive::Letters::Adoption adoption;
  if (request.body.empty()) return adoption;
  auto body = Body::of(request);
  if (!body) return failure_of(body);
  const auto group = body->text("group");
  if (!group) return failure_of(group);
  const auto source = body->text("source_topic");
  if (!source) return failure_of(source);
  if (auto known = body->all_known(); !known) return failure_of(known);
  adoption.group = group->value_or("");
  adoption.source_topic = source->value_or("");
  return adoption;
}

Response changed_adoption(const Request& request, const Result<void>& changed) {
  if (!changed) return unchanged(request, changed.error());
  return Response{.status = no_content, .content_type = "", .body = "", .fields = {}};
}

}  // namespace

runtime::Task<Response> discard_dead_letters(const Context& context, Request request) {
  const auto topic = request.named.at("topic");
  const auto asked = read_discard(request);
  if (!asked) co_return unchanged(request, asked.error());
  redrive::Cursor from;
  std::size_t selected = 0, discarded = 0;
  while (selected < asked->limit) {
    const auto limit = std::min(at_once, asked->limit - selected);
    auto ask = [&context, &topic, &asked, from, limit](auto done) {
      context.letters.list(topic, asked->selection, from, limit, std::move(done));
    };
    auto page = co_await awaited<Result<redrive::Page>>(std::move(ask));
    if (!page) co_return unchanged(request, page.error());
    selected += page->letters.size();
    if (!asked->dry_run && !page->letters.empty()) {
      auto give_up = [&context, &page](auto done) {
        context.letters.discard(std::move(page->letters), std::move(done));
      };
      const auto count = co_await awaited<Result<std::size_t>>(std::move(give_up));
      if (!count) co_return unchanged(request, count.error());
      discarded += *count;
    }
    if (!page->next) break;
    from = *page->next;
  }
  Json body;
  if (asked->dry_run) body["selected"] = selected;
  if (!asked->dry_run) body["discarded"] = discarded;
  co_return json_answer(body);
}

runtime::Task<Response> adopt_dead_letters(const Context& context, Request request) {
  auto adoption = read_adoption(request);
  if (!adoption) co_return unchanged(request, adoption.error());
  const auto topic = request.named.at("topic");
  auto ask = [&context, &topic, &adoption](auto done) {
    context.letters.adopt(topic, std::move(*adoption), std::move(done));
  };
  const auto changed = co_await awaited<Result<void>>(std::move(ask));
  co_return changed_adoption(request, changed);
}

runtime::Task<Response> unadopt_dead_letters(const Context& context, Request request) {
  if (!request.query.empty() || !is_bare(request)) {
    co_return answer_of(problems::invalid("an adoption ends without parameters and without a body"), request.id);
  }
  const auto topic = request.named.at("topic");
  auto ask = [&context, &topic](auto done) { context.letters.unadopt(topic, std::move(done)); };
  const auto changed = co_await awaited<Result<void>>(std::move(ask));
  co_return changed_adoption(request, changed);
}

}  // namespace millrace::http::routes
