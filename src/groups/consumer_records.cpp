// Layout: docs/formats/consumer_offsets.md. Writers and readers stand side by side, field by field.

#include "millrace/groups/consumer_records.hpp"

#include "cursor.hpp"
#include "flexible.hpp"

namespace millrace::groups {

namespace {

constexpr std::int16_t only_version = 0;
constexpr std::size_t least_topic_bytes = 18;    // an id, a count, no tags
constexpr std::size_t least_protocol_bytes = 3;  // two lengths, no tags
constexpr std::uint32_t metadata_hash_tag = 0;
constexpr std::uint32_t classic_member_tag = 0;
constexpr std::uint32_t assignment_epochs_tag = 0;

Bytes begun() {
  Bytes out;
  append_be(out, only_version);
  return out;
}

/// Reads what follows the version with `read(in, value)`; tags at its end are the reader's.
template <class T, class Read>
Result<T> decoded(ByteView bytes, std::string_view what, Read&& read) {
  Cursor in(bytes);
  const auto version = in.integer<std::int16_t>();
  if (!in.ok()) return failure(Errc::corrupt, "value of " + std::string(what) + " ends before its version");
  if (version != only_version)
    return failure(Errc::unsupported, "value of " + std::string(what) + " has version " + std::to_string(version) +
                                          ", of which nothing is known here");
  T value;
  read(in, value);
  if (in.at_end()) return value;
  return failure(Errc::corrupt,
                 "value of " + std::string(what) + (in.ok() ? " has bytes left over" : " ends too early or is wrong"));
}

void put_texts(Bytes& to, const std::vector<std::string>& texts) {
  put_count(to, texts.size());
  for (const std::string& text : texts) put_compact(to, std::string_view(text));
}

std::vector<std::string> texts_of(Cursor& in) {
  std::vector<std::string> texts;
  const std::size_t count = in.compact_count(1);
  for (std::size_t i = 0; i < count && in.ok(); ++i) texts.push_back(in.compact_text());
  return texts;
}

void put_assigned(Bytes& to, const EpochAssignment& assigned) {
  put_count(to, assigned.size());
  for (const auto& [topic, partitions] : assigned) {
    put_uuid(to, topic);
    put_count(to, partitions.size());
    for (const auto& [partition, epoch] : partitions) append_be(to, partition);
    Bytes epochs;
    put_count(epochs, partitions.size());
    for (const auto& [partition, epoch] : partitions) append_be(epochs, epoch);
    put_only_tag(to, assignment_epochs_tag, epochs);
  }
}

EpochAssignment assigned_of(Cursor& in, std::int32_t member_epoch) {
  EpochAssignment assigned;
  const std::size_t topics = in.compact_count(least_topic_bytes);
  for (std::size_t i = 0; i < topics && in.ok(); ++i) {
    const Uuid topic = in.uuid();
    std::vector<PartitionIndex> partitions(in.compact_count(sizeof(PartitionIndex)));
    for (PartitionIndex& partition : partitions) partition = in.integer<std::int32_t>();
    std::vector<std::int32_t> epochs;
    in.tags([&](std::uint32_t tag, Cursor& content) {
      if (tag != assignment_epochs_tag) return;
      epochs.resize(content.compact_count(sizeof(std::int32_t)));
      for (std::int32_t& epoch : epochs) epoch = content.integer<std::int32_t>();
    });
    if (!epochs.empty() && epochs.size() != partitions.size()) in.fail();
    if (!in.ok() || partitions.empty()) continue;
    auto& into = assigned[topic];
    for (std::size_t at = 0; at < partitions.size(); ++at)
      into[partitions[at]] = epochs.empty() ? member_epoch : epochs[at];
  }
  return assigned;
}

Bytes bytes_of(const ClassicMember& member) {
  Bytes out;
  append_be(out, member.session_timeout_ms);
  put_count(out, member.protocols.size());
  for (const Protocol& protocol : member.protocols) {
    put_compact(out, std::string_view(protocol.name));
    put_compact(out, ByteView(protocol.metadata));
    put_no_tags(out);
  }
  put_no_tags(out);
  return out;
}

ClassicMember classic_of(Cursor& in) {
  ClassicMember member;
  member.session_timeout_ms = in.integer<std::int32_t>();
  const std::size_t count = in.compact_count(least_protocol_bytes);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    Protocol& protocol = member.protocols.emplace_back();
    protocol.name = in.compact_text();
    protocol.metadata = in.compact_bytes();
    in.skip_tags();
  }
  in.skip_tags();
  return member;
}

}  // namespace

Bytes encode_value(const ConsumerGroupValue& value) {
  Bytes out = begun();
  append_be(out, value.epoch);
  Bytes hash;
  append_be(hash, value.metadata_hash);
  if (value.metadata_hash == 0)
    put_no_tags(out);
  else
    put_only_tag(out, metadata_hash_tag, hash);
  return out;
}

Result<ConsumerGroupValue> decode_consumer_group_value(ByteView bytes) {
  return decoded<ConsumerGroupValue>(bytes, "a consumer group", [](Cursor& in, ConsumerGroupValue& value) {
    value.epoch = in.integer<std::int32_t>();
    in.tags([&](std::uint32_t tag, Cursor& content) {
      if (tag == metadata_hash_tag) value.metadata_hash = content.integer<std::int64_t>();
    });
  });
}

Bytes encode_value(const ConsumerMemberValue& value) {
  Bytes out = begun();
  put_compact(out, value.instance_id);
  put_compact(out, value.rack_id);
  put_compact(out, std::string_view(value.client_id));
  put_compact(out, std::string_view(value.client_host));
  put_texts(out, value.subscribed_topics);
  put_compact(out, value.subscribed_regex);
  append_be(out, value.rebalance_timeout_ms);
  put_compact(out, value.server_assignor);
  if (!value.classic) {
    put_no_tags(out);
    return out;
  }
  // A nullable struct begins with whether it is there.
  Bytes classic{std::byte{1}};
  append_bytes(classic, bytes_of(*value.classic));
  put_only_tag(out, classic_member_tag, classic);
  return out;
}

Result<ConsumerMemberValue> decode_consumer_member_value(ByteView bytes) {
  return decoded<ConsumerMemberValue>(bytes, "a member", [](Cursor& in, ConsumerMemberValue& value) {
    value.instance_id = in.nullable_compact_text();
    value.rack_id = in.nullable_compact_text();
    value.client_id = in.compact_text();
    value.client_host = in.compact_text();
    value.subscribed_topics = texts_of(in);
    value.subscribed_regex = in.nullable_compact_text();
    value.rebalance_timeout_ms = in.integer<std::int32_t>();
    value.server_assignor = in.nullable_compact_text();
    in.tags([&](std::uint32_t tag, Cursor& content) {
      if (tag == classic_member_tag && content.integer<std::int8_t>() >= 0) value.classic = classic_of(content);
    });
  });
}

Bytes encode_value(const TargetEpochValue& value) {
  Bytes out = begun();
  append_be(out, value.epoch);
  put_no_tags(out);
  return out;
}

Result<TargetEpochValue> decode_target_epoch_value(ByteView bytes) {
  return decoded<TargetEpochValue>(bytes, "a target epoch", [](Cursor& in, TargetEpochValue& value) {
    value.epoch = in.integer<std::int32_t>();
    in.skip_tags();
  });
}

Bytes encode_value(const TargetAssignmentValue& value) {
  Bytes out = begun();
  put_count(out, value.partitions.size());
  for (const auto& [topic, partitions] : value.partitions) {
    put_uuid(out, topic);
    put_count(out, partitions.size());
    for (const PartitionIndex partition : partitions) append_be(out, partition);
    put_no_tags(out);
  }
  put_no_tags(out);
  return out;
}

Result<TargetAssignmentValue> decode_target_assignment_value(ByteView bytes) {
  return decoded<TargetAssignmentValue>(bytes, "a target", [](Cursor& in, TargetAssignmentValue& value) {
    value.partitions = without_epochs(assigned_of(in, 0));
    in.skip_tags();
  });
}

Bytes encode_value(const CurrentAssignmentValue& value) {
  Bytes out = begun();
  append_be(out, value.member_epoch);
  append_be(out, value.previous_epoch);
  append_be(out, static_cast<std::int8_t>(value.state));
  put_assigned(out, value.assigned);
  put_assigned(out, value.to_revoke);
  put_no_tags(out);
  return out;
}

Result<CurrentAssignmentValue> decode_current_assignment_value(ByteView bytes) {
  return decoded<CurrentAssignmentValue>(bytes, "an assignment", [](Cursor& in, CurrentAssignmentValue& value) {
    value.member_epoch = in.integer<std::int32_t>();
    value.previous_epoch = in.integer<std::int32_t>();
    const auto state = in.integer<std::int8_t>();
    if (state < 0 || state > static_cast<std::int8_t>(MemberState::unreleased)) in.fail();
    value.state = static_cast<MemberState>(in.ok() ? state : 0);
    value.assigned = assigned_of(in, value.member_epoch);
    value.to_revoke = assigned_of(in, value.member_epoch);
    in.skip_tags();
  });
}

Bytes encode_value(const RegularExpressionValue& value) {
  Bytes out = begun();
  put_texts(out, value.topics);
  append_be(out, value.version);
  append_be(out, value.resolved_at);
  put_no_tags(out);
  return out;
}

Result<RegularExpressionValue> decode_regular_expression_value(ByteView bytes) {
  return decoded<RegularExpressionValue>(bytes, "a regular expression", [](Cursor& in, RegularExpressionValue& value) {
    value.topics = texts_of(in);
    value.version = in.integer<std::int64_t>();
    value.resolved_at = in.integer<std::int64_t>();
    in.skip_tags();
  });
}

}  // namespace millrace::groups
