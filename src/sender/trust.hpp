#pragma once
// Whom we trust over TLS, and how a sink proves that it is the one that was named: TLS 1.2 or newer, a certificate of
// an authority that is trusted, for the very host of the URL. There is no switch to have less.

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "millrace/core/result.hpp"
#include "millrace/subscriptions/sink.hpp"

namespace millrace::sender {

/// Shared by all connections. Empty: the system's authorities. Errc::invalid names a file that cannot be read.
[[nodiscard]] Result<std::shared_ptr<boost::asio::ssl::context>> trust(const std::string& ca_file);

/// Before the handshake: whose certificate it must be, and whom we ask for (SNI). False: OpenSSL refuses the name.
[[nodiscard]] bool expect_host(SSL* session, const subscriptions::SinkUrl& sink);

/// Why the other side's certificate was refused; empty when it was not.
[[nodiscard]] std::string why_untrusted(const SSL* session);

}  // namespace millrace::sender
