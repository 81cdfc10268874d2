#include "millrace/runtime/listen.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/v6_only.hpp>

namespace millrace::runtime {

using boost::system::error_code;

namespace {

Result<Tcp::endpoint> resolve(asio::io_context& context, const Endpoint& at, const std::string& what) {
  error_code error;
  const auto literal = asio::ip::make_address(at.host, error);
  if (!error) return Tcp::endpoint(literal, at.port);
  asio::ip::basic_resolver<Tcp, Executor> resolver(context);
  const auto found = resolver.resolve(at.host, std::to_string(at.port), error);
  if (error || found.empty()) {
    return failure(Errc::invalid, what + " " + at.to_string() + ": cannot resolve the host: " + error.message());
  }
  return found.begin()->endpoint();
}

}  // namespace

Result<std::unique_ptr<Acceptor>> listen_on(asio::io_context& context, const Endpoint& at, const std::string& what) {
  const auto endpoint = resolve(context, at, what);
  if (!endpoint) return failure_of(endpoint);
  auto acceptor = std::make_unique<Acceptor>(context);
  error_code error;
  acceptor->open(endpoint->protocol(), error);
  if (!error) acceptor->set_option(Tcp::acceptor::reuse_address(true), error);
  if (!error && endpoint->address().is_v6()) acceptor->set_option(asio::ip::v6_only(true), error);
  if (!error) acceptor->bind(*endpoint, error);
  if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
  if (error) return failure(Errc::io, what + " " + at.to_string() + ": " + error.message());
  return acceptor;
}

}  // namespace millrace::runtime
