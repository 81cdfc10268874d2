// rdk_produce --broker host:port --topic name [-X key=value]… < records
//
// Produces every record line of stdin (rdk.hpp) and prints for each delivery report, in the order they come,
//   delivered <line> <partition> <offset> <error name or OK>
// Exits with 0 when every record has its report, whatever the report says.

#include <array>
#include <cstdint>
#include <iostream>
#include <string>

#include "rdk.hpp"

namespace millrace::e2e {
namespace {

void report(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  const auto line = reinterpret_cast<std::uintptr_t>(message->_private);
  say("delivered\t" + std::to_string(line) + "\t" + std::to_string(message->partition) + "\t" +
      std::to_string(message->offset) + "\t" +
      (message->err == RD_KAFKA_RESP_ERR_NO_ERROR ? "OK" : rd_kafka_err2name(message->err)));
}

rd_kafka_headers_t* make_headers(const Record& record) {
  rd_kafka_headers_t* out = rd_kafka_headers_new(record.headers.size());
  for (const auto& [name, value] : record.headers) {
    rd_kafka_header_add(out, name.data(), static_cast<ssize_t>(name.size()), value ? value->data() : nullptr,
                        value ? static_cast<ssize_t>(value->size()) : 0);
  }
  return out;
}

/// One attempt; an empty key or value keeps a non-null pointer, else it would be null.
rd_kafka_resp_err_t try_send(rd_kafka_t* client, const std::string& topic, Record& record, std::uintptr_t line) {
  std::array<rd_kafka_vu_t, 8> fields{};
  fields[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  fields[0].u.cstr = topic.c_str();
  fields[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  fields[1].u.i32 = record.partition;
  fields[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  fields[2].u.i = RD_KAFKA_MSG_F_COPY;
  fields[3].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
  fields[3].u.i64 = record.timestamp_ms;
  fields[4].vtype = RD_KAFKA_VTYPE_KEY;
  if (record.key) fields[4].u.mem = {.ptr = record.key->data(), .size = record.key->size()};
  fields[5].vtype = RD_KAFKA_VTYPE_VALUE;
  if (record.value) fields[5].u.mem = {.ptr = record.value->data(), .size = record.value->size()};
  fields[6].vtype = RD_KAFKA_VTYPE_OPAQUE;
  fields[6].u.ptr = reinterpret_cast<void*>(line);

  rd_kafka_headers_t* headers = make_headers(record);
  fields[7].vtype = RD_KAFKA_VTYPE_HEADERS;
  fields[7].u.headers = headers;
  rd_kafka_error_t* error = rd_kafka_produceva(client, fields.data(), fields.size());
  if (error == nullptr) return RD_KAFKA_RESP_ERR_NO_ERROR;
  const auto code = rd_kafka_error_code(error);
  rd_kafka_error_destroy(error);
  rd_kafka_headers_destroy(headers);  // the client takes them over only if it takes the record
  return code;
}

/// Hands one record to the client, serving delivery reports while its queue is full.
void send(rd_kafka_t* client, const std::string& topic, Record record, std::uintptr_t line) {
  while (true) {
    const auto error = try_send(client, topic, record, line);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return;
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      say("delivered\t" + std::to_string(line) + "\t-1\t-1\t" + rd_kafka_err2name(error));
      return;
    }
    rd_kafka_poll(client, 100);
  }
}

int run(const Arguments& arguments) {
  rd_kafka_conf_t* configuration = make_configuration(arguments);
  rd_kafka_conf_set_dr_msg_cb(configuration, report);
  const Client client = make_client(RD_KAFKA_PRODUCER, configuration);
  const std::string topic = arguments.text("topic");
  std::string line;
  for (std::uintptr_t number = 0; std::getline(std::cin, line); ++number) {
    send(client.get(), topic, parse_record(line), number);
    rd_kafka_poll(client.get(), 0);
  }
  const auto timeout_ms = static_cast<int>(arguments.number("timeout-ms", 60'000));
  if (rd_kafka_flush(client.get(), timeout_ms) != RD_KAFKA_RESP_ERR_NO_ERROR) fail("records without a report");
  return 0;
}

}  // namespace
}  // namespace millrace::e2e

int main(int argc, char** argv) { return millrace::e2e::run(millrace::e2e::parse_arguments(argc, argv)); }
