#include "stored_log.hpp"

#include <algorithm>

#include "millrace/core/escaped.hpp"
#include "millrace/core/limits.hpp"
#include "millrace/record/record.hpp"
#include "record_views.hpp"
#include "times.hpp"

namespace millrace::cli {

namespace {

constexpr std::size_t shown_bytes_max = 64 * limits::KiB;
constexpr std::int64_t batch_size_max = std::int64_t{1} << 30;

std::optional<std::string> text_of(const std::optional<Bytes>& bytes) {
  return bytes ? std::optional(std::string(as_text(*bytes))) : std::nullopt;
}

Json when(Timestamp ms) { return ms < 0 ? Json() : Json(time_text(ms)); }

std::string codec_name(int id) {
  constexpr std::string_view names[] = {"none", "gzip", "snappy", "lz4", "zstd"};
  return id < 5 ? std::string(names[id]) : std::to_string(id);
}

Json json_of(const record::BatchHeader& header, std::uint64_t position) {
  Json batch{{"position", position},
             {"bytes", header.size()},
             {"base_offset", header.base_offset.value()},
             {"last_offset", header.last_offset().value()},
             {"records", header.record_count},
             {"max_timestamp", when(header.max_timestamp)},
             {"codec", codec_name(header.codec_id())},
             {"leader_epoch", header.leader_epoch}};
  if (header.timestamp_type() == record::TimestampType::log_append_time) batch["log_append_time"] = true;
  if (header.has_producer()) {
    batch["producer_id"] = header.producer_id;
    batch["producer_epoch"] = header.producer_epoch;
    batch["base_sequence"] = header.base_sequence;
  }
  if (header.is_transactional()) batch["transactional"] = true;
  if (header.is_control()) batch["control"] = true;
  if (const auto horizon = header.delete_horizon()) batch["delete_horizon"] = when(*horizon);
  batch["crc"] = header.crc;
  return batch;
}

Record record_of(record::OwnedRecord&& from) {
  Record record;
  record.offset = from.offset.value();
  record.timestamp = from.timestamp;
  record.key = text_of(from.key);
  record.value = text_of(from.value);
  for (const auto& [name, value] : from.headers) record.headers.emplace_back(name, text_of(value));
  return record;
}

Result<void> add_records(ByteView bytes, Json& batch) {
  auto records = record::read_records(bytes);
  if (!records) return failure_of(records);
  auto list = Json::array();
  for (auto& each : *records) {
    auto record = json_of(record_of(std::move(each)));
    record.erase("topic");
    record.erase("partition");
    list.push_back(std::move(record));
  }
  batch["content"] = std::move(list);
  return {};
}

Result<Bytes> read_exactly(const disk::File& file, std::uint64_t position, std::size_t size) {
  Bytes bytes(size);
  const auto got = file.read_at(position, bytes);
  if (!got) return failure_of(got);
  bytes.resize(*got);
  return bytes;
}

/// Are there nothing but zeros from `position` on: blocks that were reserved?
Result<bool> is_unused(const disk::File& file, std::uint64_t position, std::uint64_t end) {
  for (; position < end; position += limits::MiB) {
    const auto bytes = read_exactly(file, position, std::min<std::uint64_t>(limits::MiB, end - position));
    if (!bytes) return failure_of(bytes);
    if (!std::ranges::all_of(*bytes, [](std::byte b) { return b == std::byte{0}; })) return false;
  }
  return true;
}

std::string field_text(const Json& value) {
  if (value.is_string()) return escaped(value.get_ref<const std::string&>(), shown_bytes_max);
  return value.is_null() ? "-" : value.dump();
}

}  // namespace

std::string entry_text(const Json& entry) {
  std::string out;
  for (const auto& [name, value] : entry.items()) {
    if (!value.is_array()) out += (out.empty() ? "" : " ") + name + "=" + field_text(value);
  }
  return out;
}

std::string record_text(const Json& record) {
  std::string out = "offset=" + field_text(record.at("offset"));
  for (const auto* name : {"timestamp", "key", "key_base64", "value", "value_base64"}) {
    const auto found = record.find(name);
    if (found == record.end()) continue;
    const bool is_time = std::string_view(name) == "timestamp" && found->is_number();
    out += " " + std::string(name) + "=" + (is_time ? time_text(found->get<std::int64_t>()) : field_text(*found));
  }
  for (const auto& header : record.at("headers")) {
    const auto value = header.contains("value") ? header.at("value") : header.at("value_base64");
    out += " header." + field_text(header.at("name")) + "=" + field_text(value);
  }
  return out;
}

Result<void> show_batches(const disk::File& file, bool with_records, const Shown& show) {
  const auto size = file.size();
  if (!size) return failure_of(size);
  for (std::uint64_t position = 0; position < *size;) {
    const auto damaged = [position](const std::string& what) {
      return failure(Errc::corrupt, "position " + std::to_string(position) + ": " + what);
    };
    const auto head = read_exactly(file, position, std::min<std::uint64_t>(record::header_bytes, *size - position));
    if (!head) return failure_of(head);
    const auto unused = head->back() == std::byte{0} && head->front() == std::byte{0} ? is_unused(file, position, *size)
                                                                                      : Result<bool>(false);
    if (!unused) return failure_of(unused);
    if (*unused) return {};
    if (head->size() < record::header_bytes) return damaged(std::to_string(head->size()) + " bytes are left");
    const auto told = record::read_header(*head).size();
    const auto left = static_cast<std::int64_t>(*size - position);
    if (told < static_cast<std::int64_t>(record::header_bytes) || told > std::min(left, batch_size_max)) {
      return damaged("a batch of " + std::to_string(told) + " bytes, where " + std::to_string(left) + " are left");
    }
    const auto bytes = read_exactly(file, position, static_cast<std::size_t>(told));
    if (!bytes) return failure_of(bytes);
    const auto header = record::check_stored(*bytes);
    if (!header) return damaged(header.error().message);
    auto batch = json_of(*header, position);
    if (with_records) {
      if (auto added = add_records(*bytes, batch); !added) return damaged(added.error().message);
    }
    if (!show(batch)) return {};
    position += static_cast<std::uint64_t>(told);
  }
  return {};
}

}  // namespace millrace::cli
