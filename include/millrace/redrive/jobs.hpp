#pragma once
// Redrive jobs: many dead letters brought back at a bounded pace, by a job that survives a restart, can be paused, and
// loses nothing when it is cancelled.
//
// A job walks over the letters that lay in its topic when it began, so one whose event dies again is not met a second
// time. It begins a bounded piece of them at once and waits for their outcomes. Its progress is a document of the
// metadata log, written at each change of its state, and otherwise once in a second or in a thousand letters. After a
// crash an event may be redriven twice, and the counts may lack what happened since the last writing; no letter is
// passed over. One job of a topic may be running or paused at a time.
// Shared: any thread; callbacks come on a thread of its own, or on the caller's. It knows no HTTP.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "millrace/redrive/letters.hpp"
#include "millrace/redrive/sinks.hpp"

namespace millrace::redrive {

inline constexpr std::size_t jobs_max = 1'000;  ///< those that have ended included
inline constexpr std::size_t job_ids_max = 1'000;
inline constexpr std::size_t job_text_bytes_max = 256 * limits::KiB;  ///< of its ids and its expression
inline constexpr std::uint32_t job_rate_max = 1'000'000;

enum class JobState : std::uint8_t {
  running,
  paused,     ///< by hand, or by itself: then `why` says what was wrong
  cancelled,  ///< what it has begun goes on, nothing further is begun
  done,       ///< it has walked to the end, and every letter that it has begun has an outcome
  failed,     ///< its topic is gone, or its sink wants no events
};
inline constexpr std::size_t job_states = 5;
[[nodiscard]] std::string_view name_of(JobState state) noexcept;
[[nodiscard]] std::optional<JobState> parse_job_state(std::string_view text) noexcept;
[[nodiscard]] constexpr bool has_ended(JobState state) noexcept {
  return state != JobState::running && state != JobState::paused;
}

enum class JobTarget : std::uint8_t {
  group,  ///< the subscription where the event died, and nobody else
  topic,  ///< its source topic, at the end, for everybody who reads there
  sink,   ///< a URL that somebody names, by HTTP
};
[[nodiscard]] std::string_view name_of(JobTarget target) noexcept;
[[nodiscard]] std::optional<JobTarget> parse_job_target(std::string_view text) noexcept;

/// What somebody wants. Of open letters; all that is said has to hold.
struct JobWish {
  std::string topic{};  ///< of dead letters
  JobTarget to = JobTarget::group;
  std::string sink{};   ///< the URL; of JobTarget::sink, and else empty
  std::string where{};  ///< CESQL; empty: any
  std::vector<delivery::Reason> reasons{};
  Timestamp since = no_timestamp;
  Timestamp until = no_timestamp;
  std::vector<std::string> ids{};
  std::optional<std::uint64_t> limit{};  ///< so many at most; 1 or more
  std::optional<std::uint32_t> rate{};   ///< begun in any second at most; 1 to job_rate_max
  bool by_key = false;                   ///< the next letter of a key only after the outcome of the one before
  bool resets_attempts = false;          ///< delivery begins anew, else with the failures that the letter tells
  bool operator==(const JobWish&) const = default;
};

/// How far it has come. selected - resolved - failed are those that wait, or are under way.
struct JobFacts {
  std::string id;
  JobWish wish;
  JobState state = JobState::running;
  std::string why;  ///< it has paused or failed, or what became of the last letter that could not be redriven
  std::uint64_t selected = 0;  ///< that it has come to so far, and nobody else has taken
  std::uint64_t redriven = 0;  ///< of those: handed to their group, written to their topic, or sent to the sink
  std::uint64_t resolved = 0;
  std::uint64_t failed = 0;  ///< died again, or could not be redriven; these are still open
  Timestamp created_at = no_timestamp;
  Timestamp finished_at = no_timestamp;
  bool operator==(const JobFacts&) const = default;
};

/// Of all jobs together. Counts are since the broker's start, those of jobs that are forgotten included.
struct JobTotals {
  std::array<std::uint64_t, job_states> jobs{};  ///< by their state
  std::uint64_t stopped = 0;                     ///< of those that are paused: by themselves
  std::uint64_t resolved = 0;                    ///< letters, as in JobFacts
  std::uint64_t failed = 0;
};

/// A letter that a job has brought back, or could not. Borrowed.
struct SentLetter {
  const std::string& job;
  JobTarget to = JobTarget::group;
  const Found& letter;
  bool is_refused = false;
  std::string_view why{};          ///< it is refused
  Timestamp began = no_timestamp;  ///< when the job took it up
};

class Jobs {
 public:
  /// Takes up the jobs that the metadata log knows. To be called before Letters::attach(), which start() follows. Both
  /// must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<Jobs>> open(runtime::BrokerRuntime& broker, Letters& letters,
                                                          std::shared_ptr<spdlog::logger> diagnostics);
  ~Jobs();
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

  /// Called for every letter that was handed to its group or written to its topic, and for those that are refused, on
  /// the thread of jobs and under a lock: it must not call back. Once, before start().
  void on_sent(std::function<void(const SentLetter&)> listener);
  /// From now on letters can be sent to sinks; without it that is refused. Once, before start().
  void serve_sinks(std::shared_ptr<Sinks> sinks);

  /// Those that are running go on. Once.
  void start();
  /// Writes how far they have come. Before Letters::stop(); what is asked later fails with Errc::busy.
  void stop();

  /// The job as it begins, once it is durable. Errc::invalid and Errc::too_large name what breaks a rule, or say that
  /// none of the letters can be handed to its group (as far as the first 10,000 tell), also for count(); not_found:
  /// that topic holds no letters; exists: another job of that topic is running or paused, or there are jobs_max.
  void create(JobWish wish, Told<JobFacts> done);
  /// How many letters it would select now; looks at all of them. Errc::busy, too: many are being counted.
  void count(JobWish wish, Told<std::uint64_t> done);

  /// By their time of creation.
  [[nodiscard]] std::vector<JobFacts> list() const;
  [[nodiscard]] std::optional<JobFacts> find(const std::string& id) const;
  [[nodiscard]] JobTotals totals() const;

  /// Once it is durable. A job that is in that state already is left as it is. Errc::not_found; Errc::unsupported: it
  /// has ended otherwise.
  void pause(const std::string& id, Told<JobFacts> done);
  void resume(const std::string& id, Told<JobFacts> done);
  void cancel(const std::string& id, Told<JobFacts> done);
  /// Forgets one that has ended. Errc::not_found; Errc::exists: it has not.
  void remove(const std::string& id, Told<void> done);

  struct Impl;

 private:
  explicit Jobs(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace millrace::redrive
