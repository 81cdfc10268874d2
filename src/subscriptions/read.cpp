#include <nlohmann/json.hpp>
#include <set>

#include "config_keys.hpp"
#include "findings.hpp"
#include "millrace/cloudevents/rules.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/core/rfc3339.hpp"
#include "millrace/filter/dialects.hpp"
#include "millrace/subscriptions/sink.hpp"
#include "text.hpp"

namespace millrace::subscriptions {

namespace {

using Json = nlohmann::json;

/// The members of one object, each asked for by its name; what nobody has asked for is not known.
class Members {
 public:
  Members(const Json& object, std::string pointer, Findings& findings)
      : object_(object), pointer_(std::move(pointer)), findings_(findings) {}

  /// Null is as if it were not there.
  [[nodiscard]] const Json* find(const std::string& name) {
    known_.insert(name);
    const auto found = object_.find(name);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }

  /// A text that is not empty; nothing when it is not there or wrong.
  [[nodiscard]] std::optional<std::string> text(const std::string& name, std::string_view rule, std::size_t bytes_max) {
    const auto* const value = find(name);
    if (value == nullptr) return std::nullopt;
    const auto* const said = value->get_ptr<const std::string*>();
    if (said == nullptr || said->empty() || !cloudevents::is_string(*said)) {
      add(name, rule, "must be a string that is not empty, without control characters");
    } else if (said->size() > bytes_max) {
      add(name, rule, "has " + std::to_string(said->size()) + " bytes; " + std::to_string(bytes_max) + " are the most");
    } else {
      return *said;
    }
    return std::nullopt;
  }

  /// Whatever text is there, which no message will show; empty where none is.
  [[nodiscard]] std::string unjudged(const std::string& name) {
    const auto* const value = find(name);
    return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
  }

  void add(const std::string& name, std::string_view rule, const std::string& why) {
    findings_.add(pointer_to(pointer_, name), rule, name + " " + why);
  }

  void refuse_others(std::string_view rule) {
    for (const auto& [name, value] : object_.items()) {
      if (known_.contains(name)) continue;
      const std::string hint = name == "filter" && pointer_.empty() ? "; filters is" : "";
      findings_.add(pointer_to(pointer_, name), rule,
                    "\"" + escaped(name, 64) + "\" is no member that is known" + hint);
    }
  }

  [[nodiscard]] const std::string& pointer() const { return pointer_; }
  [[nodiscard]] const Json& object() const { return object_; }

 private:
  const Json& object_;
  std::string pointer_;
  Findings& findings_;
  std::set<std::string> known_;
};

enum class IdIs { ignored, the_same, required };

class Reader {
 public:
  Reader(IdIs id, const Subscription* before) : id_is_(id), before_(before) {
    if (before == nullptr) return;
    out_.id = before->id;
    out_.config.start = before->config.start;
  }

  [[nodiscard]] Judged<Subscription> read(std::string_view text) {
    if (auto why = why_not_document(text)) {
      findings_.add("", "SUB-15", *std::move(why));
    } else {
      const auto json = Json::parse(text);
      Members members(json, "", findings_);
      all(members);
    }
    if (!findings_.empty()) return tl::unexpected(std::move(findings_).take());
    return std::move(out_);
  }

 private:
  void all(Members& members);
  void id(Members& members);
  void types(Members& members);
  void filters(Members& members);
  void protocol(Members& members);
  void sink(Members& members);
  void settings(Members& members);
  void http(Members& settings);
  void kafka(Members& settings);
  void header(const std::string& pointer, const std::string& name, const Json& value);
  void credential(Members& members);
  void plain(Members& credential);
  void token(Members& credential);
  void config(Members& members);

  /// A member that has to be an object; nothing when it is not there or wrong.
  [[nodiscard]] std::optional<Members> object(Members& members, const char* name, std::string_view rule) {
    const auto* const value = members.find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_object()) return Members(*value, pointer_to(members.pointer(), name), findings_);
    members.add(name, rule, "must be an object");
    return std::nullopt;
  }

  /// The secret of before an update, where it may be kept.
  template <class T>
  [[nodiscard]] const T* kept() const {
    if (before_ == nullptr || before_->sink != out_.sink || before_->protocol != out_.protocol) return nullptr;
    return std::get_if<T>(&before_->credential);
  }

  IdIs id_is_;
  const Subscription* before_;
  Findings findings_;
  Subscription out_;
  bool has_protocol_ = false;  ///< what depends on it can be judged
};

void Reader::all(Members& members) {
  id(members);
  (void)members.find("status");
  if (auto source = members.text("source", "SUB-5", limits::source_bytes_max)) {
    if (!cloudevents::is_uri_reference(*source)) members.add("source", "SUB-5", "must be a URI-reference (RFC 3986)");
    out_.source = *std::move(source);
  }
  types(members);
  protocol(members);
  sink(members);
  settings(members);
  credential(members);
  config(members);
  filters(members);
  members.refuse_others("SUB-15");
}

void Reader::id(Members& members) {
  const auto* const value = members.find("id");
  if (id_is_ == IdIs::ignored || (id_is_ == IdIs::the_same && value == nullptr)) return;
  const auto* const said = value == nullptr ? nullptr : value->get_ptr<const std::string*>();
  if (id_is_ == IdIs::the_same) {
    if (said == nullptr || *said != out_.id) members.add("id", "SUB-3", "is " + in_quotes(out_.id) + " and stays so");
    return;
  }
  if (said != nullptr && is_id(*said)) {
    out_.id = *said;
  } else {
    members.add("id", "SUB-3", "must be 1 to " + std::to_string(limits::id_bytes_max) + " of a-z, 0-9 and \"-\"");
  }
}

void Reader::types(Members& members) {
  const auto* const value = members.find("types");
  if (value == nullptr) return;
  if (!value->is_array() || value->size() > limits::types_max) {
    members.add("types", "SUB-5", "must be an array of at most " + std::to_string(limits::types_max) + " types");
    return;
  }
  for (std::size_t at = 0; at < value->size(); ++at) {
    const auto* const type = (*value)[at].get_ptr<const std::string*>();
    if (type != nullptr && !type->empty() && type->size() <= limits::type_bytes_max && cloudevents::is_string(*type)) {
      out_.types.push_back(*type);
    } else {
      findings_.add("/types/" + std::to_string(at), "SUB-5",
                    "a type must be a string of 1 to " + std::to_string(limits::type_bytes_max) + " bytes");
    }
  }
}

void Reader::filters(Members& members) {
  if (const auto* const value = members.find("filters")) {
    out_.filters = value->dump();
    if (const auto judged = filter::parse_filters(out_.filters); !judged) {
      const auto& [pointer, detail] = judged.error();
      findings_.add("/filters" + pointer, rule_of_filter(pointer), detail);
      return;
    }
  }
  if (!findings_.empty()) return;
  if (const auto judged = filter_of(out_); !judged)
    members.add("filters", "SUB-6", "are too many, with source and types: " + judged.error().message);
}

void Reader::protocol(Members& members) {
  const bool has_sink = members.find("sink") != nullptr;
  const auto* const value = members.find("protocol");
  has_protocol_ = value != nullptr || !has_sink;
  if (value == nullptr) {
    if (has_sink) members.add("protocol", "SUB-4", "is required with a sink");
    return;
  }
  const auto* const said = value->get_ptr<const std::string*>();
  if (said != nullptr && (*said == "HTTP" || *said == "KAFKA")) {
    out_.protocol = *said == "HTTP" ? Protocol::http : Protocol::kafka;
    return;
  }
  has_protocol_ = false;
  constexpr std::string_view others[] = {"AMQP", "MQTT3", "MQTT5", "NATS"};
  const bool is_other = said != nullptr && std::ranges::find(others, *said) != std::end(others);
  members.add("protocol", "SUB-4",
              is_other ? "is " + *said + ", by which this version sends nothing; HTTP and KAFKA are"
                       : "must be HTTP or KAFKA, in capitals");
}

void Reader::sink(Members& members) {
  auto sink = members.text("sink", "SUB-4", limits::sink_bytes_max);
  if (!has_protocol_ || out_.protocol == Protocol::pull) return;
  if (members.find("sink") == nullptr) members.add("sink", "SUB-4", "is required with a protocol");
  if (!sink) return;
  if (out_.protocol == Protocol::http) {
    if (const auto url = read_url(*sink); !url) findings_.add("/sink", "SUB-4", url.error().message);
  } else if (!topic_of_sink(*sink)) {
    members.add("sink", "SUB-4",
                "is " + in_quotes(*sink) + ", but must be kafka: and the name of a topic of this cluster");
  }
  out_.sink = *std::move(sink);
}

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
    out_.http.method = *method;
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
  out_.http.headers.push_back({.name = name, .value = *text});
}

void Reader::kafka(Members& settings) {
  auto& kafka = out_.kafka;
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

void Reader::credential(Members& members) {
  auto credential = object(members, "sinkcredential", "SUB-12");
  if (!credential || !has_protocol_) return;
  if (out_.protocol != Protocol::http) {
    members.add("sinkcredential", "SUB-12", "is for protocol HTTP only");
    return;
  }
  const auto type = credential->text("credentialtype", "SUB-12", limits::type_bytes_max);
  if (type == "PLAIN") {
    plain(*credential);
  } else if (type == "ACCESSTOKEN") {
    token(*credential);
  } else if (type == "REFRESHTOKEN") {
    credential->add("credentialtype", "SUB-12",
                    "is REFRESHTOKEN, but this version asks nobody for tokens; PLAIN and ACCESSTOKEN are taken");
    return;
  } else {
    credential->add("credentialtype", "SUB-12", "must be PLAIN or ACCESSTOKEN, in capitals");
    return;
  }
  credential->refuse_others("SUB-12");
}

void Reader::plain(Members& credential) {
  PlainCredential said{credential.unjudged("identifier"), credential.unjudged("secret")};
  const auto* const before = kept<PlainCredential>();
  if (credential.find("secret") == nullptr && before != nullptr && before->identifier == said.identifier)
    said.secret = before->secret;
  judge(said, findings_);
  out_.credential = std::move(said);
}

void Reader::token(Members& credential) {
  AccessToken said{.token = credential.unjudged("accesstoken")};
  const auto* const before = kept<AccessToken>();
  if (credential.find("accesstoken") == nullptr && before != nullptr) said.token = before->token;
  judge(said, findings_);
  if (const auto expires = credential.text("accesstokenexpiresutc", "SUB-12", limits::type_bytes_max)) {
    said.expires = parse_rfc3339(*expires);
    if (!said.expires || *said.expires < 0)
      credential.add("accesstokenexpiresutc", "SUB-12", "must be a time as RFC 3339 has it, from 1970");
  }
  if (const auto type = credential.text("accesstokentype", "SUB-12", limits::type_bytes_max);
      type && lower(*type) != "bearer") {
    credential.add("accesstokentype", "SUB-12", "is " + in_quotes(*type) + ", but must be bearer");
  }
  out_.credential = std::move(said);
}

void Reader::config(Members& members) {
  const auto config = object(members, "config", "SUB-14");
  if (members.find("config") == nullptr) members.add("config", "SUB-14", "is required, and topic in it");
  if (!config) return;
  const auto before = findings_.size();
  for (const auto& [name, value] : config->object().items()) {
    if (value.is_null()) continue;
    const bool is_scalar = value.is_string() || value.is_number() || value.is_boolean();
    const auto text = value.is_string() ? value.get<std::string>() : is_scalar ? value.dump() : std::string();
    const auto why = is_scalar
                         ? set_config(out_.config, has_protocol_ ? out_.protocol : Protocol::http, name, text)
                         : std::optional<std::string>(escaped(name, 64) + " must be a string, a number or a boolean");
    if (why) findings_.add(pointer_to(config->pointer(), name), "SUB-14", *why);
  }
  if (findings_.size() != before) return;
  if (out_.config.topic.empty()) findings_.add("/config/topic", "SUB-14", "topic is required");
  if (const auto judged = delivery::check(policy_of(out_)); !judged)
    findings_.add("/config/backoffcap", "SUB-14", judged.error().message);
  compare(out_, before_, findings_);
}

}  // namespace

Judged<Subscription> read(std::string_view json) { return Reader(IdIs::ignored, nullptr).read(json); }

Judged<Subscription> read_update(std::string_view json, const Subscription& before) {
  return Reader(IdIs::the_same, &before).read(json);
}

Judged<Subscription> restore(std::string_view json) { return Reader(IdIs::required, nullptr).read(json); }

}  // namespace millrace::subscriptions
