#pragma once
// What a sink may be: a URL that somebody has named for events to be sent to, and the addresses that its host turns out
// to have. Who names a sink has the broker open connections for them, so it must not lead to the broker's own machine
// or network unless an operator says so.
//
// read_url() judges the text alone and resolves nothing. A host that is a name is judged by its addresses, each time
// it is resolved and again on the address that was connected to: judge_address(). Pure, any thread.
// docs/subscriptions.md is the prose.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/result.hpp"

namespace millrace::subscriptions {

/// An address of IPv4 or IPv6, in network order. A value.
struct Address {
  bool is_v6 = false;
  std::array<std::uint8_t, 16> bytes{};  ///< of IPv4 the first four; the others are zero

  bool operator==(const Address&) const = default;
  /// RFC 5952, without the dotted form: "::ffff:7f00:1".
  [[nodiscard]] std::string to_string() const;
};

/// Four decimal numbers without leading zeros, or RFC 4291's section 2.2 without a zone; nothing for any other text.
[[nodiscard]] std::optional<Address> parse_address(std::string_view text);

/// By IANA's registries of special-purpose addresses (RFC 6890 and what has been added since).
enum class AddressKind : std::uint8_t {
  global,         ///< an address of somebody on the internet
  unspecified,    ///< 0.0.0.0/8, ::
  loopback,       ///< 127.0.0.0/8, ::1
  link_local,     ///< 169.254.0.0/16, fe80::/10: clouds answer there with an instance's secrets
  private_use,    ///< 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, fec0::/10
  shared,         ///< 100.64.0.0/10: between a provider and its customers
  unique_local,   ///< fc00::/7
  multicast,      ///< 224.0.0.0/4, ff00::/8
  documentation,  ///< 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24, 2001:db8::/32, 3fff::/20
  benchmarking,   ///< 198.18.0.0/15, 2001:2::/48
  reserved,       ///< all others that are nobody's: 240.0.0.0/4, 192.0.0.0/24, 100::/64, all beyond 2000::/3, …
};

[[nodiscard]] std::string_view name_of(AddressKind kind) noexcept;

/// The IPv4 address that an IPv6 address stands for: mapped (::ffff:a.b.c.d), compatible (::a.b.c.d), translated
/// (::ffff:0:a.b.c.d), NAT64 (64:ff9b::a.b.c.d), 6to4 (2002:aabb:ccdd::), ISATAP (…:5efe:a.b.c.d).
[[nodiscard]] std::optional<Address> hidden_v4(const Address& address);

/// An address that stands for another is of the other's kind, unless it is of a special kind itself.
[[nodiscard]] AddressKind kind_of(const Address& address);

/// What an operator lets sinks be beside global addresses. There is no switch for the other kinds: nobody is there.
struct Allowed {
  bool loopback = false;
  bool private_networks = false;  ///< private_use, shared, unique_local
  bool link_local = false;
};

/// Errc::invalid names the address, what it stands for, its kind, the rule and the setting that would allow it.
[[nodiscard]] Result<void> judge_address(const Address& address, const Allowed& allowed);

/// A URL that events can be sent to. A value.
struct SinkUrl {
  bool is_secure = false;            ///< https
  std::string host{};                ///< in lower case; an address without brackets
  std::uint16_t port = 0;            ///< 80 or 443 where the text says none
  std::string target{};              ///< path and query, at least "/": what a request line has
  std::optional<Address> address{};  ///< when the host is one

  bool operator==(const SinkUrl&) const = default;
};

/// http or https, a host, perhaps a port from 1 to 65535; no user information and no fragment. A host that a resolver
/// might take for an address without its being one ("127.1", "0x7f000001") is refused. Errc::invalid names the text
/// and the rule; Errc::too_large the limit.
[[nodiscard]] Result<SinkUrl> read_url(std::string_view text);

/// A URL as far as its text tells: its scheme, and its host if that is an address. A name is judged when it is
/// resolved. Errc::invalid names what is not allowed, the rule and the setting that would allow it.
[[nodiscard]] Result<void> judge_url(const SinkUrl& url, bool allows_http, const Allowed& allowed);

/// Why requests to a sink may not carry a header field of that name, as a subscription's own: it is no name, it is
/// about the connection (RFC 9110, section 7.6.1), the event writes it (ce-…, content-…), the broker does, or it holds
/// a secret that everybody could read. Nothing when they may.
[[nodiscard]] std::optional<std::string_view> why_not_header(std::string_view name);

}  // namespace millrace::subscriptions
