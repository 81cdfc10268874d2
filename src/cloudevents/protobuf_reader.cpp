#include <algorithm>
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>

#include "characters.hpp"
#include "findings.hpp"
#include "known.hpp"
#include "message_data.hpp"
#include "millrace/cloudevents/media_type.hpp"
#include "millrace/cloudevents/protobuf.hpp"
#include "name_index.hpp"
#include "protobuf_value.hpp"

namespace millrace::cloudevents {

namespace {

using fields::block;
using protozero::pbf_reader;

pbf_reader fields_of(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

std::string_view view_of(pbf_reader& in) {
  const auto view = in.get_view();
  return {view.data(), view.size()};
}

/// Reads one message into one event. Throws what the library throws where the bytes are no message.
class MessageReader {
 public:
  MessageReader(Event& event, Findings& findings, Strictness strictness)
      : event_(event), findings_(findings), strictness_(strictness) {}

  void read(std::string_view bytes) {
    auto in = fields_of(bytes);
    while (in.next()) field(in);
    add_required();
    judge(event_, strictness_, findings_);
    finish_data();
  }

 private:
  /// The one of the three forms of data that came last.
  enum class Form { none, bytes, text, message };

  void field(pbf_reader& in) {
    switch (in.tag_and_type()) {
      case block(fields::id): id_ = view_of(in); break;
      case block(fields::source): source_ = view_of(in); break;
      case block(fields::spec_version): spec_version_ = view_of(in); break;
      case block(fields::type): type_ = view_of(in); break;
      case block(fields::attributes): attribute(view_of(in)); break;
      case block(fields::binary_data): take_data(Form::bytes, view_of(in)); break;
      case block(fields::text_data): take_data(Form::text, view_of(in)); break;
      case block(fields::proto_data): message(view_of(in)); break;
      default: in.skip();
    }
  }

  void attribute(std::string_view entry) {
    auto in = fields_of(entry);
    std::string_view name;
    Value value;
    while (in.next()) {
      switch (in.tag_and_type()) {
        case block(fields::map_key): name = view_of(in); break;
        case block(fields::map_value): merge(value, view_of(in)); break;
        default: in.skip();
      }
    }
    const Known known = known_of(name);
    if (is_required(known)) {
      return refuse(name, {"PB-2", "must be a field of the message, and not in the map of its attributes"});
    }
    if (!names_.add(name).second) return refuse(name, {"CORE-9", "must be there only once"});
    if (value.kind == fields::Kind::none) return refuse(name, {"PB-3", "must have a value of one of the seven types"});
    auto text = canonical(value);
    if (!text) return refuse(name, {"PB-3", "must lie in the years 1 to 9999, with 0 to 999999999 nanoseconds"});
    if (const auto breach = judge_type(known, value, strictness_)) {
      return findings_.add(Problem::invalid_cloudevent, name, *text, *breach);
    }
    event_.attributes.push_back({.name = std::string(name),
                                 .text = std::move(*text),
                                 .type = known == Known::none ? type_of(value.kind) : ValueType::string});
  }

  void refuse(std::string_view name, const Breach& breach) {
    findings_.add(Problem::invalid_cloudevent, name, std::nullopt, breach);
  }

  void take_data(Form form, std::string_view bytes) {
    form_ = form;
    data_ = bytes;
  }

  void message(std::string_view any) {
    auto in = fields_of(any);
    if (form_ != Form::message) {
      take_data(Form::message, {});
      type_url_ = {};
    }
    while (in.next()) {
      switch (in.tag_and_type()) {
        case block(fields::any_type_url): type_url_ = view_of(in); break;
        case block(fields::any_value): data_ = view_of(in); break;
        default: in.skip();
      }
    }
  }

  /// In front of the others. An empty string is none, as protobuf has it.
  void add_required() {
    const std::string_view texts[] = {spec_version_, id_, source_, type_};
    std::vector<Attribute> required;
    required.reserve(required_count + event_.attributes.size() + implied_count);
    for (std::size_t at = 0; at < required_count; ++at) {
      if (texts[at].empty()) continue;
      required.push_back({.name = std::string(required_names[at]), .text = std::string(texts[at])});
    }
    std::ranges::move(event_.attributes, std::back_inserter(required));
    event_.attributes = std::move(required);
  }

  void finish_data() {
    if (form_ == Form::none) return;
    if (form_ == Form::text && !is_valid_utf8(data_)) {
      return findings_.add(Problem::malformed_event, "data", std::nullopt, {"PB-4", "must be UTF-8 in text_data"});
    }
    if (form_ == Form::message) add_implied();
    event_.data.emplace(data_);
  }

  /// What says outside of protobuf that the data is a message, and of which type.
  void add_implied() {
    if (!is_valid_utf8(type_url_)) {
      return findings_.add(Problem::malformed_event, "data", std::nullopt,
                           {"PB-4", "must have a type URL that is UTF-8 in proto_data"});
    }
    const auto version = spec_version_of(spec_version_);
    const std::string_view schema = schema_name(version);
    const bool can_say_it = !check_attribute(schema, type_url_, version);
    imply("datacontenttype", protobuf_type);
    if (can_say_it) imply(schema, type_url_);
    if (stated_message(event_) != type_url_) event_.message_type.emplace(type_url_);
  }

  void imply(std::string_view name, std::string_view text) {
    if (event_.find(name) != nullptr) return;
    event_.attributes.push_back({.name = std::string(name), .text = std::string(text)});
  }

  static constexpr std::size_t implied_count = 2;

  Event& event_;
  Findings& findings_;
  Strictness strictness_;
  NameIndex names_;
  std::string_view spec_version_, id_, source_, type_;
  Form form_ = Form::none;
  std::string_view data_;
  std::string_view type_url_;
};

/// `why` says "end of buffer exception", as one of a few.
Faults malformed(std::string_view rule, std::string_view what, const protozero::exception& why) {
  std::string_view reason = why.what();
  reason = reason.substr(0, reason.rfind(" exception"));
  return {{.problem = Problem::malformed_event,
           .rule = std::string(rule),
           .detail = std::string(what) + " is no message of protobuf: " + std::string(reason)}};
}

}  // namespace

Judged<Event> parse_protobuf(std::string_view bytes, Strictness strictness) {
  Event event;
  Findings findings(Spelling::json);
  try {
    MessageReader(event, findings, strictness).read(bytes);
  } catch (const protozero::exception& why) {
    return tl::unexpected(malformed("PB-2", "the event", why));
  }
  if (!findings.empty()) return tl::unexpected(std::move(findings).take());
  return event;
}

Judged<std::vector<Event>> parse_protobuf_batch(std::string_view bytes) {
  std::vector<Event> events;
  std::string version;
  Findings findings(Spelling::json);
  try {
    const auto elements = split_protobuf_batch(bytes);
    if (elements.size() > protobuf_batch_events_max) {
      const auto must = "a batch must not have more than " + std::to_string(protobuf_batch_events_max) + " events";
      findings.add(Problem::invalid_batch, {"PB-1", must});
      return tl::unexpected(std::move(findings).take());
    }
    for (std::size_t index = 0; index < elements.size(); ++index) {
      findings.begin_element(index);
      Event event;
      MessageReader(event, findings, Strictness::lenient).read(elements[index]);
      if (version.empty()) version = event.text("specversion");
      compare_versions(version, event, findings);
      if (findings.empty()) events.push_back(std::move(event));
    }
  } catch (const protozero::exception& why) {
    return tl::unexpected(malformed("PB-1", "the batch, or an event in it,", why));
  }
  if (!findings.empty()) return tl::unexpected(std::move(findings).take());
  return events;
}

std::vector<std::string_view> split_protobuf_batch(std::string_view bytes) {
  std::vector<std::string_view> elements;
  auto in = fields_of(bytes);
  while (in.next()) {
    if (in.tag_and_type() == block(fields::batch_events)) {
      elements.push_back(view_of(in));
    } else {
      in.skip();
    }
  }
  return elements;
}

bool is_protobuf_event(std::string_view bytes) {
  Event event;
  Findings findings(Spelling::json);
  try {
    MessageReader(event, findings, Strictness::lenient).read(bytes);
  } catch (const protozero::exception&) {
    return false;
  }
  return true;
}

}  // namespace millrace::cloudevents
