#include "letter_states.hpp"

#include <algorithm>
#include <limits>

#include "millrace/core/byte_cursor.hpp"

namespace millrace::redrive {

namespace {

constexpr std::int16_t version_0 = 0;
constexpr std::int64_t pages_max = std::numeric_limits<std::int64_t>::max() / page_letters;

std::size_t index_of(LetterState state) { return static_cast<std::size_t>(state); }
std::size_t place_in_page(Offset letter) { return static_cast<std::size_t>(letter.value() % page_letters); }

}  // namespace

bool is_settled(LetterState state) {
  return state == LetterState::resolved || state == LetterState::discarded || state == LetterState::superseded;
}

LetterState LetterStates::of(Offset letter) const {
  const auto found = pages_.find(letter.value() / page_letters);
  return found == pages_.end() ? LetterState::open : found->second[place_in_page(letter)];
}

LetterStates::Change LetterStates::decide(std::span<const Offset> letters, LetterState from, LetterState to) const {
  Change change;
  std::map<std::int64_t, std::array<LetterState, page_letters>> pages;
  for (const Offset letter : letters) {
    if (letter < Offset(0) || from == to) continue;
    const std::int64_t page = letter.value() / page_letters;
    auto found = pages.find(page);
    if (found == pages.end()) {
      const auto held = pages_.find(page);
      found = pages.emplace(page, held == pages_.end() ? std::array<LetterState, page_letters>{} : held->second).first;
    }
    LetterState& state = found->second[place_in_page(letter)];
    if (state != from) continue;
    state = to;
    change.changed.push_back(letter);
  }
  for (const auto& [page, states] : pages) {
    const auto held = pages_.find(page);
    if (held == pages_.end() ? std::ranges::any_of(states, [](auto each) { return each != LetterState::open; })
                             : held->second != states)
      change.pages.push_back({page, states});
  }
  return change;
}

void LetterStates::put(const StatePage& page) {
  forget(page.page);
  pages_.emplace(page.page, page.states);
  for (const LetterState state : page.states)
    if (state != LetterState::open) ++counts_[index_of(state)];
}

void LetterStates::forget(std::int64_t page) {
  const auto held = pages_.find(page);
  if (held == pages_.end()) return;
  for (const LetterState state : held->second)
    if (state != LetterState::open) --counts_[index_of(state)];
  pages_.erase(held);
}

std::vector<std::int64_t> LetterStates::pages_below(Offset start) const {
  std::vector<std::int64_t> below;
  for (const auto& [page, states] : pages_) {
    if ((page + 1) * page_letters > start.value()) break;
    below.push_back(page);
  }
  return below;
}

std::vector<std::int64_t> LetterStates::pages() const {
  std::vector<std::int64_t> all;
  for (const auto& [page, states] : pages_) all.push_back(page);
  return all;
}

StateCounts LetterStates::counts(Offset start) const {
  StateCounts counts = counts_;
  for (const auto& [page, states] : pages_) {
    const std::int64_t first = page * page_letters;
    if (first >= start.value()) break;
    const auto gone = static_cast<std::size_t>(std::min<std::int64_t>(start.value() - first, page_letters));
    for (std::size_t i = 0; i < gone; ++i)
      if (states[i] != LetterState::open) --counts[index_of(states[i])];
  }
  return counts;
}

Offset LetterStates::first_unsettled(Offset from) const {
  for (auto page = pages_.find(from.value() / page_letters); page != pages_.end(); ++page) {
    if (page->first > from.value() / page_letters) break;
    for (; from.value() / page_letters == page->first; from = from + 1) {
      if (!is_settled(page->second[place_in_page(from)])) return from;
    }
  }
  return from;
}

std::vector<Offset> LetterStates::in(LetterState state) const {
  std::vector<Offset> found;
  for (const auto& [page, states] : pages_)
    for (std::size_t i = 0; i < states.size(); ++i)
      if (states[i] == state) found.push_back(Offset(page * page_letters + static_cast<std::int64_t>(i)));
  return found;
}

std::optional<Offset> LetterStates::first_open(Offset start, Offset end) const {
  auto at = start;
  for (auto held = pages_.lower_bound(at.value() / page_letters); at < end; ++held) {
    if (held == pages_.end() || at < Offset(held->first * page_letters)) return at;
    const auto& states = held->second;
    const auto from = states.begin() + static_cast<std::ptrdiff_t>(place_in_page(at));
    const auto open = std::find(from, states.end(), LetterState::open);
    at = Offset(held->first * page_letters + (open - states.begin()));
    if (open != states.end() && at < end) return at;
  }
  return std::nullopt;
}

EncodedState encode(const StateRecord& record) {
  EncodedState out;
  append_be(out.key, version_0);
  append_bytes(out.key, record.of.topic.bytes);
  append_be(out.key, record.of.partition);
  append_be(out.key, record.page);
  if (!record.states) return out;
  Bytes& value = out.value.emplace();
  append_be(value, version_0);
  for (const LetterState state : record.states->states) value.push_back(static_cast<std::byte>(state));
  value.push_back(std::byte{0});
  return out;
}

Result<StateRecord> decode(ByteView key, std::optional<ByteView> value) {
  ByteCursor in(key);
  const auto key_version = in.integer<std::int16_t>();
  if (in.ok() && key_version != version_0)
    return failure(Errc::unsupported, "a key of letters has version " + std::to_string(key_version));
  StateRecord record;
  const ByteView topic = in.take(record.of.topic.bytes.size());
  std::ranges::copy(topic, record.of.topic.bytes.begin());
  record.of.partition = in.integer<std::int32_t>();
  record.page = in.integer<std::int64_t>();
  if (!in.at_end() || record.of.partition < 0 || record.page < 0 || record.page >= pages_max)
    return failure(Errc::corrupt, "a key of letters contradicts its version");
  if (!value) return record;

  ByteCursor content(*value);
  const auto version = content.integer<std::int16_t>();
  if (content.ok() && version != version_0)
    return failure(Errc::unsupported, "a value of letters has version " + std::to_string(version));
  StatePage page{.page = record.page};
  const ByteView states = content.take(page.states.size());
  for (std::size_t i = 0; i < states.size(); ++i) {
    const auto number = std::to_integer<std::size_t>(states[i]);
    if (number >= letter_states) return failure(Errc::corrupt, "a letter has state " + std::to_string(number));
    page.states[i] = static_cast<LetterState>(number);
  }
  const auto tags = content.uvarint<std::uint64_t>();
  for (std::uint64_t i = 0; i < tags && content.ok(); ++i) {
    (void)content.uvarint<std::uint64_t>();
    (void)content.take(content.uvarint<std::uint64_t>());
  }
  if (!content.at_end()) return failure(Errc::corrupt, "a value of letters contradicts its version");
  record.states = page;
  return record;
}

}  // namespace millrace::redrive
