#include "takes.hpp"

#include "millrace/cloudevents/media_type.hpp"
#include "millrace/cloudevents/plain_record.hpp"
#include "millrace/core/check.hpp"
#include "millrace/filter/attributes.hpp"

namespace millrace::dispatch {

namespace {

class Takes {
 public:
  Takes(filter::Expression filter, std::string topic, std::function<cloudevents::Unmarked()> unmarked)
      : filter_(std::move(filter)), topic_(std::move(topic)), unmarked_(std::move(unmarked)) {}

  bool operator()(PartitionIndex partition, Offset offset, Timestamp time, const record::RecordView& view) const {
    thread_local filter::Scratch scratch;
    scratch.clear();
    const record::HeaderCursor headers(view.headers, view.header_count);
    if (const filter::RecordAttributes attributes(headers); is_binary_event(attributes, view))
      return filter_.matches(attributes, scratch);
    if (const auto event = cloudevents::from_record(headers, view.value, unmarked_()))
      return filter_.matches(filter::EventAttributes(*event), scratch);
    const auto plain = cloudevents::event_of_plain(
        {.partition = partition, .offset = offset, .timestamp = time, .view = view}, topic_);
    return filter_.matches(filter::EventAttributes(plain), scratch);
  }

 private:
  [[nodiscard]] static bool is_binary_event(const filter::RecordAttributes& attributes,
                                            const record::RecordView& view) {
    if (cloudevents::mode_of(attributes.find("datacontenttype").text()) != cloudevents::Mode::binary) return false;
    return !cloudevents::check_record(view.headers, view.header_count, view.value,
                                      cloudevents::Validation::binary_or_structured);
  }

  filter::Expression filter_;
  std::string topic_;
  std::function<cloudevents::Unmarked()> unmarked_;
};

}  // namespace

runtime::TakesRecord takes_of(const subscriptions::Subscription& subscription,
                              std::function<cloudevents::Unmarked()> unmarked) {
  if (subscription.source.empty() && subscription.types.empty() && subscription.filters == "[]") return nullptr;
  auto filter = subscriptions::filter_of(subscription);
  CHECK(filter.has_value(), "what was read as a subscription has a filter");
  return Takes(*std::move(filter), subscription.config.topic, std::move(unmarked));
}

}  // namespace millrace::dispatch
