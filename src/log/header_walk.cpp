#include "header_walk.hpp"

namespace millrace::log {

Result<std::optional<record::BatchHeader>> HeaderWalk::here() {
  if (position_ >= window_.end()) return std::nullopt;
  const auto bytes = window_.at(position_, record::header_bytes);
  if (!bytes) return failure_of(bytes);
  const auto wrong = [&] {
    return failure(Errc::corrupt, "no batch with base offset " + std::to_string(expected_.value()) + " at position " +
                                      std::to_string(position_));
  };
  if (bytes->size() < record::header_bytes) return wrong();
  const auto header = record::read_header(*bytes);
  const auto room = static_cast<std::int64_t>(window_.end() - position_);
  const bool sane = header.magic == record::magic_2 && header.base_offset == expected_ &&
                    header.last_offset_delta >= 0 && header.size() <= room &&
                    header.size() >= static_cast<std::int64_t>(record::header_bytes);
  if (!sane) return wrong();
  return header;
}

}  // namespace millrace::log
