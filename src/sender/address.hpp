#pragma once
// Addresses as subscriptions judges them, and as Asio connects to them. Pure.

#include <boost/asio/ip/address.hpp>

#include "millrace/subscriptions/sink.hpp"

namespace millrace::sender {

[[nodiscard]] boost::asio::ip::address wire_address(const subscriptions::Address& address);
[[nodiscard]] subscriptions::Address own_address(const boost::asio::ip::address& address);

}  // namespace millrace::sender
