// Layout: docs/formats/consumer_offsets.md. Writers and readers stand side by side, field by field.

#include "millrace/groups/group_records.hpp"

#include <limits>

#include "cursor.hpp"
#include "millrace/core/check.hpp"

namespace millrace::groups {

namespace {

constexpr std::int16_t oldest_offset_key = 0;  // versions 0 and 1 are the same bytes
constexpr std::int16_t offset_key = 1;
constexpr std::int16_t group_key = 2;
// Of consumer groups, whose values are in consumer_records.cpp.
constexpr std::int16_t consumer_group_key = 3;
constexpr std::int16_t consumer_group_topics_key = 4;
constexpr std::int16_t consumer_member_key = 5;
constexpr std::int16_t target_epoch_key = 6;
constexpr std::int16_t target_assignment_key = 7;
constexpr std::int16_t current_assignment_key = 8;
constexpr std::int16_t regular_expression_key = 16;
constexpr std::int16_t newest_value = 3;
constexpr std::int16_t value_with_expiry = 1;
constexpr std::size_t least_member_bytes =
    18;  // version 0, everything empty: three texts, a number, two arrays of bytes

void put_text(Bytes& to, std::string_view text) {
  CHECK(text.size() <= std::numeric_limits<std::int16_t>::max(), "texts are bounded where they come in");
  append_be(to, static_cast<std::int16_t>(text.size()));
  append_bytes(to, as_bytes(text));
}

void put_nullable_text(Bytes& to, const std::optional<std::string>& text) {
  if (text)
    put_text(to, *text);
  else
    append_be(to, std::int16_t{-1});
}

void put_bytes(Bytes& to, const Bytes& bytes) {
  append_be(to, static_cast<std::int32_t>(bytes.size()));
  append_bytes(to, bytes);
}

template <class T>
Result<T> complete(const Cursor& in, T value, std::string_view what) {
  if (in.at_end()) return value;
  return failure(Errc::corrupt, std::string(what) + (in.ok() ? " has bytes left over" : " ends too early"));
}

Failure unknown_version(std::string_view what, std::int16_t version) {
  return failure(Errc::unsupported,
                 std::string(what) + " has version " + std::to_string(version) + ", of which nothing is known here");
}

GroupValue::Member member_of(Cursor& in, std::int16_t version) {
  GroupValue::Member member;
  member.member_id = in.text();
  if (version >= 3) member.group_instance_id = in.nullable_text();
  member.client_id = in.text();
  member.client_host = in.text();
  if (version >= 1) member.rebalance_timeout_ms = in.integer<std::int32_t>();
  member.session_timeout_ms = in.integer<std::int32_t>();
  member.subscription = in.bytes();
  member.assignment = in.bytes();
  return member;
}

}  // namespace

Bytes encode_key(const OffsetKey& key) {
  Bytes out;
  append_be(out, offset_key);
  put_text(out, key.group);
  put_text(out, key.topic);
  append_be(out, key.partition);
  return out;
}

Bytes encode_key(const GroupKey& key) {
  Bytes out;
  append_be(out, group_key);
  put_text(out, key.group);
  return out;
}

namespace {

Bytes key_of(std::int16_t version, std::string_view group) {
  Bytes out;
  append_be(out, version);
  put_text(out, group);
  return out;
}

Bytes key_of(std::int16_t version, std::string_view group, std::string_view second) {
  Bytes out = key_of(version, group);
  put_text(out, second);
  return out;
}

}  // namespace

Bytes encode_key(const ConsumerGroupKey& key) { return key_of(consumer_group_key, key.group); }
Bytes encode_key(const ConsumerMemberKey& key) { return key_of(consumer_member_key, key.group, key.member_id); }
Bytes encode_key(const TargetEpochKey& key) { return key_of(target_epoch_key, key.group); }
Bytes encode_key(const TargetAssignmentKey& key) { return key_of(target_assignment_key, key.group, key.member_id); }
Bytes encode_key(const CurrentAssignmentKey& key) { return key_of(current_assignment_key, key.group, key.member_id); }
Bytes encode_key(const RegularExpressionKey& key) { return key_of(regular_expression_key, key.group, key.expression); }

Result<AnyKey> decode_key(ByteView bytes) {
  Cursor in(bytes);
  const auto version = in.integer<std::int16_t>();
  if (!in.ok()) return failure(Errc::corrupt, "key ends before its version");
  if (version >= oldest_offset_key && version <= offset_key) {
    OffsetKey key;
    key.group = in.text();
    key.topic = in.text();
    key.partition = in.integer<std::int32_t>();
    return complete<AnyKey>(in, std::move(key), "key of an offset");
  }
  std::string group = in.text();
  switch (version) {
    case group_key: return complete<AnyKey>(in, GroupKey{std::move(group)}, "key of a group");
    case consumer_group_key: return complete<AnyKey>(in, ConsumerGroupKey{std::move(group)}, "key of a consumer group");
    case consumer_group_topics_key:
      return complete<AnyKey>(in, ConsumerGroupTopicsKey{std::move(group)}, "key of a consumer group's topics");
    case target_epoch_key: return complete<AnyKey>(in, TargetEpochKey{std::move(group)}, "key of a target epoch");
    default: break;
  }
  if (version != consumer_member_key && version != target_assignment_key && version != current_assignment_key &&
      version != regular_expression_key)
    return unknown_version("key", version);
  std::string second = in.text();
  switch (version) {
    case consumer_member_key:
      return complete<AnyKey>(in, ConsumerMemberKey{std::move(group), std::move(second)}, "key of a member");
    case target_assignment_key:
      return complete<AnyKey>(in, TargetAssignmentKey{std::move(group), std::move(second)}, "key of a target");
    case current_assignment_key:
      return complete<AnyKey>(in, CurrentAssignmentKey{std::move(group), std::move(second)}, "key of an assignment");
    default:
      return complete<AnyKey>(in, RegularExpressionKey{std::move(group), std::move(second)},
                              "key of a regular expression");
  }
}

Bytes encode_value(const OffsetValue& value) {
  const bool expires = value.expire_timestamp != no_timestamp;
  Bytes out;
  append_be(out, expires ? value_with_expiry : newest_value);
  append_be(out, value.offset.value());
  if (!expires) append_be(out, value.leader_epoch);
  put_text(out, value.metadata);
  append_be(out, value.commit_timestamp);
  if (expires) append_be(out, value.expire_timestamp);
  return out;
}

Result<OffsetValue> decode_offset_value(ByteView bytes) {
  Cursor in(bytes);
  const auto version = in.integer<std::int16_t>();
  if (!in.ok()) return failure(Errc::corrupt, "value of an offset ends before its version");
  if (version < 0 || version > newest_value) return unknown_version("value of an offset", version);
  OffsetValue value;
  value.offset = Offset(in.integer<std::int64_t>());
  if (version >= 3) value.leader_epoch = in.integer<std::int32_t>();
  value.metadata = in.text();
  value.commit_timestamp = in.integer<std::int64_t>();
  if (version == value_with_expiry) value.expire_timestamp = in.integer<std::int64_t>();
  return complete(in, std::move(value), "value of an offset");
}

Bytes encode_value(const GroupValue& value) {
  Bytes out;
  append_be(out, newest_value);
  put_text(out, value.protocol_type);
  append_be(out, value.generation);
  put_nullable_text(out, value.protocol);
  put_nullable_text(out, value.leader);
  append_be(out, value.current_state_timestamp);
  append_be(out, static_cast<std::int32_t>(value.members.size()));
  for (const GroupValue::Member& member : value.members) {
    put_text(out, member.member_id);
    put_nullable_text(out, member.group_instance_id);
    put_text(out, member.client_id);
    put_text(out, member.client_host);
    append_be(out, member.rebalance_timeout_ms);
    append_be(out, member.session_timeout_ms);
    put_bytes(out, member.subscription);
    put_bytes(out, member.assignment);
  }
  return out;
}

Result<GroupValue> decode_group_value(ByteView bytes) {
  Cursor in(bytes);
  const auto version = in.integer<std::int16_t>();
  if (!in.ok()) return failure(Errc::corrupt, "value of a group ends before its version");
  if (version < 0 || version > newest_value) return unknown_version("value of a group", version);
  GroupValue value;
  value.protocol_type = in.text();
  value.generation = in.integer<std::int32_t>();
  value.protocol = in.nullable_text();
  value.leader = in.nullable_text();
  if (version >= 2) value.current_state_timestamp = in.integer<std::int64_t>();
  const std::size_t count = in.count(least_member_bytes);
  for (std::size_t i = 0; i < count && in.ok(); ++i) value.members.push_back(member_of(in, version));
  return complete(in, std::move(value), "value of a group");
}

}  // namespace millrace::groups
