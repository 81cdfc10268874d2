#include "address.hpp"

#include <algorithm>

namespace millrace::sender {

namespace ip = boost::asio::ip;

ip::address wire_address(const subscriptions::Address& address) {
  if (address.is_v6) return ip::address_v6(address.bytes);
  ip::address_v4::bytes_type bytes{};
  std::copy_n(address.bytes.begin(), bytes.size(), bytes.begin());
  return ip::address_v4(bytes);
}

subscriptions::Address own_address(const ip::address& address) {
  subscriptions::Address own{.is_v6 = address.is_v6()};
  if (own.is_v6) {
    own.bytes = address.to_v6().to_bytes();
  } else {
    std::ranges::copy(address.to_v4().to_bytes(), own.bytes.begin());
  }
  return own;
}

}  // namespace millrace::sender
