// The system's way from a name to addresses: it blocks, which is what the threads of lookups.hpp are for.

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <memory>

#include "address.hpp"
#include "millrace/sender/sender.hpp"

namespace millrace::sender {

Result<std::vector<subscriptions::Address>> look_up(const std::string& name) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  const int error = ::getaddrinfo(name.c_str(), nullptr, &wanted, &first);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(first, &::freeaddrinfo);
  if (error != 0) return failure(Errc::not_found, "the name " + name + " is not found: " + ::gai_strerror(error));
  std::vector<subscriptions::Address> found;
  for (const auto* at = first; at != nullptr; at = at->ai_next) {
    boost::asio::ip::tcp::endpoint endpoint;
    if (at->ai_addr == nullptr || at->ai_addrlen > endpoint.capacity()) continue;
    endpoint.resize(at->ai_addrlen);
    std::copy_n(reinterpret_cast<const unsigned char*>(at->ai_addr), at->ai_addrlen,
                reinterpret_cast<unsigned char*>(endpoint.data()));
    found.push_back(own_address(endpoint.address()));
  }
  return found;
}

}  // namespace millrace::sender
