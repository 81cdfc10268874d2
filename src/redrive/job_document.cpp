#include "job_document.hpp"

#include <array>
#include <limits>
#include <nlohmann/json.hpp>

namespace millrace::redrive {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 5> state_names{"running", "paused", "cancelled", "done", "failed"};
constexpr std::array<std::string_view, 3> target_names{"group", "topic", "sink"};

template <class Enum, std::size_t N>
std::optional<Enum> named(const std::array<std::string_view, N>& names, std::string_view text) {
  for (std::size_t at = 0; at < N; ++at) {
    if (names[at] == text) return static_cast<Enum>(at);
  }
  return std::nullopt;
}

Json pair_of(const JobPlace& place) { return Json::array({place.partition, place.offset.value()}); }

/// Members of the object, each of a type; the first that is wrong is remembered, and what follows has no value.
class DocumentReader {
 public:
  explicit DocumentReader(const Json& object) : object_(object) {}

  [[nodiscard]] const std::string& wrong() const { return wrong_; }
  void note(const char* member) {
    if (wrong_.empty()) wrong_ = member;
  }

  std::int64_t number(const char* member, std::int64_t least, std::int64_t most) {
    const auto value = find(member);
    if (value == nullptr || !value->is_number_integer()) return note(member), least;
    if (value->is_number_unsigned() && value->get<std::uint64_t>() > static_cast<std::uint64_t>(most))
      return note(member), least;
    const auto got = value->get<std::int64_t>();
    if (got < least || got > most) return note(member), least;
    return got;
  }
  std::uint64_t count(const char* member) {
    return static_cast<std::uint64_t>(number(member, 0, std::numeric_limits<std::int64_t>::max()));
  }
  std::string text(const char* member) {
    const auto value = find(member);
    if (value == nullptr || !value->is_string()) return note(member), std::string();
    return value->get<std::string>();
  }
  bool flag(const char* member) {
    const auto value = find(member);
    if (value == nullptr || !value->is_boolean()) return note(member), false;
    return value->get<bool>();
  }
  [[nodiscard]] bool has(const char* member) const { return object_.contains(member); }
  /// Each element, until `take` says that it is not as it must be.
  template <class F>
  void each(const char* member, F&& take) {
    const auto value = find(member);
    if (value == nullptr || !value->is_array()) return note(member);
    for (const auto& element : *value) {
      if (!take(element)) return note(member);
    }
  }

 private:
  [[nodiscard]] const Json* find(const char* member) const {
    const auto found = object_.find(member);
    return found == object_.end() ? nullptr : &*found;
  }

  const Json& object_;
  std::string wrong_;
};

std::optional<std::int64_t> whole(const Json& value) {
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max())
    return std::nullopt;
  const auto got = value.get<std::int64_t>();
  return got >= 0 ? std::optional(got) : std::nullopt;
}

std::optional<JobPlace> place_of(const Json& value) {
  if (!value.is_array() || value.size() != 2) return std::nullopt;
  const auto partition = whole(value[0]), offset = whole(value[1]);
  if (!partition || !offset || *partition > std::numeric_limits<PartitionIndex>::max()) return std::nullopt;
  return JobPlace{static_cast<PartitionIndex>(*partition), Offset(*offset)};
}

std::optional<delivery::Reason> reason_named(std::string_view text) {
  for (std::int8_t at = 0; at <= delivery::newest_reason; ++at) {
    const auto reason = static_cast<delivery::Reason>(at);
    if (delivery::name_of(reason) == text) return reason;
  }
  return std::nullopt;
}

JobWish wish_in(DocumentReader& in) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  JobWish wish;
  wish.topic = in.text("topic");
  if (const auto to = parse_job_target(in.text("to"))) {
    wish.to = *to;
  } else {
    in.note("to");
  }
  if (in.has("sink")) wish.sink = in.text("sink");
  wish.where = in.text("where");
  in.each("reason", [&wish](const Json& each) {
    const auto reason = each.is_string() ? reason_named(each.get<std::string>()) : std::nullopt;
    if (reason) wish.reasons.push_back(*reason);
    return reason.has_value();
  });
  wish.since = in.number("since", no_timestamp, most);
  wish.until = in.number("until", no_timestamp, most);
  in.each("ids", [&wish](const Json& each) {
    if (each.is_string()) wish.ids.push_back(each.get<std::string>());
    return each.is_string();
  });
  if (in.has("limit")) wish.limit = static_cast<std::uint64_t>(in.number("limit", 1, most));
  if (in.has("rate")) wish.rate = static_cast<std::uint32_t>(in.number("rate", 1, job_rate_max));
  wish.by_key = in.flag("by_key");
  wish.resets_attempts = in.flag("reset_attempts");
  return wish;
}

}  // namespace

std::string_view name_of(JobState state) noexcept { return state_names[static_cast<std::size_t>(state)]; }
std::optional<JobState> parse_job_state(std::string_view text) noexcept { return named<JobState>(state_names, text); }
std::string_view name_of(JobTarget target) noexcept { return target_names[static_cast<std::size_t>(target)]; }
std::optional<JobTarget> parse_job_target(std::string_view text) noexcept {
  return named<JobTarget>(target_names, text);
}

std::string to_document(const JobRecord& record) {
  const auto& facts = record.facts;
  const auto& wish = facts.wish;
  Json reasons = Json::array(), ends = Json::array(), under_way = Json::array();
  for (const auto reason : wish.reasons) reasons.push_back(delivery::name_of(reason));
  for (const auto end : record.ends) ends.push_back(end.value());
  for (const auto& place : record.under_way) under_way.push_back(pair_of(place));
  Json out{{"topic", wish.topic},
           {"to", name_of(wish.to)},
           {"where", wish.where},
           {"reason", std::move(reasons)},
           {"since", wish.since},
           {"until", wish.until},
           {"ids", wish.ids},
           {"by_key", wish.by_key},
           {"reset_attempts", wish.resets_attempts},
           {"state", name_of(facts.state)},
           {"why", facts.why},
           {"selected", facts.selected},
           {"redriven", facts.redriven},
           {"resolved", facts.resolved},
           {"failed", facts.failed},
           {"created_at", facts.created_at},
           {"finished_at", facts.finished_at},
           {"ends", std::move(ends)},
           {"walked", pair_of(record.walked)},
           {"under_way", std::move(under_way)}};
  if (!wish.sink.empty()) out["sink"] = wish.sink;
  if (wish.limit) out["limit"] = *wish.limit;
  if (wish.rate) out["rate"] = *wish.rate;
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<JobRecord> parse_job_document(const std::string& id, std::string_view json) {
  const auto object = Json::parse(json, nullptr, false);
  if (!object.is_object()) return failure(Errc::corrupt, "redrive " + id + ": it is no object of JSON");
  DocumentReader in(object);
  JobRecord record;
  auto& facts = record.facts;
  facts.id = id;
  facts.wish = wish_in(in);
  if (const auto state = parse_job_state(in.text("state"))) {
    facts.state = *state;
  } else {
    in.note("state");
  }
  facts.why = in.text("why");
  facts.selected = in.count("selected");
  facts.redriven = in.count("redriven");
  facts.resolved = in.count("resolved");
  facts.failed = in.count("failed");
  facts.created_at = in.number("created_at", no_timestamp, std::numeric_limits<std::int64_t>::max());
  facts.finished_at = in.number("finished_at", no_timestamp, std::numeric_limits<std::int64_t>::max());
  in.each("ends", [&record](const Json& each) {
    const auto end = whole(each);
    if (end) record.ends.emplace_back(*end);
    return end.has_value();
  });
  in.each("under_way", [&record](const Json& each) {
    const auto place = place_of(each);
    if (place) record.under_way.push_back(*place);
    return place.has_value();
  });
  const auto walked = object.find("walked");
  const auto place = walked == object.end() ? std::nullopt : place_of(*walked);
  if (place) {
    record.walked = *place;
  } else {
    in.note("walked");
  }
  if (!in.wrong().empty()) return failure(Errc::corrupt, "redrive " + id + ": " + in.wrong() + " is not as it must be");
  return record;
}

}  // namespace millrace::redrive
