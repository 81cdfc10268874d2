#pragma once
// Jobs::Impl: job.hpp's machines with letters, documents and time. jobs.cpp has what is asked from outside,
// job_driving.cpp what a machine wants done, job_sending.cpp how a letter goes to its topic again, job_sinks.cpp how
// to a sink.
//
// Everything that changes a job runs on the thread "redrive jobs", in turn, under the lock; others take the lock to
// look. Whatever is asked of letters or of the broker answers by posting to that thread. Nothing is asked under the
// lock.

#include <spdlog/logger.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "answer.hpp"
#include "job.hpp"
#include "millrace/runtime/work_thread.hpp"

namespace millrace::redrive {

/// A job, and what its machine does not know of its letters.
struct JobRun {
  JobRun(JobRecord record, bool is_restored, Selection selected)
      : job(std::move(record), is_restored), selection(std::move(selected)) {}

  Job job;
  Selection selection;
  std::map<JobPlace, Found> letters{};    ///< those that wait or were begun and are not answered
  Timestamp begun_at = no_timestamp;      ///< when letters were last begun
  std::shared_ptr<Sink> sink{};           ///< of this start, if it sends to one
  std::optional<Instant> due{};           ///< when it is looked at again
  std::vector<Answer<JobFacts>> asked{};  ///< to be told when it is stored next
  bool is_removed = false;
};
using JobRunPtr = std::shared_ptr<JobRun>;

/// A letter that is being redriven, as far as its answer needs it.
struct JobBegun {
  JobPlace place;
  std::string id;
  deadletter::LetterName name;
};

struct Jobs::Impl : std::enable_shared_from_this<Jobs::Impl> {
  Impl(runtime::BrokerRuntime& owner, Letters& at_work, std::shared_ptr<spdlog::logger> log)
      : broker(owner), letters(at_work), diagnostics(std::move(log)) {}

  /// Work that is not done any more is destroyed.
  void post(runtime::Callback<void()> work);

  // jobs.cpp
  void create(JobWish wish, Selection selection, Answer<JobFacts> answer);
  void created(const JobRunPtr& run, Answer<JobFacts>& answer, ErrorCode error, const std::string& why);
  /// `apply`: whether the machine is in the wanted state now.
  using Change = std::function<bool(Job&, Now)>;
  void change(const std::string& id, const Change& apply, const char* verb, Answer<JobFacts> answer);
  void remove(const std::string& id, Answer<void> answer);
  [[nodiscard]] JobRunPtr run_of(const std::string& id) const;
  [[nodiscard]] std::vector<Offset> ends_of(const std::string& topic) const;
  enum class Counts : std::uint8_t { all, until_sure };  ///< that the job would do something
  struct Counting;
  void count(const std::shared_ptr<Counting>& counting);

  // job_driving.cpp
  /// Does what the machine wants; to be called after whatever happened to it.
  void drive(const JobRunPtr& run);
  void outcome(const Outcome& told);
  /// How far all have come; waits until it is durable, or a moment.
  void store_all();

  runtime::BrokerRuntime& broker;
  Letters& letters;
  std::shared_ptr<spdlog::logger> diagnostics;
  std::function<void(const SentLetter&)> on_sent;
  std::shared_ptr<Sinks> sinks{};  ///< null: letters are sent to none

 private:
  void list(const JobRunPtr& run, const JobPage& page);
  void listed(const JobRunPtr& run, LetterState state, Result<Page> page);
  void look_up(const JobRunPtr& run, const JobPlace& place);
  void looked_up(const JobRunPtr& run, const JobPlace& place, Result<Found> found);
  void redrive(const JobRunPtr& run, std::vector<Found> begun);
  void redriven(const JobRunPtr& run, const std::vector<JobBegun>& begun,
                const Result<std::vector<RedriveError>>& errors);
  void store(const JobRunPtr& run, const JobRecord& record);
  void stored(const JobRunPtr& run, std::vector<Answer<JobFacts>>& asked, ErrorCode error, const std::string& why);
  void wake(const JobRunPtr& run, Instant at, Now now);
  /// Tells the machine, forgets the letter where it is not needed any longer, and drives on.
  void answered(const JobRunPtr& run, const JobPlace& place, JobAnswer answer, std::string_view why);
  /// The letter is let go, and told of, unless it is tried again.
  void let_go(const JobRunPtr& run, const JobPlace& place, JobAnswer answer, std::string_view why);

  // job_sending.cpp
  void send(const JobRunPtr& run, const std::string& job, const Found& letter);
  void arrived(const JobRunPtr& run, const Found& found);
  /// Whether it is open; if not, the machine is told.
  [[nodiscard]] bool is_still_open(const JobRunPtr& run, const Found& letter);

  // job_sinks.cpp
  using LetterPtr = std::shared_ptr<const Found>;
  void ask_sink(const JobRunPtr& run);
  void asked_sink(const JobRunPtr& run, const std::shared_ptr<Sink>& sink, const SinkConsent& consent);
  void send_to_sink(const JobRunPtr& run, const Found& letter);
  void sent_to_sink(const JobRunPtr& run, const LetterPtr& letter, const SinkAnswer& answer);
  void not_taken(const JobRunPtr& run, const LetterPtr& letter, const SinkAnswer& answer);

 public:
  mutable std::mutex mutex;
  std::map<std::string, JobRunPtr> runs;
  /// What totals() adds to the facts of jobs: those of jobs that were removed, less what earlier processes counted.
  std::uint64_t resolved_elsewhere = 0, failed_elsewhere = 0;
  // Of the thread alone.
  std::set<std::string> being_created{};  ///< topics whose job is being written

  std::atomic<int> counts_open = 0;
  std::mutex stopping;
  bool stopped = false;
  runtime::WorkThread worker{"redrive jobs", [this](std::string_view what) {
                               diagnostics->error("work on a redrive job failed why=\"{}\"", what);
                             }};
};

/// Errc::invalid and Errc::too_large name what breaks a rule; a wish without repeated ids, and what it selects.
[[nodiscard]] Result<Selection> selection_of(JobWish& wish);
/// Errc::invalid and Errc::too_large: its letters cannot go there.
[[nodiscard]] Result<void> check_target(const JobWish& wish, const Sinks* sinks);

/// Of records that were put aside when they were produced.
inline constexpr std::string_view of_no_group =
    "records that their topic has put aside were delivered to no group, and can be redriven to their topic";

/// Why its event cannot be handed to the group where it died, and what can be done instead. Of one whose group is not
/// served, or that others have written.
[[nodiscard]] std::string why_not_to_group(const deadletter::LetterName& name);
[[nodiscard]] std::string why_not_to_group(const Found& letter);

/// Where a letter goes that is written to its topic again, as a batch.
struct JobSending {
  runtime::TopicRef topic;
  PartitionIndex partition = 0;
  Bytes batch;
};
/// Errc::not_found and Errc::invalid: there is no such topic, or it is the broker's own.
[[nodiscard]] Result<JobSending> sending_of(const Found& letter, const std::string& job,
                                            const runtime::Topology& topology);

}  // namespace millrace::redrive
