// Letters that delivery asks for.

#include <algorithm>

#include "letters_impl.hpp"

namespace millrace::redrive {

namespace {

constexpr std::chrono::milliseconds ask_again{500};  ///< whether a subscription is served by now

}  // namespace

void Letters::Impl::write_letters(const delivery::Home& home, std::vector<delivery::DeadLetter> dead) {
  pending.with([&](auto& all) {
    auto& held = all[home];
    std::ranges::move(dead, std::back_inserter(held));
  });
  post(writing, [this] { write_pending(); });
}

void Letters::Impl::write_pending() {
  auto* const served = delivery.load();
  if (served == nullptr) return;
  auto due = pending.with([](auto& all) { return std::exchange(all, {}); });
  std::vector<ToWrite> letters;
  std::map<delivery::Home, std::vector<delivery::DeadLetter>> later;
  for (auto& [home, dead] : due) {
    const Target target = target_of(home.subscription);
    std::set<std::pair<Offset, std::uint32_t>> seen;
    for (auto& each : dead) {
      const auto is_unsettled = served->is_unsettled(home, each.offset);
      if (!is_unsettled) {
        later[home].push_back(std::move(each));
      } else if (*is_unsettled && seen.insert({each.offset, each.life}).second) {
        letters.push_back({home, std::move(each), target});
      }
    }
  }
  if (!later.empty()) {
    pending.with([&](auto& all) {
      for (auto& [home, dead] : later) {
        auto& held = all[home];
        held.insert(held.begin(), std::make_move_iterator(dead.begin()), std::make_move_iterator(dead.end()));
      }
    });
    if (!std::exchange(comes_again, true)) {
      writing.post_after(ask_again, [this] {
        comes_again = false;
        write_pending();
      });
    }
  }
  if (!letters.empty()) conclude(letters, writer.write(letters));
}

void Letters::Impl::conclude(const std::vector<ToWrite>& asked, const std::vector<Result<Written>>& results) {
  auto* const served = delivery.load();
  // Before delivery knows that it need not ask again.
  const auto older = older_of(asked, results);
  const bool is_known = end_redriving(older, LetterState::superseded);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const auto& [home, dead, target] = asked[i];
    count(asked[i], results[i]);
    if (!results[i]) {
      give_up(asked[i], results[i].error());
    } else if (dead.life > 0 && !is_known) {
      give_up(asked[i], {Errc::io, "the state of its older letter cannot be written"});
    } else {
      served->archived(home, dead.offset, results[i]->place.offset);
      tell_written(asked[i], *results[i]);
    }
  }
}

void Letters::Impl::count(const ToWrite& asked, const Result<Written>& result) {
  if (!result) return not_written.add();
  // Counted when it was written, if this process did.
  if (result->was_there || asked.dead.reason == delivery::Reason::none) return;
  written[static_cast<std::size_t>(asked.dead.reason)].add();
}

void Letters::Impl::give_up(const ToWrite& asked, const Error& why) {
  const auto& [home, dead, target] = asked;
  diagnostics->error("dead letter not written subscription={} topic={} partition={} offset={} why=\"{}\"",
                     home.subscription, home.topic.to_string(), home.partition, dead.offset.value(), why.message);
  auto* const served = delivery.load();
  served->archive_failed(home, dead.offset);
  // Its policy may drop what cannot be written: then the older letter is all that is left of it.
  const auto is_unsettled = served->is_unsettled(home, dead.offset);
  if (!is_unsettled || *is_unsettled) return tell_held(asked, why.message);
  const Redriven::Event event{home, dead.offset};
  std::vector<Redriven::Entry> older;
  if (const auto letter = redriven.find(event)) older.emplace_back(event, *letter);
  (void)end_redriving(older, LetterState::open);
}

Target Letters::Impl::target_of(const std::string& subscription) const {
  return targets.with([&](const auto& all) {
    const auto found = all.find(subscription);
    return found == all.end() ? Target() : found->second;
  });
}

}  // namespace millrace::redrive
