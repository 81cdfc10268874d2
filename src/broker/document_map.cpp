#include "millrace/broker/document_map.hpp"

#include <algorithm>

namespace millrace::broker {

namespace {

constexpr auto id_of = [](const auto& entry) -> std::string_view { return entry->first; };
constexpr auto last_of = [](const auto& block) -> std::string_view { return block->back()->first; };

}  // namespace

std::pair<std::size_t, std::size_t> DocumentMap::place_of(std::string_view id) const {
  if (blocks_.empty()) return {0, 0};
  // What comes behind all others is put to the last.
  const auto found = std::ranges::lower_bound(blocks_.begin(), blocks_.end() - 1, id, {}, last_of);
  const auto place = std::ranges::lower_bound(**found, id, {}, id_of);
  return {static_cast<std::size_t>(found - blocks_.begin()), static_cast<std::size_t>(place - (*found)->begin())};
}

bool DocumentMap::is_at(std::pair<std::size_t, std::size_t> place, std::string_view id) const {
  const auto& [block, at] = place;
  return block < blocks_.size() && at < blocks_[block]->size() && (*blocks_[block])[at]->first == id;
}

DocumentMap::const_iterator DocumentMap::find(std::string_view id) const {
  const auto place = place_of(id);
  return is_at(place, id) ? const_iterator(blocks_, place.first, place.second) : end();
}

DocumentMap::Block& DocumentMap::own(std::size_t block) {
  auto& held = blocks_[block];
  if (held.use_count() > 1) held = std::make_shared<Block>(*held);
  return *held;
}

void DocumentMap::insert_or_assign(const std::string& id, std::shared_ptr<const std::string> document) {
  auto entry = std::make_shared<const value_type>(id, std::move(document));
  if (blocks_.empty()) blocks_.push_back(std::make_shared<Block>());
  const auto place = place_of(id);
  auto& block = own(place.first);
  const auto at = block.begin() + static_cast<std::ptrdiff_t>(place.second);
  if (is_at(place, id)) {
    *at = std::move(entry);
    return;
  }
  block.insert(at, std::move(entry));
  ++size_;
  if (block.size() <= block_max) return;
  const auto half = block.begin() + static_cast<std::ptrdiff_t>(block.size() / 2);
  auto upper = std::make_shared<Block>(half, block.end());
  block.erase(half, block.end());
  blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(place.first) + 1, std::move(upper));
}

void DocumentMap::erase(std::string_view id) {
  const auto place = place_of(id);
  if (!is_at(place, id)) return;
  auto& block = own(place.first);
  block.erase(block.begin() + static_cast<std::ptrdiff_t>(place.second));
  if (block.empty()) blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(place.first));
  --size_;
}

}  // namespace millrace::broker
