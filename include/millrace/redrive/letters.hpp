#pragma once
// Dead letters at work: they are written when delivery asks for it, each once over all crashes; each has a state, which
// is durable before anybody is told of it; and they are found, read, redriven and given up.
//
// Delivery and this know of each other: listeners() goes into DeliveryRuntime::open(), then attach(). Letters are
// written on a thread of their own, in one batch for each partition where many come; they are read on another one, a
// bounded piece at a time. What is asked before attach(), or after stop(), fails with Errc::busy. Once in a minute
// those whose time is over are given up, and the records that nobody needs any more at the front of a partition are
// deleted. Shared: any thread; callbacks come on any thread, never under a lock of ours. It knows no HTTP and no
// subscription: who keeps those says where their letters go, with serve(), before delivery serves them.

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "millrace/redrive/found.hpp"
#include "millrace/runtime/delivery_runtime.hpp"
#include "millrace/runtime/notices.hpp"

namespace millrace::redrive {

/// Where the letters of a subscription go.
struct Target {
  std::string dead_letter_topic{};  ///< empty: deadletter::topic_for()
  std::string destination{};        ///< the URL of its sink; empty: it has none
  deadletter::Compat compat = deadletter::Compat::none;
  deadletter::Bounds bounds{};
  bool links = false;     ///< letters point to their record instead of having it
  bool notifies = false;  ///< what becomes of its letters is told as events (runtime::Notices)
  /// After their death its letters are given up; unset: as the configuration of their topic says.
  std::optional<Milliseconds> retention{};
};

/// Where a walk over the letters of a topic goes on: partition by partition, by ascending offset.
struct Cursor {
  PartitionIndex partition = 0;
  Offset offset;
  bool operator==(const Cursor&) const = default;
};
struct Page {
  std::vector<Found> letters;
  std::optional<Cursor> next;  ///< nothing: that was all. With it there may be no letters, and yet some further on
};

/// What a dead-letter topic holds.
struct Summary {
  std::string topic;
  std::string group;        ///< empty: its letters tell
  std::string source;       ///< likewise
  bool is_adopted = false;  ///< its letters may be of other families
  std::uint64_t open = 0;   ///< records without another state
  std::uint64_t redriving = 0;
  std::uint64_t resolved = 0;
  std::uint64_t discarded = 0;
  std::uint64_t superseded = 0;
  Timestamp oldest = no_timestamp;  ///< when the first letter that is there died
  Timestamp newest = no_timestamp;
  /// Of open letters, by deadletter's names; of `looked_at` records, the oldest ones of each partition.
  std::vector<std::pair<std::string, std::uint64_t>> reasons;
  std::uint64_t looked_at = 0;
};

/// What an operator is told all the time. Counts are since the broker's start.
struct LetterFigures {
  struct Topic {
    std::string topic;
    std::array<std::uint64_t, letter_states> letters{};  ///< by their state
    Timestamp oldest_open = no_timestamp;                ///< when the first letter that is open died
  };
  std::vector<Topic> topics;      ///< by name
  std::size_t topics_left = 0;    ///< beyond the bound
  std::size_t looks_left = 0;     ///< partitions whose oldest letter is as of an earlier time
  std::uint64_t not_written = 0;  ///< each try
  std::array<std::uint64_t, delivery::newest_reason + 1> written{};  ///< by the number of their reason
};

/// What became of a letter that was redriven.
struct Outcome {
  LetterPlace place;
  std::string id;
  LetterState state = LetterState::open;  ///< resolved, superseded, discarded; open: nobody will deliver it any longer
};

/// A letter that has just been written. Borrowed.
struct NewLetter {
  const deadletter::Letter& letter;
  const deadletter::Record& original;
  const LetterPlace& place;
  Timestamp began = no_timestamp;  ///< when writing it began, with others perhaps
};

enum class RedriveError : std::uint8_t {
  none,
  not_open,     ///< its state is another one, or it is no letter of ours
  not_served,   ///< there is no such subscription or topic
  changed,      ///< another record lies where it died: its topic was made anew
  not_dead,     ///< it is being delivered, or its letter is being written
  not_told,     ///< delivery has not come there
  full,         ///< as many are unsettled as may
  source_gone,  ///< the letter is a link, and its record is there no more
  unavailable,  ///< it cannot be written now
};
/// "not-open"
[[nodiscard]] std::string_view name_of(RedriveError error) noexcept;

template <class T>
using Told = runtime::Callback<void(Result<T>)>;

class Letters {
 public:
  /// Makes the topic of states if there is none and replays it. The broker must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<Letters>> open(runtime::BrokerRuntime& broker,
                                                             std::shared_ptr<spdlog::logger> diagnostics);
  ~Letters();
  Letters(const Letters&) = delete;
  Letters& operator=(const Letters&) = delete;

  /// For DeliveryRuntime::open(). They may be called as long as they live, also when this is gone.
  [[nodiscard]] runtime::DeliveryListeners listeners();
  /// Once. What delivery has said so far is done from now on.
  void attach(runtime::DeliveryRuntime& delivery);
  /// Called for every letter that was redriven and is so no longer. Once, before attach().
  void on_outcome(std::function<void(const Outcome&)> listener);
  /// Called for every letter that was written, on the thread that writes them. Once, before attach().
  void on_written(std::function<void(const NewLetter&)> listener);
  /// Ends the threads. To be called after DeliveryRuntime::stop(), while the delivery and the broker are there.
  void stop();

  /// To be called before DeliveryRuntime::serve(). Who is not known has Target's defaults. Another retention than
  /// before is acted on at once.
  void serve(const std::string& subscription, Target target);
  /// Since the start.
  [[nodiscard]] runtime::Notices::Counts notices() const;
  /// Of one that notifies: it was suspended, for a reason, or it was resumed, for none.
  void tell_state(const std::string& subscription, const std::string& topic, const std::string& reason);
  /// The subscription is deleted: letters that are being redriven to it are open again.
  void forget(const std::string& subscription);
  /// Whether the letters of a subscription to `topic` could be written there: Errc::invalid and Errc::too_large name
  /// the rule that is broken. A topic that does not exist yet will be made.
  [[nodiscard]] Result<void> check(const std::string& subscription, const std::string& topic,
                                   const Target& target) const;

  /// Puts one record aside by hand, for a group that reads by itself: one that is delivered to rejects what it has in
  /// hand. The same record twice is the same letter, also when the record is gone by now. Errc::not_found: there is no
  /// such topic, partition or record; busy: the record is not durable yet; exists: the letter of that name is of
  /// another record; invalid: the group is deadletter::quarantine_group.
  struct Reject {
    std::string group{};
    std::string topic{};
    PartitionIndex partition = 0;
    Offset offset;
    std::int32_t code = 0;
    std::string message{};
  };
  struct Rejected {
    LetterPlace place;
    std::string id{};
    bool was_there = false;
  };
  void write(Reject reject, Told<Rejected> done);

  /// So many at most; a bounded amount is looked at, so ask again from Page::next. Errc::not_found: that topic holds no
  /// letters; Errc::io.
  void list(const std::string& topic, Selection selection, Cursor from, std::size_t limit, Told<Page> done);
  /// By its id, or by its place as in place_id(). By id it may take as long as reading the partition does.
  /// Errc::not_found.
  void find(const std::string& topic, const std::string& id, Told<Found> done);
  void summarise(Told<std::vector<Summary>> done);
  /// Of so many topics at most, looking at so many letters at most. It reads the disk: for one thread that may wait.
  [[nodiscard]] LetterFigures figures(std::size_t topics_max, std::size_t looks_max);

  /// Delivers the events of these letters again, each to the subscription where it died; with the failures that its
  /// letter tells, or anew. One error for each, in their order. A crash in between may leave an event redriven and its
  /// letter open: it is then delivered once more, never lost.
  void redrive(std::vector<Found> letters, bool keeps_failures, Told<std::vector<RedriveError>> done);
  /// Whether its event can be delivered again: its group is a subscription that is served from its topic.
  [[nodiscard]] bool is_deliverable(const Found& letter) const;
  /// Gives up open letters; what they hold back is let go. How many there were.
  void discard(std::vector<Found> letters, Told<std::size_t> done);
  /// The same of letters that have arrived elsewhere: they are resolved.
  void resolve(std::vector<Found> letters, Told<std::size_t> done);

  /// What a newer letter says otherwise than the one whose place it takes.
  struct Revision {
    std::optional<deadletter::Record> original{};      ///< somebody has edited it; key and timestamp stay what they are
    std::optional<delivery::FailedAttempt> failure{};  ///< it was sent elsewhere, and not taken there …
    std::string destination{};                         ///< … which is this URL
  };
  /// Writes a newer letter, with the next life, and supersedes the one that was open. At no time are both open, nor
  /// neither of them once this is done, whatever crashes in between. Errc::exists: it is not open any longer;
  /// unsupported: somebody else wrote it; not_found, invalid, too_large: its topic is gone, or does not take the newer
  /// one; io.
  void revise(Found letter, Revision revision, Told<Found> done);

  /// The record of an event that is being redriven, for when its log has lost it. Reads the disk; not for network
  /// threads.
  [[nodiscard]] std::optional<deadletter::Record> original_of(const delivery::Home& home, Offset event);
  /// The same, but only if somebody has edited it: it is delivered in place of what its log has. Nothing costs nothing
  /// while no such event is being redriven.
  [[nodiscard]] std::optional<deadletter::Record> edited_of(const delivery::Home& home, Offset event);
  /// Whether edited_of() may give something now.
  [[nodiscard]] bool has_edited() const;

  /// Now; open for what is not there. Any thread, at once.
  [[nodiscard]] LetterState state_of(const LetterPlace& letter) const;

  /// What letters of others are taken to say that do not say it themselves; empty: nothing.
  struct Adoption {
    std::string group{};
    std::string source_topic{};  ///< so that they can be redriven there
  };
  /// Letters of others may lie in that topic; again: with another Adoption. Errc::not_found; Errc::invalid for a topic
  /// that is the broker's own, and for names that a group or a topic cannot have.
  void adopt(const std::string& topic, Adoption adoption, Told<void> done);
  void unadopt(const std::string& topic, Told<void> done);
  /// Whether a topic holds letters, by its own configuration or because it was adopted.
  [[nodiscard]] bool holds_letters(const std::string& topic) const;

  struct Impl;

 private:
  explicit Letters(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace millrace::redrive
