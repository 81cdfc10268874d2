#include "expression.hpp"
#include "millrace/cloudevents/media_type.hpp"

namespace millrace::views {

namespace {

/// Of the thread: an evaluation is over before another begins.
filter::Scratch& scratch() {
  thread_local filter::Scratch room;
  return room;
}

bool takes(const filter::Expression& filter, cloudevents::Unmarked unmarked, const record::RecordView& record) {
  const record::HeaderCursor headers(record.headers, record.header_count);
  const filter::RecordAttributes attributes(headers);
  const auto content_type = attributes.find("datacontenttype");
  const bool is_binary = attributes.find("specversion") &&
                         (!content_type || cloudevents::mode_of(content_type.text()) == cloudevents::Mode::binary);
  // Most records that do not pass are left out by their headers alone.
  if (is_binary && !filter.matches(attributes, scratch())) return false;
  const auto event = cloudevents::from_record(headers, record.value, unmarked);
  return event && (is_binary || filter.matches(filter::EventAttributes(*event), scratch()));
}

}  // namespace

Result<record::TakesRecord> takes_of(std::string_view document, cloudevents::Unmarked unmarked) {
  const auto parsed = parse(document);
  if (!parsed || !parsed->is_object()) return failure(Errc::invalid, "a view's document is an object of JSON");
  auto expression = expression_of(*parsed);
  if (!expression) return failure(Errc::invalid, expression.error().pointer + ": " + expression.error().detail);
  return record::TakesRecord(
      [filter = *std::move(expression), unmarked](Offset, Timestamp, const record::RecordView& view) {
        return takes(filter, unmarked, view);
      });
}

}  // namespace millrace::views
