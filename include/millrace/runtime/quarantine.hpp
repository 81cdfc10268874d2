#pragma once
// Records that their topic does not let pass, where it says cloudevents.on.invalid=quarantine: they are put aside in a
// dead-letter topic, and the rest of their batch is stored.
//
// The engine knows when that happens and where such a record would have stood; what a letter is, and what its topic is
// called, is another's to say. Any thread calls it, under locks of partitions: it must not call back, wait or throw.

#include <string_view>

#include "millrace/broker/topic_config.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/record/builder.hpp"

namespace millrace::runtime {

struct UnfitRecord {
  std::string_view topic;
  PartitionIndex partition = 0;
  /// Where it would have stood. Once its batch is stored nothing else ever stands there.
  Offset offset;
  Timestamp seen_at = no_timestamp;
  std::string_view why;  ///< the rule that it breaks, and where
  record::NewRecord record;
};

class QuarantineForm {
 public:
  QuarantineForm() = default;
  QuarantineForm(const QuarantineForm&) = delete;
  QuarantineForm& operator=(const QuarantineForm&) = delete;
  virtual ~QuarantineForm() = default;

  /// Where the letters of a topic go. Errc::too_large: the name would be too long. It is longer than that of the topic.
  [[nodiscard]] virtual Result<std::string> topic_for(std::string_view topic) const = 0;
  /// Whether letters may be written to a topic that exists: Errc::invalid names the rule that it breaks.
  [[nodiscard]] virtual Result<void> check(std::string_view dead_letter_topic, bool takes_letters) const = 0;
  /// Of a dead-letter topic that is made. With them it takes letters, and puts none of its own records aside.
  [[nodiscard]] virtual broker::ConfigMap configs() const = 0;
  virtual void add_letter(record::BatchBuilder& letters, const UnfitRecord& unfit) const = 0;
};

}  // namespace millrace::runtime
