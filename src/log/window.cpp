#include "window.hpp"

#include <algorithm>

namespace millrace::log {

Result<ByteView> Window::at(std::uint64_t position, std::size_t length) {
  if (position >= end_) return ByteView{};
  length = static_cast<std::size_t>(std::min<std::uint64_t>(length, end_ - position));
  if (position < begin_ || position + length > begin_ + filled_) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(std::max(length, step_), end_ - position));
    if (buffer_.size() < wanted) buffer_.resize(wanted);
    filled_ = 0;
    const auto got = file_.read_at(position, MutableBytes(buffer_).first(wanted));
    if (!got) return failure_of(got);
    begin_ = position;
    filled_ = *got;
  }
  const auto skip = static_cast<std::size_t>(position - begin_);
  return ByteView(buffer_).subspan(skip, std::min(length, filled_ - skip));
}

}  // namespace millrace::log
