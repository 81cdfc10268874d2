#include "letter_events.hpp"

#include <algorithm>
#include <array>

#include "millrace/cloudevents/json.hpp"

namespace millrace::cli {

namespace {

constexpr std::array<std::string_view, 14> mark_attributes{
    "dltopic", "dlpartition", "dloffset",    "dlgroup", "dlattempts", "dlmessage", "dlreason",
    "dlcode",  "dldest",      "dlfirsttime", "dltime",  "dlid",       "dlhistory", "dledited"};

bool is_mark_name(std::string_view name) { return std::ranges::find(mark_attributes, name) != mark_attributes.end(); }

}  // namespace

void remove_marks(cloudevents::Event& event) {
  std::erase_if(event.attributes, [](const auto& each) { return is_mark_name(each.name); });
}

std::vector<std::string> batches_of(const std::vector<cloudevents::Event>& events, std::size_t bytes_max) {
  std::vector<std::string> batches;
  for (const auto& event : events) {
    const auto text = cloudevents::to_json(event);
    if (batches.empty() || batches.back().size() + text.size() + 2 > bytes_max) {
      batches.push_back("[" + text);
    } else {
      batches.back() += "," + text;
    }
  }
  for (auto& batch : batches) batch += "]";
  return batches;
}

}  // namespace millrace::cli
