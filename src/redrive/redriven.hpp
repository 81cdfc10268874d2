#pragma once
// The letters whose events are being delivered again, by those events. Any thread.

#include <atomic>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "millrace/delivery/records.hpp"
#include "millrace/redrive/found.hpp"
#include "millrace/runtime/guarded.hpp"
#include "state_log.hpp"

namespace millrace::redrive {

class Redriven {
 public:
  struct Event {
    delivery::Home home;
    Offset offset;
    auto operator<=>(const Event&) const = default;
  };
  struct Letter {
    LetterPlace place;
    std::string id;
    std::uint32_t life = 0;
    StateLog::Letter state;  ///< where its state is kept
    bool is_edited = false;  ///< the letter has the event that is delivered, and its log another one
  };
  using Entry = std::pair<Event, Letter>;

  void add(const Event& event, Letter letter) {
    all_.with([&](auto& all) {
      forget_edited(all, event);
      edited_ += letter.is_edited ? 1 : 0;
      all.insert_or_assign(event, std::move(letter));
    });
  }
  void remove(const Event& event) {
    all_.with([&](auto& all) {
      forget_edited(all, event);
      all.erase(event);
    });
  }
  [[nodiscard]] std::optional<Letter> find(const Event& event) const {
    return all_.with([&](const auto& all) -> std::optional<Letter> {
      const auto found = all.find(event);
      return found == all.end() ? std::nullopt : std::optional(found->second);
    });
  }
  template <class Which>
  [[nodiscard]] std::vector<Entry> find_all(Which which) const {
    return all_.with([&](const auto& all) {
      std::vector<Entry> found;
      for (const auto& [event, letter] : all)
        if (which(event)) found.emplace_back(event, letter);
      return found;
    });
  }

  /// Whether any is.
  [[nodiscard]] bool has_edited() const { return edited_.load(std::memory_order_relaxed) != 0; }

 private:
  void forget_edited(const std::map<Event, Letter>& all, const Event& event) {
    const auto found = all.find(event);
    if (found != all.end() && found->second.is_edited) --edited_;
  }

  runtime::Guarded<std::map<Event, Letter>> all_;
  std::atomic<std::size_t> edited_ = 0;  ///< of all
};

}  // namespace millrace::redrive
