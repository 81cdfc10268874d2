// millrace event: sends a CloudEvent, judges events in files, writes them in another form.

#include <iostream>
#include <memory>
#include <random>

#include "assignments.hpp"
#include "commands.hpp"
#include "event_files.hpp"
#include "event_filter.hpp"
#include "file_content.hpp"
#include "millrace/cloudevents/json.hpp"
#include "millrace/cloudevents/media_type.hpp"
#include "millrace/cloudevents/rules.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/core/rfc3339.hpp"

namespace millrace::cli {

namespace {

struct Sending {
  std::string topic;
  std::string file;  ///< of whole events; "-": standard input
  std::string id, source, type, subject, time, content_type, data;
  bool has_data = false;
  std::vector<std::string> attributes;  ///< name=value
  std::string key;
  int partition = -1;
};

struct Converting {
  std::string file = "-";
  std::string to = "json";
  std::string filter;  ///< CESQL that must be true of an event; empty: none
};

/// Random enough to be the only one of its source: 128 bits in hexadecimal digits.
std::string fresh_id() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::random_device dice;
  std::string id;
  for (int i = 0; i < 32; ++i) id += digits[dice() % digits.size()];
  return id;
}

std::string now_text() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return rfc3339(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

void set(cloudevents::Event& event, std::string name, const std::string& text) {
  if (!text.empty()) event.attributes.push_back({.name = std::move(name), .text = text});
}

cloudevents::Event event_of(const Sending& wish) {
  cloudevents::Event event;
  set(event, "specversion", "1.0");
  set(event, "id", wish.id.empty() ? fresh_id() : wish.id);
  set(event, "source", wish.source);
  set(event, "type", wish.type);
  set(event, "subject", wish.subject);
  set(event, "time", wish.time.empty() ? now_text() : wish.time);
  if (wish.has_data) {
    const bool is_json = cloudevents::is_json_text(wish.data);
    set(event, "datacontenttype",
        !wish.content_type.empty() ? wish.content_type
        : is_json                  ? "application/json"
                                   : "text/plain");
    event.data = wish.data;
  }
  for (const auto& each : wish.attributes) {
    const auto equals = each.find('=');
    set(event, each.substr(0, equals), each.substr(equals + 1));
  }
  return event;
}

/// The body and its type, or what is wrong.
tl::expected<std::pair<std::string, std::string_view>, std::vector<std::string>> body_of(const Sending& wish) {
  if (!wish.file.empty()) {
    const auto content = content_of(wish.file);
    if (!content) return tl::unexpected(std::vector<std::string>{escaped(wish.file) + " cannot be read"});
    const auto read = read_events(*content);
    if (!read) return tl::unexpected(read.error());
    if (read->form == EventForm::json) return std::pair(*content, cloudevents::event_type);
    if (read->form == EventForm::protobuf) return std::pair(*content, cloudevents::protobuf_event_type);
    if (read->form == EventForm::protobuf_batch) return std::pair(*content, cloudevents::protobuf_batch_type);
    return std::pair(cloudevents::to_json_batch(read->events), cloudevents::batch_type);
  }
  const auto event = event_of(wish);
  std::vector<std::string> wrong;
  for (const auto& fault : cloudevents::validate(event)) wrong.push_back(fault.detail + " (" + fault.rule + ")");
  if (!wrong.empty()) return tl::unexpected(std::move(wrong));
  return std::pair(cloudevents::to_json(event), cloudevents::event_type);
}

std::string target_of(const Sending& wish) {
  auto target = path_of({"v1", "topics", wish.topic, "events"});
  std::string mark = "?";
  if (!wish.key.empty()) target += std::exchange(mark, "&") + "key=" + escaped_for_query(wish.key);
  if (wish.partition >= 0) target += mark + "partition=" + std::to_string(wish.partition);
  return target;
}

int complain_of(const std::string& where, const std::vector<std::string>& faults) {
  for (const auto& fault : faults) complain(refused, where + fault);
  return refused;
}

int validate(const std::vector<std::string>& files) {
  int code = done;
  for (const auto& file : files) {
    const auto name = file == "-" ? "" : escaped(file) + ": ";
    const auto content = content_of(file);
    if (!content) {
      code = complain(refused, name + "cannot be read");
      continue;
    }
    const auto read = read_events(*content);
    if (!read) {
      code = complain_of(name, read.error());
    } else {
      const auto count = read->events.size();
      std::cout << name << count << (count == 1 ? " event, " : " events, ") << "fine\n";
    }
  }
  return code;
}

int convert(const Converting& wish) {
  const auto filter = filter_of(wish.filter);
  if (!filter) return complain(wrong_usage, filter.error().message);
  const auto content = content_of(wish.file);
  if (!content) return complain(refused, escaped(wish.file) + " cannot be read");
  auto read = read_events(*content);
  if (!read) return complain_of("", read.error());
  if (*filter) {
    filter::Scratch scratch;
    std::erase_if(read->events,
                  [&](const auto& each) { return !(*filter)->matches(filter::EventAttributes(each), scratch); });
  }
  const auto form = wish.to == "batch"            ? EventForm::batch
                    : wish.to == "lines"          ? EventForm::lines
                    : wish.to == "http"           ? EventForm::http
                    : wish.to == "protobuf"       ? EventForm::protobuf
                    : wish.to == "protobuf-batch" ? EventForm::protobuf_batch
                                                  : EventForm::json;
  const auto written = write_events(read->events, form);
  if (!written) {
    return complain(refused, "--to " + wish.to + " is one event, and there are " + std::to_string(read->events.size()) +
                                 ": lines and batches take any number");
  }
  std::cout << *written;
  return done;
}

void add_send(CLI::App& event, const Print& print, int& code) {
  const auto wish = std::make_shared<Sending>();
  auto* send = event.add_subcommand("send", "Publishes an event, over HTTP")->fallthrough();
  send->add_option("topic", wish->topic, "where to")->required();
  auto* file = send->add_option("-f,--file", wish->file,
                                "events as JSON: one, an array, or one a line; or in protobuf; - reads standard input");
  auto* type = send->add_option("--type", wish->type, "what has happened, as in com.example.order.placed");
  auto* source = send->add_option("--source", wish->source, "where it has happened, as in /shop");
  send->add_option("--id", wish->id, "a random one unless it is given");
  send->add_option("--subject", wish->subject, "what it has happened to");
  send->add_option("--time", wish->time, "when, as in 2026-05-01T12:00:00Z; now unless it is given");
  send->add_option("-a,--attribute", wish->attributes, "name=value, as often as wanted")->check(is_assignment);
  auto* data = send->add_option("--data", wish->data, "what there is to say of it");
  send->add_option("--content-type", wish->content_type, "of the data; JSON is recognised");
  send->add_option("--key", wish->key, "of the record");
  send->add_option("--partition", wish->partition, "of the topic")->check(CLI::NonNegativeNumber);
  file->excludes(type)->excludes(source)->excludes(data);
  send->callback([wish, data, print, &code] {
    wish->has_data = data->count() > 0;
    if (wish->file.empty() && (wish->type.empty() || wish->source.empty())) {
      code = complain(wrong_usage, "an event has a --type and a --source; or it comes from a --file");
      return;
    }
    auto body = body_of(*wish);
    if (!body) {
      code = complain_of("", body.error());
      return;
    }
    print({.method = "POST",
           .target = target_of(*wish),
           .text = std::move(body->first),
           .type = std::string(body->second)},
          views::published);
  });
}

}  // namespace

void add_event_commands(CLI::App& app, const Print& print, int& code) {
  auto& event = *app.add_subcommand("event", "CloudEvents")->require_subcommand(0, 1)->fallthrough();
  add_send(event, print, code);
  const auto topic = std::make_shared<std::string>();
  auto* list =
      event.add_subcommand("ls", "Which events there are: types and sources, how many, who reads them")->fallthrough();
  list->add_option("topic", *topic, "that one alone");
  list->callback([topic, print] {
    print({.target = "/v1/catalog" + (topic->empty() ? "" : "?topic=" + escaped_for_query(*topic))}, views::catalogue);
  });
  const auto files = std::make_shared<std::vector<std::string>>();
  auto* judge = event.add_subcommand("validate", "Judges events in files by the rules of CloudEvents")->fallthrough();
  judge->add_option("files", *files,
                    "JSON, JSON lines, HTTP messages in binary mode, or protobuf; - is standard input");
  judge->callback([files, &code] {
    if (files->empty()) files->emplace_back("-");
    code = validate(*files);
  });
  const auto wish = std::make_shared<Converting>();
  auto* other = event.add_subcommand("convert", "Writes events in another form")->fallthrough();
  other->add_option("file", wish->file, "as for validate");
  other
      ->add_option("--to", wish->to,
                   "json, an array (batch), JSON lines, a message of HTTP in binary mode, protobuf, or a batch of it")
      ->check(CLI::IsMember({"json", "batch", "lines", "http", "protobuf", "protobuf-batch"}));
  other->add_option("--filter", wish->filter, "only events for which this CloudEvents SQL is true: docs/filters.md");
  other->callback([wish, &code] { code = convert(*wish); });
}

}  // namespace millrace::cli
