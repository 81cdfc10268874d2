#include "fetch_session.hpp"

namespace millrace::kafka {

namespace {

std::size_t cost_of(const runtime::FetchPart& part) {
  constexpr std::size_t links = 96;  // of the list and of the table, with what the allocator keeps for itself
  return sizeof(runtime::FetchPart) + 2 * sizeof(Offset) + links + part.topic->name.size();
}

}  // namespace

FetchSession::FetchSession(bool by_id, std::span<const runtime::FetchPart> asked,
                           std::span<const broker::FetchAnswer> answers)
    : by_id_(by_id) {
  for (std::size_t i = 0; i < asked.size(); ++i) tell(want(asked[i]), answers[i]);
}

ErrorCode FetchSession::advance(std::int32_t epoch, bool by_id, std::span<const runtime::FetchPart> changed,
                                std::span<const Place> forgotten) {
  if (epoch != epoch_) return ErrorCode::invalid_fetch_session_epoch;
  if (by_id != by_id_) return ErrorCode::fetch_session_topic_id_error;
  epoch_ = fetch_epoch::after(epoch_);
  for (const auto& part : changed) want(part);
  for (const auto& at : forgotten) forget(at);
  return ErrorCode::none;
}

std::vector<runtime::FetchPart> FetchSession::parts() const {
  std::vector<runtime::FetchPart> out;
  out.reserve(order_.size());
  for (const auto& told : order_) out.push_back(told.wanted);
  return out;
}

std::optional<std::vector<FetchSession::News>> FetchSession::news(std::int32_t epoch,
                                                                  std::span<const broker::FetchAnswer> answers) {
  if (epoch_ != fetch_epoch::after(epoch)) return std::nullopt;
  std::vector<News> out;
  auto at = order_.begin();
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto here = at++;
    if (!tell(*here, answers[i])) continue;
    out.push_back({.place = {.topic = here->wanted.topic, .partition = here->wanted.partition}, .answer = i});
    // Whoever gave records goes to the end, or the limits of an answer would starve those behind a busy one.
    if (answers[i].slice.length > 0) order_.splice(order_.end(), order_, here);
  }
  return out;
}

FetchSession::Told& FetchSession::want(const runtime::FetchPart& part) {
  const auto known = by_name_.find(key_of(part));
  if (known != by_name_.end()) {
    (*known)->wanted = part;
    return **known;
  }
  order_.push_back({.wanted = part});
  by_name_.insert(std::prev(order_.end()));
  bytes_ += cost_of(part);
  return order_.back();
}

void FetchSession::forget(const Place& at) {
  const auto known = by_name_.find(key_of(at));
  if (known == by_name_.end()) return;
  const auto here = *known;
  by_name_.erase(known);
  bytes_ -= cost_of(here->wanted);
  order_.erase(here);
}

bool FetchSession::tell(Told& told, const broker::FetchAnswer& answer) {
  const bool failed = answer.error != ErrorCode::none;
  const bool is_news = answer.slice.length > 0 || failed || answer.diverging ||
                       told.high_watermark != answer.high_watermark || told.log_start_offset != answer.log_start_offset;
  told.high_watermark = failed ? no_offset : answer.high_watermark;
  told.log_start_offset = answer.log_start_offset;
  return is_news;
}

}  // namespace millrace::kafka
