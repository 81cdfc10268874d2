#include "otlp.hpp"

#include <algorithm>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "millrace/core/escaped.hpp"

namespace millrace::tracing {

namespace {

using Writer = protozero::pbf_writer;

constexpr std::string_view ellipsis = "…";

// Field numbers of opentelemetry/proto/{collector/trace,trace,resource,common}/v1.
namespace request {
constexpr protozero::pbf_tag_type resource_spans = 1;
}
namespace resource_spans {
constexpr protozero::pbf_tag_type resource = 1, scope_spans = 2;
}
namespace scope_spans {
constexpr protozero::pbf_tag_type scope = 1, spans = 2;
}
namespace scope_fields {
constexpr protozero::pbf_tag_type name = 1, version = 2;
}
namespace resource_fields {
constexpr protozero::pbf_tag_type attributes = 1;
}
namespace span_fields {
constexpr protozero::pbf_tag_type trace_id = 1, span_id = 2, trace_state = 3, parent_span_id = 4, name = 5, kind = 6,
                                  start = 7, end = 8, attributes = 9, links = 13, dropped_links = 14, status = 15,
                                  flags = 16;
}
namespace link_fields {
constexpr protozero::pbf_tag_type trace_id = 1, span_id = 2, trace_state = 3, flags = 6;
}
namespace status_fields {
constexpr protozero::pbf_tag_type message = 2, code = 3;
constexpr std::int32_t error = 2;
}  // namespace status_fields
namespace key_value {
constexpr protozero::pbf_tag_type key = 1, value = 2;
}
namespace any_value {
constexpr protozero::pbf_tag_type text = 1, flag = 2, number = 3;
}
namespace response {
constexpr protozero::pbf_tag_type partial_success = 1, rejected_spans = 1, error_message = 2;
}

// Span.flags and Link.flags, beside those of the W3C.
constexpr std::uint32_t knows_if_remote = 0x100, is_remote = 0x200;

template <std::size_t Size>
protozero::data_view view_of(const std::array<std::byte, Size>& id) {
  return {reinterpret_cast<const char*>(id.data()), id.size()};
}

protozero::data_view view_of(std::string_view text) { return {text.data(), text.size()}; }

/// protobuf's strings are UTF-8, or the whole request is refused.
std::string told(std::string_view text) {
  if (is_utf8(text) && text.size() <= attribute_bytes_max) return std::string(text);
  const auto most = attribute_bytes_max - ellipsis.size();
  auto shown = text.substr(0, most);
  // Not in the middle of a character.
  while (text.size() > most && !shown.empty() && (static_cast<unsigned char>(text[shown.size()]) & 0xc0U) == 0x80) {
    shown.remove_suffix(1);
  }
  auto out = is_utf8(shown) ? std::string(shown) : escaped(shown, most / 4);  // \xNN of each byte at worst
  if (text.size() > attribute_bytes_max && !out.ends_with(ellipsis)) out += ellipsis;
  return out;
}

void add_attribute(Writer& to, protozero::pbf_tag_type field, const Attribute& attribute) {
  Writer pair(to, field);
  pair.add_string(key_value::key, view_of(attribute.key));
  Writer value(pair, key_value::value);
  if (const auto* text = std::get_if<std::string>(&attribute.value)) {
    value.add_string(any_value::text, told(*text));
  } else if (const auto* number = std::get_if<std::int64_t>(&attribute.value)) {
    value.add_int64(any_value::number, *number);
  } else {
    value.add_bool(any_value::flag, std::get<bool>(attribute.value));
  }
}

void add_link(Writer& to, const SpanContext& link) {
  Writer out(to, span_fields::links);
  out.add_bytes(link_fields::trace_id, view_of(link.trace.bytes));
  out.add_bytes(link_fields::span_id, view_of(link.span.bytes));
  if (!link.state.empty()) out.add_string(link_fields::trace_state, link.state);
  out.add_fixed32(link_fields::flags, link.flags | knows_if_remote | is_remote);
}

}  // namespace

std::string encode_span(const Span& span) {
  std::string bytes;
  Writer out(bytes);
  out.add_bytes(span_fields::trace_id, view_of(span.context.trace.bytes));
  out.add_bytes(span_fields::span_id, view_of(span.context.span.bytes));
  if (!span.context.state.empty()) out.add_string(span_fields::trace_state, span.context.state);
  if (span.parent != SpanId{}) out.add_bytes(span_fields::parent_span_id, view_of(span.parent.bytes));
  out.add_string(span_fields::name, told(span.name));
  out.add_enum(span_fields::kind, static_cast<std::int32_t>(span.kind));
  out.add_fixed64(span_fields::start, static_cast<std::uint64_t>(span.start));
  out.add_fixed64(span_fields::end, static_cast<std::uint64_t>(std::max(span.start, span.end)));
  for (const auto& attribute : span.attributes) add_attribute(out, span_fields::attributes, attribute);
  for (const auto& link : span.links) add_link(out, link);
  if (span.links_left_out > 0) out.add_uint32(span_fields::dropped_links, span.links_left_out);
  if (span.has_failed) {
    Writer status(out, span_fields::status);
    if (!span.failure.empty()) status.add_string(status_fields::message, told(span.failure));
    status.add_enum(status_fields::code, status_fields::error);
  }
  const auto remote = span.has_remote_parent ? is_remote : 0U;
  out.add_fixed32(span_fields::flags, span.context.flags | knows_if_remote | remote);
  return bytes;
}

std::string encode_resource(const Resource& resource) {
  std::string bytes;
  Writer out(bytes);
  const Attribute attributes[] = {{"service.name", std::string("millrace")},
                                  {"service.version", resource.service_version},
                                  {"service.instance.id", resource.instance_id}};
  for (const auto& attribute : attributes) add_attribute(out, resource_fields::attributes, attribute);
  return bytes;
}

std::string encode_request(std::string_view resource, std::string_view version, std::span<const std::string> spans) {
  std::string bytes;
  Writer out(bytes);
  Writer of_resource(out, request::resource_spans);
  of_resource.add_message(resource_spans::resource, view_of(resource));
  Writer of_scope(of_resource, resource_spans::scope_spans);
  {
    Writer scope(of_scope, scope_spans::scope);
    scope.add_string(scope_fields::name, "millrace");
    scope.add_string(scope_fields::version, view_of(version));
  }
  for (const auto& span : spans) of_scope.add_message(scope_spans::spans, span);
  of_scope.commit();
  of_resource.commit();
  return bytes;
}

std::optional<PartialSuccess> read_response(std::string_view body) {
  PartialSuccess partial;
  try {
    protozero::pbf_reader reader(body.data(), body.size());
    while (reader.next()) {
      if (reader.tag() != response::partial_success ||
          reader.wire_type() != protozero::pbf_wire_type::length_delimited) {
        reader.skip();
        continue;
      }
      auto inner = reader.get_message();
      while (inner.next()) {
        if (inner.tag() == response::rejected_spans && inner.wire_type() == protozero::pbf_wire_type::varint) {
          partial.rejected_spans = inner.get_int64();
        } else if (inner.tag() == response::error_message &&
                   inner.wire_type() == protozero::pbf_wire_type::length_delimited) {
          partial.message = inner.get_string();
        } else {
          inner.skip();
        }
      }
    }
  } catch (const protozero::exception&) {
    return std::nullopt;
  }
  return partial;
}

}  // namespace millrace::tracing
