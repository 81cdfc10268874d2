#include "quarantine_letters.hpp"

#include "millrace/deadletter/letter.hpp"

namespace millrace::app {

namespace {

class QuarantineLetters final : public runtime::QuarantineForm {
 public:
  [[nodiscard]] Result<std::string> topic_for(std::string_view topic) const override {
    return deadletter::topic_for(deadletter::quarantine_group, topic);
  }

  [[nodiscard]] Result<void> check(std::string_view dead_letter_topic, bool takes_letters) const override {
    return deadletter::check_target(dead_letter_topic, deadletter::topic_prefix, takes_letters);
  }

  [[nodiscard]] broker::ConfigMap configs() const override {
    return {{"cleanup.policy", "delete"},
            {"cloudevents.dedupe.window.ms", "0"},
            {"cloudevents.validation", "none"},
            {"errors.deadletterqueue.group.enable", "true"},
            {"retention.ms", std::to_string(Milliseconds(std::chrono::days(30)).count())}};
  }

  void add_letter(record::BatchBuilder& letters, const runtime::UnfitRecord& unfit) const override {
    deadletter::Letter letter;
    letter.name = {.group = std::string(deadletter::quarantine_group),
                   .topic = std::string(unfit.topic),
                   .partition = unfit.partition,
                   .offset = unfit.offset,
                   .life = 0};
    letter.reason = delivery::Reason::event_invalid;
    letter.died_at = unfit.seen_at;
    letter.message = unfit.why;
    const auto record = deadletter::to_record(letter, unfit.record);
    const auto headers = deadletter::headers_of(record);
    letters.add(deadletter::view_of(record, headers));
  }
};

}  // namespace

std::shared_ptr<const runtime::QuarantineForm> quarantine_letters() { return std::make_shared<QuarantineLetters>(); }

}  // namespace millrace::app
