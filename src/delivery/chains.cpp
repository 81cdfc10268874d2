#include "chains.hpp"

#include "millrace/core/check.hpp"

namespace millrace::delivery {

Slot& Chains::slot(Offset at) const {
  Slot* found = slots_.find(at);
  CHECK(found != nullptr, "a chain has unsettled events only");
  return *found;
}

Offset Chains::before(const Chain& chain, Offset at) const {
  Offset here = chain.first;
  for (Offset next = slot(here).next_of_key; next != no_offset && next < at; next = slot(here).next_of_key) here = next;
  return here;
}

void Chains::add(KeyHash key, Offset at) {
  const auto [found, is_new] = chains_.edit().try_emplace(key, Chain{at, at, 1});
  slot(at).next_of_key = no_offset;
  if (is_new) return;
  Chain& chain = found->second;
  ++chain.length;
  if (at > chain.last) {
    slot(chain.last).next_of_key = at;
    chain.last = at;
  } else if (at < chain.first) {
    slot(at).next_of_key = chain.first;
    chain.first = at;
  } else {
    Slot& earlier = slot(before(chain, at));
    slot(at).next_of_key = earlier.next_of_key;
    earlier.next_of_key = at;
  }
}

void Chains::remove(KeyHash key, Offset at) {
  auto& chains = chains_.edit();
  const auto found = chains.find(key);
  CHECK(found != chains.end(), "a chain lasts as long as its events");
  Chain& chain = found->second;
  if (--chain.length == 0) {
    chains.erase(found);
    return;
  }
  const Offset next = slot(at).next_of_key;
  if (at == chain.first) {
    chain.first = next;
    return;
  }
  const Offset earlier = before(chain, at);
  slot(earlier).next_of_key = next;
  if (at == chain.last) chain.last = earlier;
}

Offset Chains::first(KeyHash key) const {
  const auto found = chains_->find(key);
  return found == chains_->end() ? no_offset : found->second.first;
}

std::size_t Chains::length(KeyHash key) const {
  const auto found = chains_->find(key);
  return found == chains_->end() ? 0 : found->second.length;
}

}  // namespace millrace::delivery
