#include <algorithm>
#include <charconv>

#include "millrace/cloudevents/rules.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/subscriptions/limits.hpp"
#include "millrace/subscriptions/sink.hpp"
#include "text.hpp"

namespace millrace::subscriptions {

namespace {

constexpr std::string_view schemes[] = {"http://", "https://"};

/// What inet_aton() might take for a number, so that resolvers make an address of it: the last label decides.
bool ends_in_number(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  const auto label = host.substr(host.rfind('.') + 1);
  if (label.starts_with("0x")) {
    return std::ranges::all_of(label.substr(2), [](char c) { return hex_of(c) >= 0; });
  }
  return std::ranges::all_of(label, is_digit);
}

bool is_host_name(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty() || host.size() > limits::host_bytes_max) return false;
  while (true) {
    const auto end = std::min(host.find('.'), host.size());
    const auto label = host.substr(0, end);
    const bool is_label =
        !label.empty() && label.size() <= limits::host_label_bytes_max && !label.starts_with('-') &&
        !label.ends_with('-') &&
        std::ranges::all_of(label, [](char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '_'; });
    if (!is_label) return false;
    if (end == host.size()) return true;
    host.remove_prefix(end + 1);
  }
}

/// Why it is no host; nothing when it is, and then it is in `into`.
std::optional<std::string_view> read_host(std::string_view text, SinkUrl& into) {
  into.host = lower(text);
  if (text.starts_with('[')) {
    into.host = into.host.substr(1, into.host.size() - 2);
    into.address = parse_address(into.host);
    return into.address && into.address->is_v6 ? std::nullopt
                                               : std::optional("what is in brackets must be an address of IPv6");
  }
  if (!is_host_name(into.host)) return "the host must be a name of DNS or an address";
  into.address = parse_address(into.host);
  if (!into.address && ends_in_number(into.host))
    return "the host ends in a number, but is no address of four decimal numbers";
  return std::nullopt;
}

bool read_port(std::string_view text, SinkUrl& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into.port);
  return error == std::errc{} && end == text.data() + text.size() && into.port != 0;
}

std::optional<std::string_view> read_authority(std::string_view text, SinkUrl& into) {
  if (text.find('@') != std::string_view::npos) return "user information is not sent; use sinkcredential";
  const auto close = text.starts_with('[') ? text.find(']') : 0;
  const auto colon = text.find(':', close);
  if (colon != std::string_view::npos && !read_port(text.substr(colon + 1), into))
    return "the port must be a number from 1 to 65535";
  return read_host(text.substr(0, colon), into);
}

}  // namespace

Result<SinkUrl> read_url(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return failure(Errc::invalid, "\"" + escaped(text) + "\" can be no sink: " + std::string(why));
  };
  if (text.size() > limits::sink_bytes_max) {
    return failure(Errc::too_large, "the sink has " + std::to_string(text.size()) + " bytes; " +
                                        std::to_string(limits::sink_bytes_max) + " are the most");
  }
  const auto beginning = lower(text.substr(0, schemes[1].size()));
  SinkUrl url;
  url.is_secure = beginning == schemes[1];
  if (!url.is_secure && !beginning.starts_with(schemes[0])) return wrong("it must begin with https:// or http://");
  if (!cloudevents::is_uri(text)) return wrong("it is no URI as RFC 3986 has it");
  if (text.find('#') != std::string_view::npos) return wrong("a fragment is not sent");
  url.port = url.is_secure ? 443 : 80;
  auto rest = text.substr(schemes[url.is_secure ? 1 : 0].size());
  const auto end = std::min(rest.find_first_of("/?"), rest.size());
  if (const auto why = read_authority(rest.substr(0, end), url)) return wrong(*why);
  url.target = rest.substr(end);
  if (!url.target.starts_with('/')) url.target.insert(0, 1, '/');
  return url;
}

}  // namespace millrace::subscriptions
