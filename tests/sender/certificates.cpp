#include "certificates.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>

#include "millrace/core/check.hpp"

namespace millrace::sender {

namespace {

std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> fresh_key() {
  auto* const key = EVP_EC_gen("P-256");
  CHECK(key != nullptr, "OpenSSL makes keys");
  return {key, &EVP_PKEY_free};
}

void add_extension(X509* to, const X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, const_cast<X509*>(issuer), to, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()), &X509_EXTENSION_free);
  CHECK(extension && X509_add_ext(to, extension.get(), -1) == 1, "an extension that OpenSSL knows");
}

/// Not signed so far.
std::unique_ptr<X509, decltype(&X509_free)> blank(const std::string& name, EVP_PKEY* key, long from_s, long to_s) {
  static std::atomic<long> serial = 1;
  std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), &X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from_s);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), to_s);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return certificate;
}

template <class Write>
std::string pem(Write write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), &BIO_free);
  CHECK(write(bio.get()) == 1, "memory takes PEM");
  char* text = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
  return pem([&](BIO* to) { return PEM_write_bio_X509(to, certificate); });
}

}  // namespace

Authority::Authority(const std::string& name)
    : key_(fresh_key()), certificate_(blank(name, key_.get(), -86'400, 86'400)) {
  X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get()));
  add_extension(certificate_.get(), certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate_.get(), certificate_.get(), NID_key_usage, "critical,keyCertSign");
  X509_sign(certificate_.get(), key_.get(), EVP_sha256());
  pem_ = pem_of(certificate_.get());
}

Identity Authority::issue(const Issued& issued) const {
  const auto key = fresh_key();
  const auto certificate = blank("a sink of the test", key.get(), issued.valid_from_s, issued.valid_to_s);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate_.get()));
  add_extension(certificate.get(), certificate_.get(), NID_subject_alt_name, issued.names);
  X509_sign(certificate.get(), key_.get(), EVP_sha256());
  return {.certificate = pem_of(certificate.get()),
          .key = pem(
              [&](BIO* to) { return PEM_write_bio_PrivateKey(to, key.get(), nullptr, nullptr, 0, nullptr, nullptr); })};
}

}  // namespace millrace::sender
