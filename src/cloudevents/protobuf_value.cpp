#include "protobuf_value.hpp"
#include "millrace/core/base64.hpp"

#include <protozero/pbf_reader.hpp>

namespace millrace::cloudevents {

using fields::block;
using fields::Kind;
using fields::varint;

namespace {

using protozero::pbf_reader;

pbf_reader fields_of(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

std::string_view view_of(pbf_reader& in) {
  const auto view = in.get_view();
  return {view.data(), view.size()};
}

void merge(Moment& moment, std::string_view message) {
  auto in = fields_of(message);
  while (in.next()) {
    switch (in.tag_and_type()) {
      case varint(fields::timestamp_seconds): moment.seconds = in.get_int64(); break;
      case varint(fields::timestamp_nanos): moment.nanos = in.get_int32(); break;
      default: in.skip();
    }
  }
}

}  // namespace

void merge(Value& value, std::string_view message) {
  auto in = fields_of(message);
  while (in.next()) {
    const auto kind = static_cast<Kind>(in.tag());
    switch (in.tag_and_type()) {
      case varint(Kind::boolean): value = {.kind = kind, .number = in.get_uint64() != 0 ? 1 : 0}; break;
      case varint(Kind::integer): value = {.kind = kind, .number = in.get_int32()}; break;
      case block(Kind::string):
      case block(Kind::bytes):
      case block(Kind::uri):
      case block(Kind::uri_reference): value = {.kind = kind, .text = view_of(in)}; break;
      case block(Kind::timestamp):
        if (value.kind != kind) value = {.kind = kind};
        merge(value.moment, view_of(in));
        break;
      default: in.skip();
    }
  }
}

std::optional<std::string> canonical(const Value& value) {
  switch (value.kind) {
    case Kind::boolean: return value.number != 0 ? "true" : "false";
    case Kind::integer: return std::to_string(value.number);
    case Kind::timestamp: return text_of(value.moment);
    case Kind::bytes: {
      std::string text;
      append_base64(text, value.text);
      return text;
    }
    case Kind::none:
    case Kind::string:
    case Kind::uri:
    case Kind::uri_reference: break;
  }
  return std::string(value.text);
}

ValueType type_of(Kind kind) {
  switch (kind) {
    case Kind::boolean: return ValueType::boolean;
    case Kind::integer: return ValueType::integer;
    case Kind::bytes: return ValueType::binary;
    case Kind::uri: return ValueType::uri;
    case Kind::uri_reference: return ValueType::uri_reference;
    case Kind::timestamp: return ValueType::timestamp;
    case Kind::none:
    case Kind::string: break;
  }
  return ValueType::string;
}

std::optional<Breach> judge_type(Known known, const Value& value, Strictness strictness) {
  switch (known) {
    case Known::time: {
      // A time that no Timestamp can hold, as of the year 0, is written as a string.
      const bool is_other = value.kind == Kind::string && is_timestamp(value.text) && !moment_of(value.text);
      if (value.kind == Kind::timestamp || is_other) return std::nullopt;
      return Breach{"PB-5", "must be a ce_timestamp"};
    }
    case Known::dataschema:
    case Known::schemaurl: {
      // Older SDKs for Go send strings, Java's sends relative ones as references; and in 0.3 the latter is a reference.
      const bool is_other = value.kind == Kind::uri_reference || value.kind == Kind::string;
      const bool is_fine = strictness == Strictness::lenient || known == Known::schemaurl;
      if (value.kind == Kind::uri || (is_other && is_fine)) return std::nullopt;
      return Breach{"PB-5", "must be a ce_uri"};
    }
    case Known::none: return std::nullopt;
    default: break;
  }
  if (value.kind == Kind::string) return std::nullopt;
  return Breach{"PB-5", "must be a ce_string"};
}

}  // namespace millrace::cloudevents
