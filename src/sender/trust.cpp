#include "trust.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "millrace/core/escaped.hpp"

namespace millrace::sender {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

Result<std::shared_ptr<ssl::context>> trust(const std::string& ca_file) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  auto* const native = context->native_handle();
  if (SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION) != 1)
    return failure(Errc::invalid, "this system's OpenSSL does not speak TLS 1.2");
  SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  error_code error;
  context->set_verify_mode(ssl::verify_peer, error);
  if (error) return failure(Errc::invalid, "certificates cannot be verified: " + error.message());
  if (ca_file.empty()) {
    context->set_default_verify_paths(error);
    if (error) return failure(Errc::invalid, "the system's authorities cannot be read: " + error.message());
  } else {
    context->load_verify_file(ca_file, error);
    if (error) {
      return failure(Errc::invalid, "no authority can be read from \"" + escaped(ca_file) + "\": " + error.message());
    }
  }
  return context;
}

bool expect_host(SSL* session, const subscriptions::SinkUrl& sink) {
  if (sink.address) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), sink.host.c_str()) == 1;
  // A dot at the end is of DNS; no certificate has it, nor may SNI.
  auto name = sink.host;
  if (name.ends_with('.')) name.pop_back();
  SSL_set_hostflags(session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(session, name.c_str()) == 1 && SSL_set_tlsext_host_name(session, name.c_str()) == 1;
}

std::string why_untrusted(const SSL* session) {
  const auto verdict = SSL_get_verify_result(session);
  return verdict == X509_V_OK ? std::string() : X509_verify_cert_error_string(verdict);
}

}  // namespace millrace::sender
