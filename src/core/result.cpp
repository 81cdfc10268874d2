#include "millrace/core/result.hpp"

namespace millrace::inline core {

std::string_view name_of(Errc code) noexcept {
  switch (code) {
    case Errc::io: return "io";
    case Errc::no_space: return "no_space";
    case Errc::corrupt: return "corrupt";
    case Errc::not_found: return "not_found";
    case Errc::exists: return "exists";
    case Errc::invalid: return "invalid";
    case Errc::too_large: return "too_large";
    case Errc::unsupported: return "unsupported";
    case Errc::busy: return "busy";
    case Errc::offline: return "offline";
  }
  return "unknown";
}

Error Error::within(std::string_view doing) const { return {code, std::string(doing) + ": " + message}; }

}  // namespace millrace::inline core
