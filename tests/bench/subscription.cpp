#include "subscription.hpp"

#include <string.h>

#include <charconv>

namespace millrace::bench {

std::size_t behind(std::string_view text, std::string_view word, std::size_t from) {
  if (from >= text.size()) return std::string_view::npos;
  const auto* const at = ::memmem(text.data() + from, text.size() - from, word.data(), word.size());
  if (at == nullptr) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(at) - text.data()) + word.size();
}

std::uint64_t number_at(std::string_view text, std::size_t at) {
  std::uint64_t number = 0;
  if (at < text.size()) std::from_chars(text.data() + at, text.data() + text.size(), number);
  return number;
}

Result<std::string> subscribe(HttpConnection& connection, const std::string& topic, std::size_t in_hand) {
  constexpr unsigned created = 201;
  const auto wish = R"({"config":{"topic":")" + topic +
                    R"(","startfrom":"earliest","locktime":86400000,"maxinflight":)" + std::to_string(in_hand) + "}}";
  const auto body = connection.ask(created, "POST", "/v1/subscriptions", wish);
  if (!body) return failure_of(body);
  const auto id = behind(*body, "\"id\":\"", 0);
  if (id == std::string_view::npos) return failure(Errc::invalid, "the new subscription has no id");
  return "/v1/subscriptions/" + std::string(body->substr(id, body->find('"', id) - id));
}

}  // namespace millrace::bench
