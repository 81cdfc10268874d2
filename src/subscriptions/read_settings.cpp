#include <set>

#include "millrace/subscriptions/sink.hpp"
#include "reader.hpp"

namespace millrace::subscriptions {

void Reader::settings(Members& members) {
  auto settings = object(members, "protocolsettings", "SUB-13");
  if (!has_protocol_) return;
  if (out_.protocol == Protocol::pull) {
    if (settings) members.add("protocolsettings", "SUB-13", "are for subscriptions with a sink");
    return;
  }
  const auto none = Json::object();
  Members said = settings ? *settings : Members(none, "/protocolsettings", findings_);
  if (out_.protocol == Protocol::http) {
    http(said);
  } else {
    kafka(said);
  }
  said.refuse_others("SUB-13");
}

void Reader::http(Members& settings) {
  if (const auto method = settings.text("method", "SUB-13", limits::header_name_bytes_max)) {
    out_.http.edit().method = *method;
    if (*method != "POST" && *method != "PUT" && *method != "PATCH")
      settings.add("method", "SUB-13", "is " + in_quotes(*method) + ", but must be POST, PUT or PATCH");
  }
  const auto headers = object(settings, "headers", "SUB-13");
  if (!headers) return;
  if (headers->object().size() > limits::headers_max) {
    settings.add("headers", "SUB-13", "may be " + std::to_string(limits::headers_max) + " at most");
    return;
  }
  std::set<std::string> names;
  std::size_t bytes = 0;
  for (const auto& [name, value] : headers->object().items()) {
    const auto pointer = pointer_to(headers->pointer(), name);
    if (!names.insert(lower(name)).second) findings_.add(pointer, "SUB-13", in_quotes(name) + " is there twice");
    header(pointer, name, value);
    bytes += name.size() + (value.is_string() ? value.get_ref<const std::string&>().size() : 0);
  }
  if (bytes > limits::headers_bytes_max)
    settings.add("headers", "SUB-13", "may have " + std::to_string(limits::headers_bytes_max) + " bytes at most");
}

void Reader::header(const std::string& pointer, const std::string& name, const Json& value) {
  if (const auto why = name.size() > limits::header_name_bytes_max ? "is too long" : why_not_header(name)) {
    findings_.add(pointer, "SUB-13", in_quotes(name) + " " + std::string(*why));
    return;
  }
  const auto* const text = value.get_ptr<const std::string*>();
  const auto why = text == nullptr ? "must be a string" : why_not_header_value(*text);
  if (why) {
    findings_.add(pointer, "SUB-13", "the value of " + name + " " + std::string(*why));
    return;
  }
  out_.http.edit().headers.push_back({.name = name, .value = *text});
}

void Reader::kafka(Members& settings) {
  auto& kafka = out_.kafka.edit();
  const auto of_sink = topic_of_sink(out_.sink);
  kafka.topic = of_sink.value_or("");
  if (const auto name = settings.text("topicname", "SUB-13", limits::topic_name_max)) {
    if (!is_topic_name(*name) || (!kafka.topic.empty() && kafka.topic != *name))
      settings.add("topicname", "SUB-13",
                   "is " + in_quotes(*name) + ", but must be the name of a topic, the sink's if that names one");
    kafka.topic = *name;
  } else if (settings.find("topicname") == nullptr && of_sink && of_sink->empty()) {
    settings.add("topicname", "SUB-13", "is required, unless the sink names the topic");
  }
  if (auto name = settings.text("partitionkeyextractor", "SUB-13", limits::type_bytes_max)) {
    if (!cloudevents::is_attribute_name(*name))
      settings.add("partitionkeyextractor", "SUB-13", "must be the name of an attribute: a-z and 0-9");
    kafka.key_attribute = *std::move(name);
  }
  if (auto client = settings.text("clientid", "SUB-13", limits::client_id_bytes_max)) kafka.client_id = *client;
  for (const char* const name : {"acks", "ackmode"}) {
    const auto* const value = settings.find(name);
    if (value == nullptr) continue;
    const auto acks = acks_of(value->is_string() ? value->get<std::string>() : value->dump());
    if (!acks || (kafka.acks && kafka.acks != acks))
      settings.add(name, "SUB-13", "must be 0, 1 or -1, and acks the same as ackmode");
    kafka.acks = acks;
  }
}

}  // namespace millrace::subscriptions
