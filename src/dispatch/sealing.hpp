#pragma once
// Secrets that have to be written where every Kafka consumer reads: sealed with AES-256-GCM, by a key that is in a file
// of the data directory and nowhere else (docs/formats/secret_key.md).
//
// What is sealed is about something, as in "<id>/secret": put in another place it cannot be opened. Pure but for
// chance, which comes from the system, and for SecretFile: one thread at a time.

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/result.hpp"
#include "millrace/disk/disk.hpp"

namespace millrace::dispatch {

inline constexpr std::size_t secret_key_bytes = 32;
using SecretKey = std::array<std::byte, secret_key_bytes>;

/// "v1." and Base64 of a fresh nonce of 12 bytes, what is sealed, and a tag of 16 bytes. Errc::io when the system has
/// no chance to give.
[[nodiscard]] Result<std::string> seal(const SecretKey& key, std::string_view secret, std::string_view about);

/// Errc::corrupt: it was altered, or sealed by another key or about something else. Errc::unsupported: it is no text of
/// seal(), or one of a later version.
[[nodiscard]] Result<std::string> unseal(const SecretKey& key, std::string_view sealed, std::string_view about);

/// The key in its file, read when it is first needed.
class SecretFile {
 public:
  explicit SecretFile(disk::Disk& disk) : disk_(disk) {}

  /// Errc::not_found when there is none; Errc::corrupt when the file has not as many bytes as a key.
  [[nodiscard]] Result<SecretKey> key();
  /// The same, and one is made where there is none; it is durable before it is given.
  [[nodiscard]] Result<SecretKey> key_or_fresh();

 private:
  [[nodiscard]] Result<SecretKey> make();

  disk::Disk& disk_;
  std::optional<SecretKey> key_{};
};

}  // namespace millrace::dispatch
