// IANA's registries of special-purpose addresses, the narrower block before the wider one.

#include <algorithm>
#include <span>

#include "millrace/core/check.hpp"
#include "millrace/subscriptions/sink.hpp"

namespace millrace::subscriptions {

namespace {

using enum AddressKind;

struct Block {
  std::string_view first;
  unsigned bits;
  AddressKind kind;
};

constexpr Block v4_blocks[] = {
    {"0.0.0.0", 8, unspecified},          // RFC 791: "this network"; Linux connects 0.0.0.0 to itself
    {"10.0.0.0", 8, private_use},         // RFC 1918
    {"100.64.0.0", 10, shared},           // RFC 6598
    {"127.0.0.0", 8, loopback},           // RFC 1122
    {"169.254.0.0", 16, link_local},      // RFC 3927
    {"172.16.0.0", 12, private_use},      // RFC 1918
    {"192.0.0.9", 32, global},            // RFC 7723
    {"192.0.0.10", 32, global},           // RFC 8155
    {"192.0.0.0", 24, reserved},          // RFC 6890: protocol assignments
    {"192.0.2.0", 24, documentation},     // RFC 5737
    {"192.88.99.0", 24, reserved},        // RFC 7526: relays of 6to4 that were
    {"192.168.0.0", 16, private_use},     // RFC 1918
    {"198.18.0.0", 15, benchmarking},     // RFC 2544
    {"198.51.100.0", 24, documentation},  // RFC 5737
    {"203.0.113.0", 24, documentation},   // RFC 5737
    {"224.0.0.0", 4, multicast},          // RFC 5771
    {"240.0.0.0", 4, reserved},           // RFC 1112; with 255.255.255.255
};

constexpr Block v6_blocks[] = {
    {"::", 128, unspecified},           // RFC 4291
    {"::1", 128, loopback},             // RFC 4291
    {"::", 96, global},                 // RFC 4291: compatible with IPv4; see hidden_v4()
    {"::ffff:0:0", 96, global},         // RFC 4291: mapped
    {"::ffff:0:0:0", 96, global},       // RFC 2765: translated
    {"64:ff9b::", 96, global},          // RFC 6052: NAT64
    {"2001:1::1", 128, global},         // RFC 7723
    {"2001:1::2", 128, global},         // RFC 8155
    {"2001:2::", 48, benchmarking},     // RFC 5180
    {"2001:3::", 32, global},           // RFC 7450
    {"2001:4:112::", 48, global},       // RFC 7535
    {"2001:20::", 28, global},          // RFC 7343
    {"2001:30::", 28, global},          // RFC 9374
    {"2001::", 23, reserved},           // RFC 2928: protocol assignments, Teredo among them
    {"2001:db8::", 32, documentation},  // RFC 3849
    {"3fff::", 20, documentation},      // RFC 9637
    {"2000::", 3, global},              // RFC 4291: all that IANA gives out
    {"fc00::", 7, unique_local},        // RFC 4193
    {"fe80::", 10, link_local},         // RFC 4291
    {"fec0::", 10, private_use},        // RFC 3879: site-local, which were
    {"ff00::", 8, multicast},           // RFC 4291
};

bool is_in(const Address& address, const Block& block) {
  const auto first = parse_address(block.first);
  CHECK(first.has_value(), "the tables have addresses");
  const auto whole = block.bits / 8;
  if (!std::equal(address.bytes.begin(), address.bytes.begin() + whole, first->bytes.begin())) return false;
  const auto left = block.bits % 8;
  return left == 0 || (address.bytes[whole] ^ first->bytes[whole]) >> (8 - left) == 0;
}

AddressKind kind_among(const Address& address, std::span<const Block> blocks, AddressKind otherwise) {
  const auto found = std::ranges::find_if(blocks, [&](const Block& block) { return is_in(address, block); });
  return found == blocks.end() ? otherwise : found->kind;
}

bool is_isatap(const Address& address) {
  const auto& bytes = address.bytes;  // RFC 5214, section 6.1: 0000:5efe, or 0200:5efe for global ones
  return (bytes[8] & 0xFDU) == 0 && bytes[9] == 0 && bytes[10] == 0x5E && bytes[11] == 0xFE;
}

/// Empty: nothing allows such a sink.
std::string_view setting_for(AddressKind kind) {
  switch (kind) {
    case loopback: return "webhook_allow_loopback";
    case private_use:
    case shared:
    case unique_local: return "webhook_allow_private_networks";
    case link_local: return "webhook_allow_link_local";
    default: return {};
  }
}

}  // namespace

std::string_view name_of(AddressKind kind) noexcept {
  switch (kind) {
    case global: return "global";
    case unspecified: return "unspecified";
    case loopback: return "loopback";
    case link_local: return "link-local";
    case private_use: return "private";
    case shared: return "shared";
    case unique_local: return "unique-local";
    case multicast: return "multicast";
    case documentation: return "documentation";
    case benchmarking: return "benchmarking";
    case reserved: return "reserved";
  }
  return "reserved";
}

std::optional<Address> hidden_v4(const Address& address) {
  if (!address.is_v6) return std::nullopt;
  const auto v4_at = [&](std::size_t at) {
    Address v4;
    std::copy_n(address.bytes.begin() + static_cast<std::ptrdiff_t>(at), 4, v4.bytes.begin());
    return v4;
  };
  if (is_in(address, {"::", 127, global})) return std::nullopt;  // :: and ::1 are themselves
  for (const char* const prefix : {"::", "::ffff:0:0", "::ffff:0:0:0", "64:ff9b::"}) {
    if (is_in(address, {prefix, 96, global})) return v4_at(12);
  }
  if (is_in(address, {"2002::", 16, global})) return v4_at(2);
  return is_isatap(address) ? std::optional(v4_at(12)) : std::nullopt;
}

AddressKind kind_of(const Address& address) {
  if (!address.is_v6) return kind_among(address, v4_blocks, global);
  const auto own = kind_among(address, v6_blocks, reserved);
  if (own != global) return own;
  const auto v4 = hidden_v4(address);
  return v4 ? kind_of(*v4) : global;
}

Result<void> judge_url(const SinkUrl& url, bool allows_http, const Allowed& allowed) {
  if (!url.is_secure && !allows_http)
    return failure(Errc::invalid, "the URL is of http; sinks are of https unless webhook_allow_http is true");
  return url.address ? judge_address(*url.address, allowed) : Result<void>();
}

Result<void> judge_address(const Address& address, const Allowed& allowed) {
  const auto kind = kind_of(address);
  const bool is_allowed = kind == global || (kind == loopback && allowed.loopback) ||
                          (kind == link_local && allowed.link_local) ||
                          ((kind == private_use || kind == shared || kind == unique_local) && allowed.private_networks);
  if (is_allowed) return {};
  auto text = address.to_string();
  if (const auto v4 = hidden_v4(address)) text += ", which stands for " + v4->to_string() + ",";
  text += " is a " + std::string(name_of(kind)) + " address; no sink may be there";
  const auto setting = setting_for(kind);
  if (!setting.empty()) text += " unless " + std::string(setting) + " is true";
  return failure(Errc::invalid, std::move(text));
}

}  // namespace millrace::subscriptions
