// rdk_consume --broker host:port --topic name --start WHERE --count N [--partition P] [-X key=value]…
//
// WHERE is earliest, latest, an offset, or time:<ms since 1970>. Prints `assigned` once the position is known, then
// each record (rdk.hpp), and stops after N records or `--timeout-ms` without one. With --count 0 it stops at the end
// of the partition.

#include <string>

#include "rdk.hpp"

namespace millrace::e2e {
namespace {

constexpr int call_timeout_ms = 30'000;

void check(rd_kafka_resp_err_t error, const std::string& what) {
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) fail(what + ": " + rd_kafka_err2str(error));
}

std::int64_t offset_of(rd_kafka_t* client, const std::string& topic, std::int32_t partition, const std::string& where) {
  if (where.starts_with("time:")) {
    const Partitions asked(rd_kafka_topic_partition_list_new(1));
    auto* entry = rd_kafka_topic_partition_list_add(asked.get(), topic.c_str(), partition);
    entry->offset = std::stoll(where.substr(5));
    check(rd_kafka_offsets_for_times(client, asked.get(), call_timeout_ms), "offsets_for_times");
    check(entry->err, "offsets_for_times");
    return entry->offset;
  }
  if (where != "earliest" && where != "latest") return std::stoll(where);
  std::int64_t low = 0;
  std::int64_t high = 0;
  check(rd_kafka_query_watermark_offsets(client, topic.c_str(), partition, &low, &high, call_timeout_ms), "watermarks");
  return where == "earliest" ? low : high;
}

int run(const Arguments& arguments) {
  rd_kafka_conf_t* configuration = make_configuration(arguments);
  set(configuration, "group.id", "rdk_consume");
  set(configuration, "enable.auto.commit", "false");
  set(configuration, "enable.partition.eof", "true");
  set(configuration, "auto.offset.reset", "error");
  const Client client = make_client(RD_KAFKA_CONSUMER, configuration);
  rd_kafka_poll_set_consumer(client.get());
  const std::string topic = arguments.text("topic");
  const auto partition = static_cast<std::int32_t>(arguments.number("partition", 0));
  const Partitions assigned(rd_kafka_topic_partition_list_new(1));
  const auto start = offset_of(client.get(), topic, partition, arguments.text("start"));
  rd_kafka_topic_partition_list_add(assigned.get(), topic.c_str(), partition)->offset = start;
  check(rd_kafka_assign(client.get(), assigned.get()), "assign");
  say("assigned\t" + std::to_string(start));

  const auto count = arguments.number("count");
  const auto timeout_ms = static_cast<int>(arguments.number("timeout-ms", 30'000));
  std::int64_t seen = 0;
  while (count == 0 || seen < count) {
    const Message message(rd_kafka_consumer_poll(client.get(), timeout_ms));
    if (message == nullptr) fail("nothing came; " + std::to_string(seen) + " records so far");
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      if (count == 0) break;
      continue;
    }
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      say(std::string("error\t") + rd_kafka_err2name(message->err));
      return 2;
    }
    print_record(*message);
    ++seen;
  }
  check(rd_kafka_consumer_close(client.get()), "close");
  return 0;
}

}  // namespace
}  // namespace millrace::e2e

int main(int argc, char** argv) { return millrace::e2e::run(millrace::e2e::parse_arguments(argc, argv)); }
