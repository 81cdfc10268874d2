// How much each folder says of itself, changeable while the broker runs.

#include <spdlog/spdlog.h>

#include <map>

#include "body.hpp"
#include "json.hpp"
#include "millrace/core/escaped.hpp"
#include "problem.hpp"
#include "routes.hpp"

namespace millrace::http::routes {

namespace {

constexpr std::pair<const char*, spdlog::level::level_enum> levels[] = {{"error", spdlog::level::err},
                                                                        {"warn", spdlog::level::warn},
                                                                        {"info", spdlog::level::info},
                                                                        {"debug", spdlog::level::debug}};

std::map<std::string, std::shared_ptr<spdlog::logger>> all_loggers() {
  std::map<std::string, std::shared_ptr<spdlog::logger>> all;
  spdlog::apply_all([&](std::shared_ptr<spdlog::logger> each) { all.emplace(each->name(), std::move(each)); });
  return all;
}

Json told() {
  auto rows = Json::array();
  for (const auto& [name, logger] : all_loggers()) {
    const auto* text = "debug";
    for (const auto& [word, level] : levels) {
      if (logger->level() == level) text = word;
    }
    rows.push_back(Json{{"name", name}, {"level", text}});
  }
  return Json{{"loggers", std::move(rows)}};
}

using Changes = std::vector<std::pair<std::shared_ptr<spdlog::logger>, spdlog::level::level_enum>>;

Result<Changes> read(const Request& request) {
  auto body = Body::of(request);
  if (!body) return failure_of(body);
  if (!request.query.empty()) return failure(Errc::invalid, "levels are set without parameters");
  const auto wanted = body->texts("levels");
  if (!wanted) return failure_of(wanted);
  if (auto known = body->all_known(); !known) return failure_of(known);
  if (wanted->empty()) return failure(Errc::invalid, "levels: there is nothing to set");
  const auto all = all_loggers();
  Changes changes;
  for (const auto& [name, word] : *wanted) {
    const auto logger = all.find(name);
    if (logger == all.end()) return failure(Errc::invalid, "levels." + escaped(name) + ": there is no such logger");
    const auto level = std::ranges::find_if(levels, [&](const auto& each) { return word && *word == each.first; });
    if (level == std::end(levels)) {
      return failure(Errc::invalid, "levels." + escaped(name) + ": \"" + escaped(word.value_or("")) +
                                        "\" is none of error, warn, info, debug");
    }
    changes.emplace_back(logger->second, level->second);
  }
  return changes;
}

}  // namespace

runtime::Task<Response> list_loggers(const Context&, Request) { co_return json_answer(told()); }

runtime::Task<Response> set_loggers(const Context&, Request request) {
  const auto changes = read(request);
  if (!changes) co_return answer_of(problems::invalid(changes.error().message), request.id);
  for (const auto& [logger, level] : *changes) logger->set_level(level);
  co_return json_answer(told());
}

}  // namespace millrace::http::routes
