#include "slots.hpp"

#include <algorithm>

#include "millrace/core/check.hpp"

namespace millrace::delivery {

namespace {

std::uint8_t low_of(Offset at) { return static_cast<std::uint8_t>(at.value() % page_events); }

}  // namespace

Slots::Page::iterator Slots::place(Page& page, Offset at) {
  return std::ranges::lower_bound(page, low_of(at), {}, &Slot::low);
}

Slot* Slots::find(Offset at) {
  const auto page = pages_.find(page_of(at));
  if (page == pages_.end()) return nullptr;
  const auto slot = place(page->second, at);
  return slot != page->second.end() && slot->low == low_of(at) ? &*slot : nullptr;
}

Slot& Slots::insert(Offset at) {
  Page& page = pages_[page_of(at)];
  const auto before = place(page, at);
  CHECK(before == page.end() || before->low != low_of(at), "an event is told once");
  ++size_;
  Slot fresh;
  fresh.low = low_of(at);
  return *page.insert(before, fresh);
}

void Slots::erase(Offset at) {
  const auto found = pages_.find(page_of(at));
  CHECK(found != pages_.end(), "only what is unsettled can be settled");
  Page& page = found->second;
  const auto slot = place(page, at);
  CHECK(slot != page.end() && slot->low == low_of(at), "only what is unsettled can be settled");
  page.erase(slot);
  --size_;
  if (page.empty()) {
    pages_.erase(found);
  } else if (page.size() <= page.capacity() / 4) {
    page.shrink_to_fit();  // A page that is left with few events gives back what it had for all.
  }
}

std::optional<Offset> Slots::next(Offset at) const {
  auto page = pages_.lower_bound(page_of(at));
  if (page == pages_.end()) return std::nullopt;
  if (page->first == page_of(at)) {
    const auto slot = std::ranges::lower_bound(page->second, low_of(at), {}, &Slot::low);
    if (slot != page->second.end()) return begin_of(page->first) + slot->low;
    if (++page == pages_.end()) return std::nullopt;
  }
  return begin_of(page->first) + page->second.front().low;
}

}  // namespace millrace::delivery
