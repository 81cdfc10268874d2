#include "sealing.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <memory>

#include "millrace/core/base64.hpp"
#include "millrace/core/bytes.hpp"

namespace millrace::dispatch {

namespace {

constexpr std::string_view version = "v1.";
constexpr std::size_t nonce_bytes = 12, tag_bytes = 16;
constexpr std::size_t sealed_bytes_max = 64 * 1024;  ///< far above any credential

constexpr std::string_view key_file = "secret.key";
constexpr std::string_view key_draft = "secret.key.tmp";

struct Free {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, Free>;

const unsigned char* in(const void* bytes) { return static_cast<const unsigned char*>(bytes); }
unsigned char* out(std::string& text, std::size_t at) { return reinterpret_cast<unsigned char*>(text.data() + at); }
int size_of(std::string_view text) { return static_cast<int>(text.size()); }

bool draw(void* into, std::size_t bytes) {
  return RAND_bytes(static_cast<unsigned char*>(into), static_cast<int>(bytes)) == 1;
}

Failure not_sealed() { return failure(Errc::io, "a secret could not be sealed: OpenSSL refused"); }

}  // namespace

Result<std::string> seal(const SecretKey& key, std::string_view secret, std::string_view about) {
  if (secret.size() > sealed_bytes_max || about.size() > sealed_bytes_max)
    return failure(Errc::too_large, "a secret has more than " + std::to_string(sealed_bytes_max) + " bytes");
  // One text: nonce, what is sealed, tag.
  std::string text(nonce_bytes + secret.size() + tag_bytes, '\0');
  if (!draw(text.data(), nonce_bytes)) return failure(Errc::io, "a secret could not be sealed: no random bytes");
  const Context context(EVP_CIPHER_CTX_new());
  int written = 0;
  const bool done =
      context && EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, in(key.data()), in(text.data())) == 1 &&
      EVP_EncryptUpdate(context.get(), nullptr, &written, in(about.data()), size_of(about)) == 1 &&
      EVP_EncryptUpdate(context.get(), out(text, nonce_bytes), &written, in(secret.data()), size_of(secret)) == 1 &&
      EVP_EncryptFinal_ex(context.get(), out(text, nonce_bytes + secret.size()), &written) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(tag_bytes),
                          text.data() + nonce_bytes + secret.size()) == 1;
  if (!done) return not_sealed();
  return std::string(version) + to_base64(text);
}

Result<std::string> unseal(const SecretKey& key, std::string_view sealed, std::string_view about) {
  if (!sealed.starts_with(version) || sealed.size() > 2 * sealed_bytes_max)
    return failure(Errc::unsupported, "a secret is not sealed as this version seals");
  auto text = from_base64(sealed.substr(version.size()));
  if (!text || text->size() < nonce_bytes + tag_bytes)
    return failure(Errc::unsupported, "a secret is not sealed as this version seals");
  const auto length = text->size() - nonce_bytes - tag_bytes;
  std::string secret(length, '\0');
  const Context context(EVP_CIPHER_CTX_new());
  int written = 0;
  const bool done =
      context && EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, in(key.data()), in(text->data())) == 1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &written, in(about.data()), size_of(about)) == 1 &&
      EVP_DecryptUpdate(context.get(), out(secret, 0), &written, in(text->data() + nonce_bytes),
                        static_cast<int>(length)) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(tag_bytes),
                          text->data() + nonce_bytes + length) == 1 &&
      EVP_DecryptFinal_ex(context.get(), out(secret, length), &written) == 1;
  if (!done) return failure(Errc::corrupt, "a secret does not open: it was altered, or sealed by another key");
  return secret;
}

Result<SecretKey> SecretFile::key() {
  if (key_) return *key_;
  const auto there = disk_.exists(key_file);
  if (!there) return failure_of(there);
  if (!*there) return failure(Errc::not_found, "there is no secret.key in the data directory");
  const auto file = disk_.open(key_file, disk::Open::read);
  if (!file) return failure_of(file);
  std::array<std::byte, secret_key_bytes + 1> bytes{};
  const auto got = (*file)->read_at(0, bytes);
  if (!got) return failure_of(got);
  if (*got != secret_key_bytes) return failure(Errc::corrupt, "secret.key: has not 32 bytes, so it is no key");
  SecretKey key{};
  std::ranges::copy_n(bytes.begin(), secret_key_bytes, key.begin());
  key_ = key;
  return key;
}

Result<SecretKey> SecretFile::key_or_fresh() {
  auto found = key();
  // A file that is damaged is not replaced: somebody may have the right one.
  if (found || found.error().code != Errc::not_found) return found;
  return make();
}

Result<SecretKey> SecretFile::make() {
  SecretKey key{};
  if (!draw(key.data(), key.size())) return failure(Errc::io, "no random bytes for secret.key");
  const auto file = disk_.open(key_draft, disk::Open::create_private);
  if (!file) return failure_of(file);
  if (auto done = (*file)->truncate(0); !done) return failure_of(done);
  if (auto done = (*file)->write_at(0, ByteView(key)); !done) return failure_of(done);
  if (auto done = (*file)->sync_data(); !done) return failure_of(done);
  if (auto done = disk_.rename(key_draft, key_file); !done) return failure_of(done);
  if (auto done = disk_.sync_directory(""); !done) return failure_of(done);
  key_ = key;
  return key;
}

}  // namespace millrace::dispatch
