// What becomes of letters, told as events to those who want to hear of it: notices of the broker. And what was done to
// them, noted in the metadata log.

#include <nlohmann/json.hpp>
#include <ranges>

#include "letters_impl.hpp"
#include "millrace/core/rfc3339.hpp"

namespace millrace::redrive {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t noted_ids = 100;  ///< of letters that were given up together

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json json_of(const deadletter::LetterName& name) {
  return {{"id", deadletter::id_of(name)},
          {"group", name.group},
          {"topic", name.topic},
          {"partition", name.partition},
          {"offset", name.offset.value()}};
}

Json json_of(const LetterPlace& place) {
  return {{"topic", place.topic}, {"partition", place.partition}, {"offset", place.offset.value()}};
}

}  // namespace

bool Letters::Impl::notifies(const std::string& subscription) const {
  return targets.with([&](const auto& all) {
    const auto found = all.find(subscription);
    return found != all.end() && found->second.notifies;
  });
}

void Letters::Impl::tell_written(const ToWrite& asked, const Written& made) {
  const auto& [home, dead, target] = asked;
  homes_held.erase(home);
  // One that tells of a notice would be the next one's cause.
  if (!target.notifies || made.is_of_notice) return;
  const auto source = broker.topology()->find(home.topic);
  if (!source) return;
  const deadletter::LetterName name{home.subscription, source->topic->name, home.partition, dead.offset, dead.life};
  Json data = json_of(name);
  data["reason"] = delivery::name_of(dead.reason);
  data["attempts"] = dead.failures.count;
  if (dead.failures.code != 0) data["code"] = dead.failures.code;
  if (!dead.failures.message.empty()) data["message"] = dead.failures.message.substr(0, target.bounds.message_bytes);
  if (!target.destination.empty()) data["destination"] = target.destination;
  data["died_at"] = rfc3339(dead.died_at);
  data["letter"] = json_of(made.place);
  notices->tell({.type = "dev.millrace.deadletter.written",
                 .subject = deadletter::id_of(name),
                 .key = home.subscription,
                 .json = text_of(data)});
}

void Letters::Impl::tell_held(const ToWrite& asked, const std::string& why) {
  const auto& home = asked.home;
  // Once, until one is written again.
  if (!asked.target.notifies || !homes_held.insert(home).second) return;
  const auto source = broker.topology()->find(home.topic);
  const Json data{{"subscription", home.subscription},
                  {"topic", source ? source->topic->name : std::string()},
                  {"partition", home.partition},
                  {"offset", asked.dead.offset.value()},
                  {"why", why}};
  notices->tell({.type = "dev.millrace.deadletter.held",
                 .subject = home.subscription,
                 .key = home.subscription,
                 .json = text_of(data)});
}

void Letters::Impl::tell_expired(const std::vector<Found>& letters) {
  for (const auto& found : letters) {
    const auto& name = found.letter.name;
    if (found.family != deadletter::Family::millrace || !notifies(name.group)) continue;
    Json data = json_of(name);
    data["died_at"] = rfc3339(found.letter.died_at);
    data["letter"] = json_of(found.place);
    notices->tell({.type = "dev.millrace.deadletter.expired",
                   .subject = deadletter::id_of(name),
                   .key = name.group,
                   .json = text_of(data)});
  }
}

void Letters::Impl::note_discarded(const std::vector<Found>& letters, std::size_t count) {
  Json ids = Json::array();
  for (const auto& each : letters | std::views::take(noted_ids)) ids.push_back(each.id);
  broker.note({broker::LettersAct::discarded, letters.front().place.topic,
               text_of(Json{{"count", count}, {"ids", std::move(ids)}})});
}

void Letters::Impl::note_edited(const std::string& older, const Found& newer) {
  broker.note({broker::LettersAct::edited, newer.place.topic, text_of(Json{{"id", newer.id}, {"older", older}})});
}

void Letters::Impl::note_rejected(const Reject& reject, const LetterPlace& place, const std::string& id) {
  Json letter{{"id", id}, {"message", reject.message}};
  if (reject.code != 0) letter["code"] = reject.code;
  broker.note({broker::LettersAct::rejected, place.topic, text_of(letter)});
}

void Letters::tell_state(const std::string& subscription, const std::string& topic, const std::string& reason) {
  Json data{{"subscription", subscription}, {"topic", topic}};
  if (!reason.empty()) data["reason"] = reason;
  impl_->notices->tell(
      {.type = reason.empty() ? "dev.millrace.subscription.resumed" : "dev.millrace.subscription.suspended",
       .subject = subscription,
       .key = subscription,
       .json = text_of(data)});
}

}  // namespace millrace::redrive
