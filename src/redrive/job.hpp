#pragma once
// One redrive job as a state machine: (job, what happened, now) → what to do. Pure and deterministic: no thread, no
// disk; letters are their places.
//
// The walk gives letters, which wait here until the rate, the bound of what is under way, and the order of their keys
// let them begin. What is durable of it is a JobRecord: it is stored so that a letter that was not begun is met again
// by the walk of the next start, and one that was is looked up.

#include <compare>
#include <deque>
#include <map>
#include <set>
#include <span>
#include <unordered_set>

#include "job_rate.hpp"
#include "millrace/redrive/jobs.hpp"

namespace millrace::redrive {

/// Of one topic.
struct JobPlace {
  PartitionIndex partition = 0;
  Offset offset;
  auto operator<=>(const JobPlace&) const = default;
};

/// What is durable of a job.
struct JobRecord {
  JobFacts facts;
  std::vector<Offset> ends;  ///< of each partition, when it began
  JobPlace walked;           ///< what is before was begun or is not meant
  std::vector<JobPlace> under_way;
  bool operator==(const JobRecord&) const = default;
};

/// A letter that the walk has come to.
struct JobLetter {
  JobPlace place;
  delivery::KeyHash key = delivery::no_key;
};

/// Which letters are to be listed.
struct JobPage {
  LetterState state = LetterState::open;
  Cursor from;
  std::size_t limit = 0;
};

/// What became of the attempt to redrive one letter.
enum class JobAnswer : std::uint8_t {
  under_way,    ///< its outcome will be told
  resolved,     ///< it has arrived
  refused,      ///< it cannot be redriven, and is open
  died,         ///< it was tried, and was not taken
  not_open,     ///< somebody else has taken it
  full,         ///< not now: too many are under way
  unavailable,  ///< not now
};

class Job {
 public:
  static constexpr std::size_t page_letters = 256;
  static constexpr std::size_t under_way_max = 1'000;
  static constexpr std::size_t stored_each = 1'000;  ///< letters
  static constexpr std::size_t judged_outcomes = 100;
  static constexpr std::size_t deaths_max = judged_outcomes / 2;

  /// `is_restored`: by a start that finds it stored. Then what it may have begun since is looked for first.
  Job(JobRecord record, bool is_restored);

  [[nodiscard]] const JobFacts& facts() const { return record_.facts; }
  /// Whether anything of it may still happen.
  [[nodiscard]] bool is_live() const { return !has_ended(record_.facts.state) || !under_way_.empty(); }

  /// What is to be listed now, once; page() or page_failed() follows.
  [[nodiscard]] std::optional<JobPage> next_page();
  /// The letters in their order; those that lie behind the ends are passed over. Which of them now wait.
  std::vector<JobPlace> page(std::span<const JobLetter> letters, std::optional<Cursor> next, Now now);
  void page_failed(const Error& error, Now now);

  /// Letters to redrive now; answered() follows for each.
  [[nodiscard]] std::vector<JobPlace> begin(Now now);
  void answered(const JobPlace& place, JobAnswer answer, std::string_view why, Now now);
  /// A letter that was under way is no longer. It may come before answered() does.
  void settled(const JobPlace& place, LetterState state, Now now);

  // Of a job to a sink, which begins nothing before its sink has consented. That is asked at each start of the job.
  /// Whether it is to be asked now, once; one of the three below follows.
  [[nodiscard]] bool is_to_ask(Now now);
  /// So many letters may be under way at once.
  void consented(std::size_t places, Now now);
  /// To be asked again after `wait`.
  void unanswered(std::string_view why, Milliseconds wait, Now now);
  void fail(std::string why, Now now);
  /// Nothing is begun for so long.
  void hold(Milliseconds wait, Now now);
  /// Of a letter that was begun: it was not sent, and nothing is for so long.
  void put_back(const JobPlace& place, std::string_view why, Milliseconds wait, Now now);

  /// Letters whose state is to be looked up, once; looked_up() follows for each.
  [[nodiscard]] std::vector<JobPlace> to_look_up();
  /// Nothing: it is no longer there. Whether it waits now.
  bool looked_up(const JobPlace& place, std::optional<LetterState> state, delivery::KeyHash key, Now now);

  /// False: it has ended otherwise.
  [[nodiscard]] bool pause(std::string why);
  [[nodiscard]] bool resume();
  [[nodiscard]] bool cancel(Now now);

  /// Whether it is to be stored now. stored() follows store().
  [[nodiscard]] bool is_to_be_stored(Now now) const;
  [[nodiscard]] bool is_changed() const { return is_changed_; }
  [[nodiscard]] JobRecord store(Now now);
  /// What store() would give.
  [[nodiscard]] JobRecord snapshot() const;
  void stored(bool is_durable);

  /// When to ask again, if nothing happens before and everything that was to be done now is.
  [[nodiscard]] std::optional<Instant> next_deadline(Now now) const;

 private:
  using Waiting = std::map<JobPlace, delivery::KeyHash>;

  void enter(JobState state, std::string why);
  void finish_if_done(Now now);
  void advance_to(JobPlace place);
  [[nodiscard]] bool is_full() const;
  [[nodiscard]] bool is_walked() const;
  [[nodiscard]] bool is_recovering() const { return searched_ || !unknown_.empty(); }
  void adopt(const JobLetter& letter);
  void leave(Waiting::iterator letter);
  void wait_again(const JobPlace& place, delivery::KeyHash key);
  void judge(bool has_died);
  /// What was wrong with a letter.
  void say(std::string_view why);
  void give_up_waiting(Now now);

  JobRecord record_;  ///< without what is under way
  JobRate rate_;
  Waiting waiting_;
  Waiting under_way_;
  std::unordered_set<delivery::KeyHash> busy_keys_;  ///< of what is under way; only with by_key
  std::vector<JobPlace> to_look_up_;
  std::set<JobPlace> unknown_;        ///< stored as under way, and not looked up yet
  std::optional<JobPlace> searched_;  ///< how far letters that are being redriven were looked for, after a start
  bool is_listing_ = false;
  enum class Consent : std::uint8_t { needless, wanted, asked, given };
  Consent consent_ = Consent::needless;
  std::optional<Instant> ask_at_;  ///< not before
  std::size_t places_ = under_way_max;
  std::optional<Instant> held_until_;
  std::deque<bool> outcomes_;  ///< the last ones: whether each has died again
  std::size_t deaths_ = 0;

  bool is_changed_ = false;
  bool is_urgent_ = false;
  bool is_storing_ = false;
  std::size_t begun_since_ = 0;
  Instant stored_at_{};
};

}  // namespace millrace::redrive
