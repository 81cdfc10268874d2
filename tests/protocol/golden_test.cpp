// Bytes of real clients and of Apache Kafka, against being consistently wrong (golden/README.md says how each was
// recorded). Every exchange is decoded, compared with what the client was asked to do, and encoded to the same bytes.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <ostream>
#include <set>

#include "every_message.hpp"
#include "hex.hpp"
#include "millrace/protocol/apis.hpp"
#include "millrace/protocol/codec.hpp"

namespace millrace::protocol::testing {
namespace {

namespace fs = std::filesystem;

struct Exchange {
  std::string name;
  std::string client;
  Bytes request;
  Bytes response;
};

std::ostream& operator<<(std::ostream& out, const Exchange& exchange) { return out << exchange.name; }

Exchange read_exchange(const fs::path& path) {
  Exchange exchange;
  exchange.name = path.stem().string();
  exchange.client = exchange.name.substr(exchange.name.rfind('_') + 1);
  std::ifstream in(path);
  std::map<std::string, std::string> parts;
  std::string part;
  for (std::string line; std::getline(in, line);) {
    if (line == "request" || line == "response") {
      part = line;
    } else {
      parts[part] += line;
    }
  }
  exchange.request = from_hex(parts["request"]);
  exchange.response = from_hex(parts["response"]);
  return exchange;
}

std::vector<Exchange> all_exchanges() {
  std::set<fs::path> files;
  for (const auto& entry : fs::directory_iterator(MILLRACE_GOLDEN)) {
    if (entry.path().extension() == ".hex") files.insert(entry.path());
  }
  std::vector<Exchange> exchanges;
  for (const auto& file : files) exchanges.push_back(read_exchange(file));
  return exchanges;
}

class Golden : public ::testing::TestWithParam<Exchange> {};

std::string name_of_case(const ::testing::TestParamInfo<Exchange>& info) {
  auto name = info.param.name;
  for (auto& character : name) {
    if (character == '-' || character == '.') character = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Recorded, Golden, ::testing::ValuesIn(all_exchanges()), name_of_case);

// librdkafka 2.0.2 ends some flexible requests with a second, empty tag section; Kafka and we tolerate it.
bool is_what_the_client_sent(const std::string& client, const Bytes& again, ByteView body) {
  auto hex = to_hex(again);
  if (client.starts_with("librdkafka") && again.size() + 1 == body.size()) hex += "00";
  return hex == to_hex(body);
}

TEST_P(Golden, RequestIsReadWholeAndWrittenAgain) {
  auto bytes = GetParam().request;
  const auto frame = read_request(bytes);
  ASSERT_TRUE(frame.has_value()) << frame.error().message;
  const auto& header = frame->header;
  EXPECT_TRUE(header.client_id.starts_with("golden-")) << header.client_id;
  const auto request = subject_of(header.api_key, header.api_version, true).decoded(frame->body);
  ASSERT_TRUE(request.has_value()) << request.error().message;
  EXPECT_TRUE(is_what_the_client_sent(GetParam().client, request->again, frame->body))
      << request->text << "sent    " << to_hex(frame->body) << "\nwritten " << to_hex(request->again);
}

TEST_P(Golden, ResponseIsReadWholeAndWrittenAgain) {
  auto bytes = GetParam().response;
  auto request = GetParam().request;
  const auto asked = read_request(request)->header;
  const auto& subject = subject_of(asked.api_key, asked.api_version, false);
  Reader header(bytes, asked.api_version, subject.flexible && asked.api_key != api_versions_key);
  std::int32_t correlation_id = 0;
  header.field("correlation_id", correlation_id);
  header.tags();
  EXPECT_EQ(correlation_id, asked.correlation_id);
  const auto response = subject.decoded(header.rest());
  ASSERT_TRUE(response.has_value()) << response.error().message;
  EXPECT_EQ(to_hex(response->again), to_hex(header.rest())) << response->text;
}

// What the recorded client was asked to do, by request; each line must occur in the printed message.
const std::map<std::int16_t, std::vector<std::string>>& asked_for() {
  static const std::map<std::int16_t, std::vector<std::string>> lines{
      {0, {"acks=-1\n", "name=\"golden-topic\"\n", "index=1\n", "value-"}},
      {1, {"replica_id=-1\n", "topic=\"golden-topic\"\n", "max_bytes=52428800\n"}},
      {2, {"replica_id=-1\n", "name=\"golden-topic\"\n", "partition_index=1\n"}},
      {8,
       {"group_id=\"golden-topic-group\"\n", "name=\"golden-topic\"\n", "partition_index=1\n", "committed_offset=3\n"}},
      {9, {"group_id=\"golden-topic-group\"\n"}},
      {10, {"\"golden-topic-group\""}},
      {11, {"group_id=\"golden-topic-group\"\n", "protocol_type=\"consumer\"\n", "name=\"range\"\n"}},
      {12, {"group_id=\"golden-topic-group\"\n"}},
      {13, {"group_id=\"golden-topic-group\"\n"}},
      {14, {"group_id=\"golden-topic-group\"\n"}},
      {15, {"\"golden-topic-group\""}},
      {19, {"name=\"golden-topic\"\n", "num_partitions=2\n", "name=\"retention.ms\"\n", "value=\"86400000\"\n"}},
      {20, {"\"golden-topic\""}},
      {21, {"name=\"golden-topic\"\n", "partition_index=1\n", "offset=2\n"}},
      {22, {"transactional_id=null\n"}},
      {32, {"resource_type=2\n", "resource_name=\"golden-topic\"\n"}}};
  return lines;
}

// What Apache Kafka answered: facts of the same run.
const std::map<std::int16_t, std::vector<std::string>>& answered_with() {
  static const std::map<std::int16_t, std::vector<std::string>> lines{
      {0, {"name=\"golden-topic\"\n", "index=1\n", "error_code=0\n", "log_append_time_ms=-1\n"}},
      {1, {"topic=\"golden-topic\"\n", "error_code=0\n", "value-"}},
      {2, {"name=\"golden-topic\"\n", "error_code=0\n"}},
      {3, {"host=\"127.0.0.1\"\n", "port=19492\n"}},
      {8, {"name=\"golden-topic\"\n", "partition_index=1\n", "error_code=0\n"}},
      {9, {"name=\"golden-topic\"\n", "error_code=0\n"}},
      {10, {"error_code=0\n", "host=\"127.0.0.1\"\n", "port=19492\n"}},
      {11, {"error_code=0\n", "generation_id=", "members=[{\n"}},
      {12, {"error_code=0\n"}},
      {13, {"error_code=0\n"}},
      {14, {"error_code=0\n", "golden-topic"}},
      {15, {"error_code=0\n", "group_id=\"golden-topic-group\"\n", "protocol_type=\"consumer\"\n"}},
      {16, {"error_code=0\n", "group_id=\"golden-topic-group\"\n", "protocol_type=\"consumer\"\n"}},
      {18, {"error_code=0\n", "api_key=18\nmin_version=0\n"}},
      {19, {"name=\"golden-topic\"\n", "error_code=0\n"}},
      {20, {"\"golden-topic\"", "error_code=0\n"}},
      {21, {"name=\"golden-topic\"\n", "low_watermark=2\n", "error_code=0\n"}},
      {22, {"error_code=0\n", "producer_epoch=0\n"}},
      {32, {"error_code=0\n", "name=\"retention.ms\"\nvalue=\"86400000\"\n"}}};
  return lines;
}

// From these versions on topics go by an id that Kafka drew.
bool goes_by_id(const RequestHeader& header) {
  return (header.api_key == 0 && header.api_version >= 13) || (header.api_key == 1 && header.api_version >= 13);
}

std::vector<std::string> facts(std::vector<std::string> lines, const RequestHeader& header) {
  for (auto& line : lines) {
    if (goes_by_id(header) && line.ends_with("=\"golden-topic\"\n")) line = "topic_id=";
  }
  // A consumer is no replica, and since Fetch 15 only replicas say which one they are.
  if (header.api_key == 1 && header.api_version >= 15) std::erase(lines, "replica_id=-1\n");
  return lines;
}

void expect_lines(const std::vector<std::string>& lines, const std::string& text) {
  for (const auto& line : lines) EXPECT_NE(text.find(line), std::string::npos) << line << "is missing in\n" << text;
}

TEST_P(Golden, SaysWhatTheClientWasAskedToDo) {
  auto bytes = GetParam().request;
  const auto frame = read_request(bytes);
  const auto request = subject_of(frame->header.api_key, frame->header.api_version, true).decoded(frame->body);
  const auto known = asked_for().find(frame->header.api_key);
  if (known != asked_for().end()) expect_lines(facts(known->second, frame->header), request->text);

  auto answer = GetParam().response;
  const auto& subject = subject_of(frame->header.api_key, frame->header.api_version, false);
  const std::size_t header_bytes = subject.flexible && frame->header.api_key != api_versions_key ? 5 : 4;
  const auto response = subject.decoded(MutableBytes(answer).subspan(header_bytes));
  ASSERT_TRUE(response.has_value()) << response.error().message;
  expect_lines(facts(answered_with().at(frame->header.api_key), frame->header), response->text);

  // The others asked before they had committed, or cannot commit a text.
  if (!GetParam().client.starts_with("java")) return;
  if (frame->header.api_key == 8) expect_lines({"committed_metadata=\"three read\"\n"}, request->text);
  if (frame->header.api_key == 9) expect_lines({"committed_offset=3\n", "metadata=\"three read\"\n"}, response->text);
}

}  // namespace
}  // namespace millrace::protocol::testing
