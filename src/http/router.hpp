#pragma once
// Which route a request takes. Pure. A pattern is a path whose segments in braces stand for any one segment:
// "/v1/topics/{topic}". Behind the brace there may be a verb, "/v1/subscriptions/{subscription}:resume": a path that
// ends with it takes only routes with it.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "message.hpp"

namespace millrace::http {

class Router {
 public:
  struct Route {
    Method method = Method::get;
    std::string pattern;
  };
  struct Match {
    std::optional<std::size_t> route;          ///< its place among the routes
    std::map<std::string, std::string> named;  ///< what stands for each segment in braces
    std::vector<Method> allowed;               ///< what the path may be asked; empty: no route has it
  };

  explicit Router(std::span<const Route> routes);

  /// HEAD takes the route of GET. A path with routes is always asked OPTIONS, which has none.
  [[nodiscard]] Match find(Method method, const std::vector<std::string>& path) const;

 private:
  struct Entry {
    Method method;
    std::vector<std::string> segments;
  };
  std::vector<Entry> entries_;
};

/// "GET, HEAD, OPTIONS"
[[nodiscard]] std::string allow_text(const std::vector<Method>& allowed);

}  // namespace millrace::http
