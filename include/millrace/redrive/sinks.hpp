#pragma once
// Where a job sends letters to that has a sink: what a job needs of the way there, for whoever knows HTTP to give. So
// jobs know neither connections nor what an answer means. Implementations: any thread; none of these calls waits.

#include <cstdint>
#include <memory>
#include <string>

#include "millrace/deadletter/letter.hpp"
#include "millrace/runtime/callback.hpp"

namespace millrace::redrive {

/// What a sink has said to the question whether it wants events.
struct SinkConsent {
  enum class Word : std::uint8_t {
    granted,
    refused,
    away,  ///< nothing that counts: to be asked again after `wait`
  };
  Word word = Word::refused;
  std::string why{};       ///< for people, unless it is granted
  Milliseconds wait{0};    ///< of Word::away
  std::size_t places = 1;  ///< of Word::granted: letters that may be under way at once
};

/// What has become of a letter that was sent.
struct SinkAnswer {
  enum class Fate : std::uint8_t {
    arrived,
    failed,     ///< it was not taken: `failure`
    put_back,   ///< it was not judged, or not even sent: again, after `wait`
    unwelcome,  ///< the sink takes nothing before somebody has done something about it; the letter was not judged
    retired,    ///< the sink wants no more at all; the letter was not judged
  };
  Fate fate = Fate::put_back;
  delivery::FailedAttempt failure{};
  Milliseconds wait{0};  ///< for which nothing should be sent to the sink
  std::string why{};     ///< for people; of Fate::put_back it may be empty
};

/// A letter that is to be sent. Owned.
struct SinkLetter {
  deadletter::LetterName name;  ///< where it died
  deadletter::Record record;    ///< as it died, or was edited
  std::uint16_t attempt = 1;
};

/// The sink of one job, from one start of it to its end.
class Sink {
 public:
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;

  virtual void ask(runtime::Callback<void(SinkConsent)> done) = 0;
  /// Requires: consent was granted.
  virtual void send(SinkLetter letter, runtime::Callback<void(SinkAnswer)> done) = 0;
};

class Sinks {
 public:
  Sinks() = default;
  Sinks(const Sinks&) = delete;
  Sinks& operator=(const Sinks&) = delete;
  virtual ~Sinks() = default;

  /// Errc::invalid and Errc::too_large: the URL is none that letters can be sent to, as far as its text tells.
  [[nodiscard]] virtual Result<void> check(const std::string& url) const = 0;
  /// For one start of a job. Whether the URL may be sent to is judged again by Sink::ask().
  [[nodiscard]] virtual std::shared_ptr<Sink> open(const std::string& url) = 0;
};

}  // namespace millrace::redrive
