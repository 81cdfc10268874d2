#include "received_lines.hpp"

#include "json_text.hpp"

namespace millrace::cli {

std::vector<ReceivedLine> received_lines(const std::string& body, std::string_view output) {
  std::vector<ReceivedLine> lines;
  const auto parsed = Json::parse(body);
  const auto elements = written_elements(written_member(body, "events").value_or("[]"));
  const auto& events = parsed.at("events");
  for (std::size_t i = 0; i < events.size() && i < elements.size(); ++i) {
    ReceivedLine line{.text = {}, .token = events[i].at("lock").at("token").get<std::string>()};
    if (output == "id") {
      line.text = line.token;
    } else if (output == "json") {
      line.text = in_one_line(elements[i]);
    } else {
      static_cast<void>(events[i].at("event"));
      line.text = in_one_line(written_member(elements[i], "event").value_or("null"));
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace millrace::cli
