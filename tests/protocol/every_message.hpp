#pragma once
// Every request and response of apis.hpp in every version, without its type: what the tests that hold for all
// messages run over.

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "millrace/core/result.hpp"
#include "visitors.hpp"

namespace millrace::protocol::testing {

struct Subject {
  std::string name;  ///< as in "FetchRequest"
  std::int16_t key = 0;
  std::int16_t version = 0;
  bool flexible = false;

  struct Filled {
    Bytes bytes;
    std::string text;
  };
  std::function<Filled(Style)> filled;  ///< a made-up message, encoded and printed

  struct Decoded {
    std::string text;
    Bytes again;  ///< the decoded message, encoded
  };
  std::function<Result<Decoded>(MutableBytes)> decoded;

  /// Decodes and throws the message away, so that nothing but the codec allocates.
  std::function<bool(MutableBytes)> accepts;
};

std::ostream& operator<<(std::ostream& out, const Subject& subject);

[[nodiscard]] const std::vector<Subject>& every_message();

/// Requires: the message is served.
[[nodiscard]] const Subject& subject_of(std::int16_t key, std::int16_t version, bool request);

}  // namespace millrace::protocol::testing
