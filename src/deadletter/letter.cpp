#include "millrace/deadletter/letter.hpp"

#include <algorithm>

#include "form.hpp"
#include "marks.hpp"
#include "millrace/cloudevents/kafka.hpp"
#include "text.hpp"

namespace millrace::deadletter {

namespace {

void add_header(Record& record, std::string_view key, std::string_view text) {
  record.headers.emplace_back(std::string(key), to_bytes(text));
}

/// Without any mark. An event's value is copied in the form that `form` comes to say.
Record unmarked(const record::NewRecord& record, Compat compat, Form& form) {
  Record out;
  out.timestamp = record.timestamp;
  if (record.key) out.key.emplace(record.key->begin(), record.key->end());
  std::vector<record::HeaderView> kept;
  std::ranges::copy_if(record.headers, std::back_inserter(kept),
                       [compat](const record::HeaderView& header) { return !is_mark_header(header.key, compat); });
  for (const record::HeaderView& header : kept) {
    out.headers.emplace_back(std::string(header.key), std::nullopt);
    if (header.value) out.headers.back().second.emplace(header.value->begin(), header.value->end());
  }
  form = form_of(kept, record.value);
  const IsMark is_ours = [compat](std::string_view attribute) { return is_mark(attribute, compat); };
  if (record.value) out.value = to_bytes(without_marks(as_text(*record.value), form, is_ours));
  return out;
}

/// What a link has of the record: enough to know it again, and of an event in any mode who it is, in binary mode.
Record link_to(const record::NewRecord& record) {
  Record out;
  out.timestamp = record.timestamp;
  if (record.key) out.key.emplace(record.key->begin(), record.key->end());
  const auto event = cloudevents::from_record(record.headers, record.value);
  if (!event) return out;
  for (const std::string_view name : {"specversion", "id", "source", "type"}) {
    const auto* const attribute = event->find(name);
    if (attribute != nullptr) add_header(out, std::string(attribute_header_prefix).append(name), attribute->text);
  }
  return out;
}

/// What an event that died before has behind it. Delivery knows all that befell this event in this group.
void take_over(const Letter& before, Letter& letter) {
  LetterName same = before.name;
  same.life = letter.name.life;
  const bool is_known = same == letter.name;
  for (const Death& death : before.history.deaths) {
    if (!is_known || death.group != letter.name.group) note(letter.history, death);
  }
  letter.history.omitted = std::max(letter.history.omitted, before.history.omitted);
}

}  // namespace

Letter letter_of(const delivery::DeadLetter& dead, const Place& place) {
  Letter letter;
  letter.name = {std::string(place.group), std::string(place.topic), place.partition, dead.offset, dead.life};
  letter.reason = dead.reason;
  letter.died_at = dead.died_at;
  letter.attempts = dead.failures.count;
  letter.first_failure = dead.failures.first;
  letter.code = dead.failures.code;
  letter.message = fit(dead.failures.message, message_bytes_max);
  letter.destination = fit(place.destination, destination_bytes_max);
  for (const delivery::Past& past : dead.failures.history) {
    note(letter.history, {letter.name.group, past.reason, past.count, past.first, past.last});
  }
  return letter;
}

std::vector<record::HeaderView> headers_of(const Record& record) {
  std::vector<record::HeaderView> views;
  for (const auto& [key, value] : record.headers) {
    views.push_back({key, value ? std::optional<ByteView>(*value) : std::nullopt});
  }
  return views;
}

record::NewRecord view_of(const Record& record, std::span<const record::HeaderView> headers) {
  const auto view = [](const std::optional<Bytes>& bytes) {
    return bytes ? std::optional<ByteView>(*bytes) : std::nullopt;
  };
  return {.timestamp = record.timestamp, .key = view(record.key), .value = view(record.value), .headers = headers};
}

Record to_record(const Letter& letter, const record::NewRecord& original, Compat compat, const Bounds& bounds) {
  Letter told = letter;
  if (const auto before = letter_in(original.headers)) take_over(*before, told);
  if (letter.is_link) {
    told.is_link = false;
    const Record link = link_to(original);
    const auto headers = headers_of(link);
    Record out = to_record(told, view_of(link, headers), compat, bounds);
    add_header(out, copy_header, link_copy);
    return out;
  }
  const bool is_knative = compat == Compat::knative || compat_in(original.headers) == Compat::knative;
  const std::vector<Mark> marks = marks_of(told, compat, bounds);
  Form form = Form::none;
  Record out = unmarked(original, is_knative ? Compat::knative : Compat::none, form);
  for (const Mark& mark : marks) {
    if (form != Form::binary || mark.attribute.empty()) continue;
    add_header(out, std::string(attribute_header_prefix).append(mark.attribute), fit(mark.text, std::string::npos));
  }
  for (const Mark& mark : marks) {
    if (!mark.header.empty()) add_header(out, mark.header, mark.text);
  }
  if (out.value) out.value = to_bytes(with_marks(as_text(*out.value), form, marks));
  return out;
}

std::optional<Read> read_letter(const record::NewRecord& record) {
  auto letter = letter_in(record.headers);
  if (!letter) return std::nullopt;
  Form form = Form::none;
  return Read{*std::move(letter), unmarked(record, compat_in(record.headers), form)};
}

}  // namespace millrace::deadletter
