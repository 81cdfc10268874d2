#include "message.hpp"

#include <algorithm>
#include <array>

namespace millrace::http {

namespace {

constexpr std::array<std::pair<Method, std::string_view>, 8> names{{{Method::get, "GET"},
                                                                    {Method::head, "HEAD"},
                                                                    {Method::post, "POST"},
                                                                    {Method::put, "PUT"},
                                                                    {Method::patch, "PATCH"},
                                                                    {Method::delete_, "DELETE"},
                                                                    {Method::options, "OPTIONS"},
                                                                    {Method::trace, "TRACE"}}};

}  // namespace

std::string_view name_of(Method method) noexcept {
  return std::ranges::find(names, method, &std::pair<Method, std::string_view>::first)->second;
}

std::optional<Method> method_of(std::string_view name) noexcept {
  const auto found = std::ranges::find(names, name, &std::pair<Method, std::string_view>::second);
  if (found == names.end()) return std::nullopt;
  return found->first;
}

}  // namespace millrace::http
