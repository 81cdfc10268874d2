#pragma once
// Letters::Impl, split over the files beside it: writing.cpp has what delivery asks for, by_hand.cpp what somebody
// writes by hand, outcomes.cpp what becomes of letters that were redriven, changing.cpp what is done to letters on
// request, revising.cpp how one letter takes the place of another, reading.cpp how they are found, figures.cpp what is
// told of them all the time, ageing.cpp how they go, keeping.cpp how records stay that they point to, telling.cpp who
// hears of it. letters.hpp says what it promises.
//
// Everything that changes a state or waits for a disk runs on the thread "letters", in turn; what reads for somebody on
// "letter readers". Locks are held for a look at a map, never two at once.

#include <spdlog/logger.h>

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "answer.hpp"
#include "letter_writer.hpp"
#include "millrace/core/counting.hpp"
#include "millrace/runtime/notices.hpp"
#include "millrace/runtime/work_thread.hpp"
#include "redriven.hpp"
#include "state_log.hpp"

namespace millrace::redrive {

struct Letters::Impl : std::enable_shared_from_this<Letters::Impl> {
  Impl(runtime::BrokerRuntime& owner, std::shared_ptr<spdlog::logger> log)
      : broker(owner),
        diagnostics(std::move(log)),
        notices(std::make_shared<runtime::Notices>(owner, diagnostics)),
        states(owner) {}

  /// Work that is not done any more is destroyed, and answers so.
  void post(runtime::WorkThread& thread, runtime::Callback<void()> work) {
    const std::lock_guard lock(stopping);
    if (!stopped) thread.post(std::move(work));
  }
  /// `work()` gives what `done` is told.
  template <class T, class Work>
  void run(runtime::WorkThread& thread, Told<T> done, Work work) {
    Answer<T> answer(std::move(done));
    post(thread, [answer = std::move(answer), work = std::move(work)]() mutable { answer(work()); });
  }

  // writing.cpp
  void write_letters(const delivery::Home& home, std::vector<delivery::DeadLetter> dead);
  void write_pending();
  void conclude(const std::vector<ToWrite>& asked, const std::vector<Result<Written>>& results);
  void give_up(const ToWrite& asked, const Error& why);
  void count(const ToWrite& asked, const Result<Written>& result);
  [[nodiscard]] Target target_of(const std::string& subscription) const;

  // by_hand.cpp
  void reject(Reject reject, Told<Rejected> done);
  /// One that is there already.
  [[nodiscard]] Result<Rejected> known(const Reject& reject, const Found& letter) const;
  [[nodiscard]] Result<Rejected> write_by_hand(const Reject& reject, Offset newest);
  [[nodiscard]] bool is_deliverable(const Found& letter) const;

  // outcomes.cpp
  /// What was being redriven when the broker stopped.
  void remember_redriven();
  /// Asks delivery about those; repeated while there are any.
  void reconcile();
  void resolve(const delivery::Home& home, const std::vector<delivery::Resolved>& resolved);
  /// From whatever of open and redriving it is in. True when it is durable.
  [[nodiscard]] bool end_redriving(const std::vector<Redriven::Entry>& letters, LetterState as);
  /// The older letters of those that died again. Scans for what is not remembered.
  [[nodiscard]] std::vector<Redriven::Entry> older_of(const std::vector<ToWrite>& asked,
                                                      const std::vector<Result<Written>>& results);
  [[nodiscard]] std::optional<Redriven::Letter> letter_named(const delivery::Home& home, Offset event,
                                                             std::uint32_t life);
  void reopen(const std::string& subscription);
  void sweep();
  /// The letter of an event that is being redriven; nothing when it is not.
  [[nodiscard]] std::optional<deadletter::Read> redriving(const delivery::Home& home, Offset event) const;
  [[nodiscard]] std::optional<deadletter::Record> original_of(const delivery::Home& home, Offset event) const;

  // changing.cpp
  [[nodiscard]] Result<std::vector<RedriveError>> redrive(const std::vector<Found>& letters, bool keeps_failures);
  /// Open ones become `as`, and let go of what they hold back.
  [[nodiscard]] Result<std::size_t> let_go(const std::vector<Found>& letters, LetterState as);
  /// Nothing: it is adopted no longer.
  void adopt(const std::string& topic, const std::optional<Adoption>& adoption, Told<void> done);
  [[nodiscard]] std::optional<StateLog::Letter> state_place(const LetterPlace& place) const;

  // revising.cpp
  /// A letter whose newer one is being written.
  struct Revising {
    StateLog::Letter older;
    std::string newer;  ///< its id
  };
  [[nodiscard]] Result<Found> revise(Found letter, const Revision& revision);
  /// What a crash has left; before anybody reads letters.
  void recover_revisions();
  /// Superseded when the newer letter is there, open when it is not and will not be. False: that is not known yet.
  [[nodiscard]] bool conclude_revision(const Revising& revision);
  // ageing.cpp
  /// All of them, for whatever is to be done without being asked.
  void look_through() {
    age();
    look_for_links();
  }
  /// Gives up what is too old, and deletes what nobody needs, one partition after the other, others' work in between.
  void age();
  void age_next();
  struct Ages;
  [[nodiscard]] Ages ages_of(const runtime::HostedTopic& topic) const;
  /// Whether delivery, if it serves that subscription, can let go now of what the event holds back.
  [[nodiscard]] bool can_be_told(const deadletter::LetterName& name) const;
  void give_up_old(const runtime::HostedTopic& topic, PartitionIndex partition, const Ages& ages);
  void free_settled(const runtime::HostedTopic& topic, PartitionIndex partition, const Ages& ages);

  // keeping.cpp
  void keep_for(const Source& source, Offset record);
  void is_linked(const LetterWriter::Link& link);
  /// Reads letters that were not read yet, or whose remembered links are all over, others' work in between.
  void look_for_links();
  void look_next();
  [[nodiscard]] bool look_at(const LettersOf& where);
  [[nodiscard]] std::optional<Source> source_of(const Found& link, const LinkedRecords& among) const;
  /// To be called when letters were settled.
  void forget_settled_links();
  [[nodiscard]] std::map<Source, Offset> first_linked() const;
  void keep_at_first();
  void keep_linked();
  void keep(const Source& source, std::optional<Offset> from) const;

  // telling.cpp; none of them waits
  [[nodiscard]] bool notifies(const std::string& subscription) const;
  void tell_written(const ToWrite& asked, const Written& made);
  void tell_held(const ToWrite& asked, const std::string& why);
  void tell_expired(const std::vector<Found>& letters);
  // For the metadata log: what somebody has done to letters.
  void note_discarded(const std::vector<Found>& letters, std::size_t count);
  void note_edited(const std::string& older, const Found& newer);
  void note_rejected(const Reject& reject, const LetterPlace& place, const std::string& id);

  // reading.cpp
  [[nodiscard]] bool holds_letters(const runtime::HostedTopic& topic) const;
  [[nodiscard]] Result<runtime::HostedTopicPtr> letters_topic(const std::string& name) const;
  /// The record that a link points to, or that it is gone.
  void follow(Found& link) const;
  [[nodiscard]] Result<Page> list(const std::string& topic, const Selection& selection, Cursor from,
                                  std::size_t limit) const;
  /// A letter that is looked for, a piece at a time, so that others have their turn.
  struct Finding {
    Finding(std::string in, std::string named, Told<Found> done)
        : topic(std::move(in)), id(std::move(named)), answer(std::move(done)) {}

    std::string topic;
    std::string id;
    Answer<Found> answer;
    std::vector<PartitionIndex> partitions{};  ///< still to look into, the next one last
    std::optional<Offset> at{};                ///< in the last of them
    bool has_begun = false;
  };
  void find(const std::shared_ptr<Finding>& at);
  [[nodiscard]] Result<std::vector<Summary>> summarise() const;
  [[nodiscard]] Summary summary_of(const runtime::HostedTopic& topic, std::size_t& budget) const;

  // figures.cpp
  [[nodiscard]] LetterFigures figures(std::size_t topics_max, std::size_t looks_max);

  runtime::BrokerRuntime& broker;
  std::shared_ptr<spdlog::logger> diagnostics;
  std::shared_ptr<runtime::Notices> notices;
  StateLog states;
  std::atomic<runtime::DeliveryRuntime*> delivery = nullptr;
  std::function<void(const Outcome&)> on_outcome;
  runtime::Guarded<std::map<std::string, Target>> targets;
  runtime::Guarded<std::map<delivery::Home, std::vector<delivery::DeadLetter>>> pending;  ///< letters to be written
  Redriven redriven;
  LetterWriter writer{broker,
                      [this](const delivery::Home& home, Offset event) { return redriving(home, event); },
                      {.begins = [this](const Source& source, Offset record) { keep_for(source, record); },
                       .written = [this](const LetterWriter::Link& link) { is_linked(link); }}};
  std::array<Counter, delivery::newest_reason + 1> written{};  ///< by reason
  Counter not_written;
  /// When the letters died that figures() has seen first in their partitions.
  struct Oldest {
    Offset letter;
    Timestamp died_at = no_timestamp;
  };
  std::map<LettersOf, Oldest> oldest;  ///< of the one thread that asks for figures
  // Of the thread "letters" alone.
  bool comes_again = false;              ///< write_pending() will be called
  std::vector<Redriven::Entry> unknown;  ///< redriven before the start, and delivery has not said what became of them
  std::vector<Revising> unconcluded;     ///< whether their newer letters are there could not be seen
  std::set<delivery::Home> homes_held;   ///< whose letters cannot be written, and who was told so
  std::vector<LettersOf> to_age;         ///< the next one last
  bool ages_again = false;               ///< somebody has asked meanwhile
  std::map<LettersOf, Offset> looked_until;  ///< where the look for what is too old goes on; else at the start
  struct Head {
    Offset offset;
    Timestamp died_at = no_timestamp;
  };
  std::map<LettersOf, Head> settled_heads;  ///< the first letters of partitions that wait for their time to be over
  std::map<LettersOf, LinkedRecords> linked;
  std::map<Source, Offset> kept;       ///< what partitions were told
  std::set<LettersOf> looked_through;  ///< once, so that `linked` has what they point to
  std::vector<LettersOf> to_look;      ///< the next one last
  struct Looking {
    LinkedRecords found;
    std::optional<Offset> at{};  ///< unset: the start
  };
  Looking looking;           ///< at the next one
  bool knows_links = false;  ///< all that were there at the start

  std::mutex stopping;
  bool stopped = false;
  runtime::WorkThread writing{"letters", [this](std::string_view what) { escaped(what); }};
  runtime::WorkThread readers{"letter readers", [this](std::string_view what) { escaped(what); }};

 private:
  void escaped(std::string_view what) const { diagnostics->error("work on letters failed why=\"{}\"", what); }
};

}  // namespace millrace::redrive
