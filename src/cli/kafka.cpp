#include "kafka.hpp"

#include <array>
#include <charconv>
#include <chrono>

#include "millrace/core/escaped.hpp"

namespace millrace::cli::kafka {

namespace {

constexpr auto patience = std::chrono::seconds(15);
constexpr int step_ms = 250, answer_ms = 5'000;

void note(rd_kafka_t*, int code, const char* reason, void* opaque) {
  auto& watch = *static_cast<Watch*>(opaque);
  watch.unreachable = watch.unreachable || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
  watch.fatal = watch.fatal || code == RD_KAFKA_RESP_ERR__FATAL;
  if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || watch.why.empty()) watch.why = escaped(reason);
}

void pass_on(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  const auto& watch = *static_cast<Watch*>(opaque);
  if (watch.delivered != nullptr) watch.delivered(*message, watch.to);
}

void say_nothing(const rd_kafka_t*, int, const char*, const char*) {}

std::string text_of(rd_kafka_resp_err_t code) { return rd_kafka_err2str(code); }

/// The topic's metadata, or what came instead of it.
Result<std::int32_t> count_in(const rd_kafka_metadata_t& told, const std::string& topic) {
  for (int i = 0; i < told.topic_cnt; ++i) {
    const auto& each = told.topics[i];
    if (topic != each.topic) continue;
    if (each.err == RD_KAFKA_RESP_ERR_NO_ERROR) return each.partition_cnt;
    if (each.err == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION) {
      return failure(Errc::invalid, "\"" + escaped(topic) + "\" cannot be the name of a topic");
    }
    if (each.err != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
      return failure(Errc::invalid, "topic " + escaped(topic) + ": " + text_of(each.err));
    }
  }
  return failure(Errc::not_found, "topic " + escaped(topic) + " does not exist");
}

}  // namespace

Result<Client> make_client(rd_kafka_type_t type, const std::string& bootstrap, const Settings& settings, Watch& watch) {
  auto* configuration = rd_kafka_conf_new();
  Settings all{{"bootstrap.servers", bootstrap},
               {"client.id", "millrace"},
               {"allow.auto.create.topics", "false"},
               {"socket.connection.setup.timeout.ms", "10000"}};
  all.insert(all.end(), settings.begin(), settings.end());
  std::array<char, 512> reason{};
  for (const auto& [name, value] : all) {
    if (rd_kafka_conf_set(configuration, name.c_str(), value.c_str(), reason.data(), reason.size()) !=
        RD_KAFKA_CONF_OK) {
      rd_kafka_conf_destroy(configuration);
      return failure(Errc::invalid, reason.data());
    }
  }
  rd_kafka_conf_set_opaque(configuration, &watch);
  rd_kafka_conf_set_error_cb(configuration, note);
  rd_kafka_conf_set_log_cb(configuration, say_nothing);
  if (type == RD_KAFKA_PRODUCER) rd_kafka_conf_set_dr_msg_cb(configuration, pass_on);
  auto* client = rd_kafka_new(type, configuration, reason.data(), reason.size());
  if (client == nullptr) {
    rd_kafka_conf_destroy(configuration);
    return failure(Errc::invalid, reason.data());
  }
  return Client(client);
}

Result<std::int32_t> partition_count(rd_kafka_t& client, Watch& watch, const std::string& topic) {
  const Topic handle(rd_kafka_topic_new(&client, topic.c_str(), nullptr));
  if (!handle) return failure(Errc::invalid, "\"" + escaped(topic) + "\" cannot be the name of a topic");
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const rd_kafka_metadata_t* told = nullptr;
    const auto code = rd_kafka_metadata(&client, 0, handle.get(), &told, step_ms);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      auto count = count_in(*told, topic);
      rd_kafka_metadata_destroy(told);
      return count;
    }
    rd_kafka_poll(&client, 0);
    if (watch.unreachable || watch.fatal || std::chrono::steady_clock::now() > until) {
      return tl::unexpected(error_of(RD_KAFKA_RESP_ERR__TRANSPORT, "ask for topic " + escaped(topic), watch));
    }
  }
}

std::optional<std::int64_t> topic_number(rd_kafka_t& client, const std::string& topic, const std::string& name) {
  using Resource = std::unique_ptr<rd_kafka_ConfigResource_t, Destroy<rd_kafka_ConfigResource_destroy>>;
  using Event = std::unique_ptr<rd_kafka_event_t, Destroy<rd_kafka_event_destroy>>;
  const Resource asked(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  const Queue queue(rd_kafka_queue_new(&client));
  rd_kafka_ConfigResource_t* list[] = {asked.get()};
  rd_kafka_DescribeConfigs(&client, list, 1, nullptr, queue.get());
  const Event event(rd_kafka_queue_poll(queue.get(), answer_ms));
  const auto* result = event ? rd_kafka_event_DescribeConfigs_result(event.get()) : nullptr;
  std::size_t count = 0;
  const auto* told = result != nullptr ? rd_kafka_DescribeConfigs_result_resources(result, &count) : nullptr;
  if (count != 1) return std::nullopt;
  const auto* entries = rd_kafka_ConfigResource_configs(told[0], &count);
  for (std::size_t i = 0; i < count; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    if (value == nullptr || name != rd_kafka_ConfigEntry_name(entries[i])) continue;
    std::int64_t number = 0;
    const std::string_view text(value);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
  }
  return std::nullopt;
}

Error error_of(rd_kafka_resp_err_t code, const std::string& doing, const Watch& watch) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
      return {Errc::io, doing + ": no broker answers" + (watch.why.empty() ? "" : ": " + watch.why)};
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: return {Errc::not_found, doing + ": the topic or partition is gone"};
    default: return {Errc::invalid, doing + ": " + text_of(code)};
  }
}

Record record_of(const rd_kafka_message_t& message) {
  const auto bytes = [](const void* from, std::size_t size) {
    return from == nullptr ? std::optional<std::string>() : std::string(static_cast<const char*>(from), size);
  };
  Record record;
  record.topic = rd_kafka_topic_name(message.rkt);
  record.partition = message.partition;
  record.offset = message.offset;
  rd_kafka_timestamp_type_t type{};
  record.timestamp = rd_kafka_message_timestamp(&message, &type);
  record.key = bytes(message.key, message.key_len);
  record.value = bytes(message.payload, message.len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return record;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    record.headers.emplace_back(name, bytes(value, size));
  }
  return record;
}

}  // namespace millrace::cli::kafka
