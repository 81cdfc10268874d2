// Layout: docs/formats/delivery.md. Writers and readers stand side by side, field by field.

#include "millrace/delivery/records.hpp"

#include <limits>

#include "bytes_io.hpp"
#include "millrace/core/check.hpp"

namespace millrace::delivery {

namespace {

enum class Kind : std::int16_t { progress = 0, page = 1, event = 2 };

constexpr std::int16_t value_version = 0;
constexpr std::int64_t pages_max = std::numeric_limits<std::int64_t>::max() / page_events;
constexpr std::size_t least_past_bytes = 18;
constexpr std::uint64_t count_max = std::numeric_limits<std::uint16_t>::max();
constexpr std::uint64_t life_max = std::numeric_limits<std::uint32_t>::max();

Bytes key_of(const Home& home, Kind kind) {
  CHECK(home.subscription.size() <= std::numeric_limits<std::int16_t>::max(), "ids are bounded where they come in");
  Bytes out;
  append_be(out, static_cast<std::int16_t>(kind));
  put_text(out, home.subscription);
  append_bytes(out, home.topic.bytes);
  append_be(out, home.partition);
  return out;
}

Bytes key_of(const Home& home, Kind kind, std::int64_t which) {
  Bytes out = key_of(home, kind);
  append_be(out, which);
  return out;
}

Bytes value_of(const Progress& progress) {
  Bytes out;
  append_be(out, value_version);
  append_be(out, progress.settled_until.value());
  append_be(out, progress.start.value());
  put_no_tags(out);
  return out;
}

Progress progress_of(Cursor& in) {
  Progress progress;
  progress.settled_until = in.offset();
  progress.start = in.offset();
  in.demand(Offset(0) <= progress.start && progress.start <= progress.settled_until);
  return progress;
}

Bytes value_of(const SettledPage& page) {
  Bytes out;
  append_be(out, value_version);
  append_bytes(out, page.settled);
  put_no_tags(out);
  return out;
}

SettledPage page_of(Cursor& in, std::int64_t which) {
  SettledPage page{.page = which};
  in.fill(page.settled);
  return page;
}

Bytes value_of(const EventState& event) {
  Bytes out;
  append_be(out, value_version);
  append_be(out, static_cast<std::int8_t>(event.stage));
  put_uvarint(out, event.life);
  put_uvarint(out, event.failures.count);
  put_uvarint(out, event.failures.hand_outs);
  append_be(out, event.at);
  append_be(out, event.mark.value());
  append_be(out, static_cast<std::int8_t>(event.reason));
  append_be(out, event.failures.code);
  put_compact_text(out, event.failures.message);
  append_be(out, event.failures.first);
  put_uvarint(out, event.failures.history.size() + 1);
  for (const Past& past : event.failures.history) {
    append_be(out, static_cast<std::int8_t>(past.reason));
    put_uvarint(out, past.count);
    append_be(out, past.first);
    append_be(out, past.last);
  }
  put_no_tags(out);
  return out;
}

Reason reason_of(Cursor& in) {
  const auto number = in.integer<std::int8_t>();
  in.demand(number >= -1 && number <= newest_reason);
  return static_cast<Reason>(number);
}

EventState event_of(Cursor& in, std::int64_t which) {
  EventState event;
  event.offset = Offset(which);
  const auto stage = in.integer<std::int8_t>();
  in.demand(stage >= 0 && stage <= 2);
  event.stage = static_cast<Stage>(stage);
  event.life = static_cast<std::uint32_t>(in.uvarint(life_max));
  event.failures.count = static_cast<std::uint16_t>(in.uvarint(count_max));
  event.failures.hand_outs = static_cast<std::uint16_t>(in.uvarint(count_max));
  event.at = in.integer<std::int64_t>();
  event.mark = in.offset();
  event.reason = reason_of(in);
  event.failures.code = in.integer<std::int32_t>();
  event.failures.message = in.compact_text();
  event.failures.first = in.integer<std::int64_t>();
  const std::size_t count = in.count(least_past_bytes);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    Past past;
    past.reason = reason_of(in);
    past.count = static_cast<std::uint32_t>(in.uvarint(life_max));
    past.first = in.integer<std::int64_t>();
    past.last = in.integer<std::int64_t>();
    event.failures.history.push_back(past);
  }
  return event;
}

Failure corrupt_or(bool is_complete, std::string what) {
  return failure(Errc::corrupt, std::move(what) + (is_complete ? " has bytes left over" : " ends too early or lies"));
}

}  // namespace

LogRecord encode(const Home& home, const Record& record) {
  struct Encode {
    const Home& home;
    LogRecord operator()(const Progress& progress) const { return {key_of(home, Kind::progress), value_of(progress)}; }
    LogRecord operator()(const SettledPage& page) const {
      return {key_of(home, Kind::page, page.page), value_of(page)};
    }
    LogRecord operator()(const EventState& event) const {
      return {key_of(home, Kind::event, event.offset.value()), value_of(event)};
    }
    LogRecord operator()(const ProgressForgotten&) const { return {key_of(home, Kind::progress), std::nullopt}; }
    LogRecord operator()(const PageForgotten& page) const {
      return {key_of(home, Kind::page, page.page), std::nullopt};
    }
    LogRecord operator()(const EventForgotten& event) const {
      return {key_of(home, Kind::event, event.offset.value()), std::nullopt};
    }
  };
  return std::visit(Encode{home}, record);
}

Result<HomedRecord> decode(ByteView key, std::optional<ByteView> value) {
  Cursor in(key);
  const auto kind = in.integer<std::int16_t>();
  if (in.ok() && (kind < 0 || kind > static_cast<std::int16_t>(Kind::event)))
    return failure(Errc::unsupported,
                   "a key of delivery has kind " + std::to_string(kind) + ", which is not known here");
  HomedRecord out;
  out.home.subscription = in.text();
  in.fill(out.home.topic.bytes);
  out.home.partition = in.integer<std::int32_t>();
  std::int64_t which = 0;
  if (kind != static_cast<std::int16_t>(Kind::progress)) which = in.integer<std::int64_t>();
  in.demand(which >= 0 && (kind != static_cast<std::int16_t>(Kind::page) || which < pages_max));
  if (!in.at_end()) return corrupt_or(in.ok(), "a key of delivery");

  const auto of_kind = static_cast<Kind>(kind);
  if (!value) {
    if (of_kind == Kind::progress) out.record = ProgressForgotten{};
    if (of_kind == Kind::page) out.record = PageForgotten{which};
    if (of_kind == Kind::event) out.record = EventForgotten{Offset(which)};
    return out;
  }
  Cursor content(*value);
  const auto version = content.integer<std::int16_t>();
  if (content.ok() && version != value_version)
    return failure(Errc::unsupported,
                   "a value of delivery has version " + std::to_string(version) + ", of which nothing is known here");
  if (of_kind == Kind::progress) out.record = progress_of(content);
  if (of_kind == Kind::page) out.record = page_of(content, which);
  if (of_kind == Kind::event) out.record = event_of(content, which);
  content.skip_tags();
  if (!content.at_end()) return corrupt_or(content.ok(), "a value of delivery");
  return out;
}

}  // namespace millrace::delivery
