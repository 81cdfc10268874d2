// What others keep in the metadata log: stored and removed, and not understood.

#include <nlohmann/json.hpp>

#include "millrace/broker/catalog.hpp"
#include "millrace/core/escaped.hpp"

namespace millrace::broker {

namespace {

AlterAnswer refused(ErrorCode error, const ChangeDocument& document, std::string_view why) {
  const auto named = std::string(name_of(document.kind)) + " \"" + escaped(document.id) + "\" ";
  return {error, named + std::string(why), {}};
}

}  // namespace

AlterAnswer Catalog::change_documents(const std::vector<ChangeDocument>& wanted) const {
  AlterAnswer answer;
  std::array<std::size_t, document_kinds> added{};
  for (const auto& each : wanted) {
    const auto& held = documents(each.kind);
    const bool is_there = held.contains(each.id);
    if (!each.json) {
      if (!is_there) return refused(ErrorCode::resource_not_found, each, "is not there");
      if (each.kind == DocumentKind::view)
        return refused(ErrorCode::invalid_request, each, "is not changed as a document: change_view() knows its rules");
      answer.events.emplace_back(DocumentRemoved{each.kind, each.id});
      continue;
    }
    if (each.kind == DocumentKind::view)
      return refused(ErrorCode::invalid_request, each, "is not changed as a document: change_view() knows its rules");
    if (each.id.empty() || each.id.size() > document_id_max || !is_utf8(each.id))
      return refused(ErrorCode::invalid_request, each,
                     "has an id that is empty, no UTF-8, or longer than " + std::to_string(document_id_max));
    if (each.json->size() > document_bytes_max)
      return refused(ErrorCode::policy_violation, each,
                     "has more than " + std::to_string(document_bytes_max) + " bytes");
    if (!nlohmann::json::parse(*each.json, nullptr, false).is_object())
      return refused(ErrorCode::invalid_request, each, "is no object of JSON");
    auto& count = added[static_cast<std::size_t>(each.kind)];
    if (!is_there && held.size() + ++count > documents_max)
      return refused(ErrorCode::policy_violation, each, "is one too many: there are " + std::to_string(documents_max));
    answer.events.emplace_back(DocumentStored{each.kind, each.id, *each.json});
  }
  return answer;
}

Result<void> Catalog::take_in(const DocumentStored& change) {
  if (change.id.empty() || change.json.empty())
    return failure(Errc::corrupt, "metadata: a " + std::string(name_of(change.kind)) + " without an id or a document");
  auto document = std::make_shared<const std::string>(change.json);
  if (change.kind == DocumentKind::view) take_in_view(change.id, document);
  documents_[static_cast<std::size_t>(change.kind)].insert_or_assign(change.id, std::move(document));
  return {};
}

Result<void> Catalog::take_in(const DocumentRemoved& change) {
  // Compaction may have dropped what was stored.
  documents_[static_cast<std::size_t>(change.kind)].erase(change.id);
  if (change.kind == DocumentKind::view && find_view(change.id)) views_.erase(change.id);
  return {};
}

}  // namespace millrace::broker
