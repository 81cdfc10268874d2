#include <protozero/pbf_writer.hpp>

#include "characters.hpp"
#include "known.hpp"
#include "message_data.hpp"
#include "millrace/cloudevents/protobuf.hpp"
#include "millrace/core/base64.hpp"
#include "moment.hpp"
#include "protobuf_fields.hpp"

namespace millrace::cloudevents {

namespace {

using fields::Kind;
using protozero::pbf_writer;

void put(pbf_writer& out, fields::Number number, std::string_view bytes) {
  out.add_bytes(number, bytes.data(), bytes.size());
}

/// As which of its values the attribute is written: its own type, or that by which it came. What does not fit there is
/// a string.
Kind kind_of(const Attribute& one) {
  const Known known = known_of(one.name);
  if (known == Known::time) return moment_of(one.text) ? Kind::timestamp : Kind::string;
  if (known == Known::dataschema) return Kind::uri;
  if (known == Known::schemaurl) return is_uri_reference(one.text) ? Kind::uri_reference : Kind::string;
  if (known != Known::none) return Kind::string;
  switch (one.type) {
    case ValueType::boolean: return Kind::boolean;
    case ValueType::integer: return is_integer(one.text) ? Kind::integer : Kind::string;
    case ValueType::binary: return from_base64(one.text) ? Kind::bytes : Kind::string;
    case ValueType::uri: return Kind::uri;
    case ValueType::uri_reference: return Kind::uri_reference;
    case ValueType::timestamp: return moment_of(one.text) ? Kind::timestamp : Kind::string;
    case ValueType::string: break;
  }
  return Kind::string;
}

void put_moment(pbf_writer& out, const Moment& moment) {
  // The library leaves out a message that has no field.
  if (moment == Moment{}) return put(out, fields::number_of(Kind::timestamp), {});
  pbf_writer in(out, fields::number_of(Kind::timestamp));
  if (moment.seconds != 0) in.add_int64(fields::timestamp_seconds, moment.seconds);
  if (moment.nanos != 0) in.add_int32(fields::timestamp_nanos, moment.nanos);
}

void put_value(pbf_writer& out, Kind kind, std::string_view text) {
  const auto number = fields::number_of(kind);
  switch (kind) {
    case Kind::boolean: return out.add_bool(number, text == "true");
    case Kind::integer: return out.add_int32(number, std::stoi(std::string(text)));
    case Kind::bytes: return put(out, number, *from_base64(text));
    case Kind::timestamp: return put_moment(out, *moment_of(text));
    case Kind::none:
    case Kind::string:
    case Kind::uri:
    case Kind::uri_reference: return put(out, number, text);
  }
}

void put_attribute(pbf_writer& out, std::string_view name, Kind kind, std::string_view text) {
  pbf_writer entry(out, fields::attributes);
  put(entry, fields::map_key, name);
  pbf_writer value(entry, fields::map_value);
  put_value(value, kind, text);
}

void put_message(pbf_writer& out, std::string_view type_url, std::string_view data) {
  if (type_url.empty() && data.empty()) return put(out, fields::proto_data, {});
  pbf_writer message(out, fields::proto_data);
  if (!type_url.empty()) put(message, fields::any_type_url, type_url);
  if (!data.empty()) put(message, fields::any_value, data);
}

void put_data(pbf_writer& out, const Event& event) {
  const std::string& data = *event.data;
  const auto type_url =
      event.message_type ? std::optional<std::string_view>(*event.message_type) : stated_message(event);
  if (type_url) return put_message(out, *type_url, data);
  // What is a string in JSON, too. Go's SDK takes text that calls itself JSON for a string that is yet to be encoded.
  const bool is_written_as_text = is_text(event.content_type().value_or("")) && is_valid_utf8(data);
  put(out, is_written_as_text ? fields::text_data : fields::binary_data, data);
}

}  // namespace

std::string to_protobuf(const Event& event) {
  std::string bytes;
  pbf_writer out(bytes);
  put(out, fields::id, event.text("id"));
  put(out, fields::source, event.text("source"));
  put(out, fields::spec_version, event.text("specversion"));
  put(out, fields::type, event.text("type"));
  for (const Attribute& one : event.attributes) {
    if (!is_required(known_of(one.name))) put_attribute(out, one.name, kind_of(one), one.text);
  }
  const auto type = event.content_type();
  if (type && event.find("datacontenttype") == nullptr) put_attribute(out, "datacontenttype", Kind::string, *type);
  if (event.data) put_data(out, event);
  return bytes;
}

void append_to_protobuf_batch(std::string_view event, std::string& batch) {
  pbf_writer out(batch);
  put(out, fields::batch_events, event);
}

std::string to_protobuf_batch(std::span<const Event> events) {
  std::string batch;
  for (const Event& event : events) append_to_protobuf_batch(to_protobuf(event), batch);
  return batch;
}

}  // namespace millrace::cloudevents
