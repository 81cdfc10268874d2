#include "fetch_session_cache.hpp"

namespace millrace::kafka {

std::int32_t FetchSessionCache::add(FetchSessionPtr session, FetchSession::Size size, Instant now) {
  while (by_id_.size() >= slots_ || bytes_ + size.bytes > bytes_max_) {
    if (!evict_for(size.partitions, now)) return no_session;
  }
  const auto id = fresh_id();
  by_id_.emplace(id, Entry{.session = std::move(session), .created = now, .used = now, .size = size});
  by_use_.emplace(now, id);
  bytes_ += size.bytes;
  return id;
}

FetchSessionPtr FetchSessionCache::find(std::int32_t id) const {
  const auto at = by_id_.find(id);
  return at == by_id_.end() ? nullptr : at->second.session;
}

bool FetchSessionCache::touch(std::int32_t id, FetchSession::Size size, Instant now) {
  const auto at = by_id_.find(id);
  if (at == by_id_.end()) return false;
  auto& entry = at->second;
  by_use_.erase({entry.used, id});
  old_by_size_.erase({entry.size.partitions, id});
  bytes_ = bytes_ - entry.size.bytes + size.bytes;
  entry.used = now;
  entry.size = size;
  by_use_.emplace(now, id);
  if (now - entry.created > safe_for) old_by_size_.emplace(size.partitions, id);
  if (bytes_ <= bytes_max_) return true;
  remove(at);
  return false;
}

void FetchSessionCache::remove(std::int32_t id) {
  if (const auto at = by_id_.find(id); at != by_id_.end()) remove(at);
}

std::int32_t FetchSessionCache::fresh_id() {
  std::uniform_int_distribution<std::int32_t> positive(1, INT32_MAX);
  for (;;) {
    if (const auto id = positive(chance_); !by_id_.contains(id)) return id;
  }
}

bool FetchSessionCache::evict_for(std::size_t partitions, Instant now) {
  if (by_use_.empty()) return false;
  const auto [used, idle_longest] = *by_use_.begin();
  if (now - used > safe_for) {
    remove(by_id_.find(idle_longest));
    return true;
  }
  if (old_by_size_.empty() || old_by_size_.begin()->first >= partitions) return false;
  remove(by_id_.find(old_by_size_.begin()->second));
  return true;
}

void FetchSessionCache::remove(ById::iterator at) {
  const auto& [id, entry] = *at;
  by_use_.erase({entry.used, id});
  old_by_size_.erase({entry.size.partitions, id});
  bytes_ -= entry.size.bytes;
  by_id_.erase(at);
}

}  // namespace millrace::kafka
