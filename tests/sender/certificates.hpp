#pragma once
// Certificates of the test's own, made when they are needed.

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace millrace::sender {

/// What a server shows, in PEM.
struct Identity {
  std::string certificate;
  std::string key;
};

struct Issued {
  std::string names;           ///< as OpenSSL has them: "DNS:hooks.test,IP:127.0.0.1"
  long valid_from_s = -3'600;  ///< from now
  long valid_to_s = 3'600;
};

class Authority {
 public:
  explicit Authority(const std::string& name);
  [[nodiscard]] const std::string& certificate() const { return pem_; }
  [[nodiscard]] Identity issue(const Issued& issued) const;

 private:
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

  Key key_;
  Certificate certificate_;
  std::string pem_;
};

}  // namespace millrace::sender
