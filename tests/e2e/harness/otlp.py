"""What OTLP calls its fields, for protobuf's own decoder.

Debian has no package of the official definitions. Those here have the same numbers and types, and know every field that
the broker may send. tests/interop/otlp decodes the same with the official ones.
"""

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

FIELD = descriptor_pb2.FieldDescriptorProto
# message: (number, name, type or message, repeated)
MESSAGES = {
    "AnyValue": [(1, "string_value", "STRING"), (2, "bool_value", "BOOL"), (3, "int_value", "INT64")],
    "KeyValue": [(1, "key", "STRING"), (2, "value", "AnyValue")],
    "Resource": [(1, "attributes", "KeyValue", True)],
    "InstrumentationScope": [(1, "name", "STRING"), (2, "version", "STRING")],
    "Link": [(1, "trace_id", "BYTES"), (2, "span_id", "BYTES"), (3, "trace_state", "STRING"), (6, "flags", "FIXED32")],
    "Status": [(2, "message", "STRING"), (3, "code", "INT32")],
    "Span": [(1, "trace_id", "BYTES"), (2, "span_id", "BYTES"), (3, "trace_state", "STRING"), (4, "parent_span_id", "BYTES"),
             (5, "name", "STRING"), (6, "kind", "INT32"), (7, "start_time_unix_nano", "FIXED64"),
             (8, "end_time_unix_nano", "FIXED64"), (9, "attributes", "KeyValue", True), (13, "links", "Link", True),
             (14, "dropped_links_count", "UINT32"), (15, "status", "Status"), (16, "flags", "FIXED32")],
    "ScopeSpans": [(1, "scope", "InstrumentationScope"), (2, "spans", "Span", True)],
    "ResourceSpans": [(1, "resource", "Resource"), (2, "scope_spans", "ScopeSpans", True)],
    "ExportTraceServiceRequest": [(1, "resource_spans", "ResourceSpans", True)],
}


def definitions():
    file = descriptor_pb2.FileDescriptorProto(name="otlp.proto", package="otlp", syntax="proto3")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        if name == "AnyValue":
            message.oneof_decl.add(name="value")
        for number, field, kind, *repeated in fields:
            into = message.field.add(name=field, number=number)
            into.label = FIELD.LABEL_REPEATED if repeated else FIELD.LABEL_OPTIONAL
            if name == "AnyValue":
                into.oneof_index = 0
            if kind in MESSAGES:
                into.type, into.type_name = FIELD.TYPE_MESSAGE, f".otlp.{kind}"
            else:
                into.type = getattr(FIELD, f"TYPE_{kind}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName("otlp.ExportTraceServiceRequest"))


REQUEST = definitions()


def unknown_fields(message):
    """Names of the messages that have fields which are not in the definitions, below this one too."""
    found = [message.DESCRIPTOR.name] if len(message.UnknownFields()) else []
    for field, value in message.ListFields():
        if field.type == FIELD.TYPE_MESSAGE:
            for each in value if field.label == FIELD.LABEL_REPEATED else [value]:
                found += unknown_fields(each)
    return found


def decode(body):
    request = REQUEST.FromString(body)
    assert not unknown_fields(request), unknown_fields(request)
    return request
