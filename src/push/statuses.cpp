#include <algorithm>
#include <charconv>

#include "ascii.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/push/verdict.hpp"

namespace millrace::push {

namespace {

constexpr unsigned least = 400, most = 599;
constexpr unsigned retired = 410;

void insert(std::vector<unsigned>& into, unsigned value) {
  const auto at = std::ranges::lower_bound(into, value);
  if (at == into.end() || *at != value) into.insert(at, value);
}

bool has(const std::vector<unsigned>& values, unsigned value) { return std::ranges::binary_search(values, value); }

bool share(const std::vector<unsigned>& one, const std::vector<unsigned>& other) {
  return std::ranges::any_of(one, [&other](unsigned value) { return has(other, value); });
}

}  // namespace

Result<void> Statuses::add(std::string_view item) {
  if (item == "timeout" || item == "connection") {
    (item == "timeout" ? has_timeout_ : has_connection_) = true;
    return {};
  }
  const bool is_class = item.size() == 3 && item.ends_with("xx");
  const std::string_view digits = is_class ? item.substr(0, 1) : item;
  unsigned value = 0;
  const auto [at, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool is_number = item.size() == 3 && error == std::errc{} && at == digits.data() + digits.size();
  const unsigned status = is_class ? value * 100 : value;
  if (!is_number || status < least || status > most) {
    return failure(Errc::invalid, "'" + escaped(item) +
                                      "' must be a status from 400 to 599, 4xx, 5xx, timeout or connection: a 2xx is "
                                      "delivered, and a redirect is never followed");
  }
  if (status == retired) return failure(Errc::invalid, "410 suspends the subscription, whatever anybody says");
  insert(is_class ? classes_ : single_, value);
  if (single_.size() > statuses_max) {
    return failure(Errc::too_large, "there are more than " + std::to_string(statuses_max) + " statuses");
  }
  return {};
}

Result<Statuses> Statuses::parse(std::string_view text) {
  Statuses out;
  if (without_blanks(text).empty()) return out;
  for (bool is_last = false; !is_last;) {
    const std::size_t comma = text.find(',');
    is_last = comma == std::string_view::npos;
    auto added = out.add(without_blanks(text.substr(0, comma)));
    if (!added) return failure_of(std::move(added));
    if (!is_last) text.remove_prefix(comma + 1);
  }
  return out;
}

bool Statuses::names(unsigned status) const { return has(single_, status); }
bool Statuses::names(Ending ending) const {
  switch (ending) {
    case Ending::timeout: return has_timeout_;
    case Ending::connect_error:
    case Ending::tls_error: return has_connection_;
    case Ending::answered: break;
  }
  return false;
}
bool Statuses::names_class_of(unsigned status) const { return has(classes_, status / 100); }

bool Statuses::clashes_with(const Statuses& other) const {
  return share(single_, other.single_) || share(classes_, other.classes_) || (has_timeout_ && other.has_timeout_) ||
         (has_connection_ && other.has_connection_);
}

Result<void> check(const Overrides& overrides) {
  if (!overrides.retry_on.clashes_with(overrides.fail_on)) return {};
  return failure(Errc::invalid, "retryon and failon must not name the same");
}

}  // namespace millrace::push
