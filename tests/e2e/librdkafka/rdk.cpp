#include "rdk.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace millrace::e2e {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

std::string to_hex(const void* data, std::size_t size) {
  if (data == nullptr) return "-";
  const auto* bytes = static_cast<const unsigned char*>(data);
  std::string out;
  out.reserve(size * 2);
  for (std::size_t i = 0; i < size; ++i) {
    out += digits[bytes[i] >> 4U];
    out += digits[bytes[i] & 15U];
  }
  return out;
}

std::optional<std::string> from_hex(const std::string& text) {
  if (text == "-") return std::nullopt;
  if (text.size() % 2 != 0) fail("odd number of hex digits");
  std::string out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto high = digits.find(text[i]);
    const auto low = digits.find(text[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) fail("not a hex digit: " + text.substr(i, 2));
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> out;
  std::size_t from = 0;
  while (true) {
    const auto to = text.find(separator, from);
    out.push_back(text.substr(from, to - from));
    if (to == std::string::npos) return out;
    from = to + 1;
  }
}

std::string header_text(const rd_kafka_message_t& message) {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return "";
  std::string out;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    if (!out.empty()) out += ',';
    out += to_hex(name, std::string_view(name).size()) + "=" + to_hex(value, size);
  }
  return out;
}

}  // namespace

std::string Arguments::text(const std::string& name, std::optional<std::string> fallback) const {
  if (const auto found = named.find(name); found != named.end()) return found->second;
  if (!fallback) fail("--" + name + " is missing");
  return *fallback;
}

std::int64_t Arguments::number(const std::string& name, std::optional<std::int64_t> fallback) const {
  if (const auto found = named.find(name); found != named.end()) return std::stoll(found->second);
  if (!fallback) fail("--" + name + " is missing");
  return *fallback;
}

Arguments parse_arguments(int argc, char** argv) {
  Arguments out;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const std::string value = argv[i + 1];
    if (name == "-X") {
      const auto equals = value.find('=');
      if (equals == std::string::npos) fail("-X wants key=value, not " + value);
      out.properties.emplace_back(value.substr(0, equals), value.substr(equals + 1));
    } else if (name.starts_with("--")) {
      out.named[name.substr(2)] = value;
    } else {
      fail("unknown argument " + name);
    }
  }
  if (argc % 2 == 0) fail(std::string(argv[argc - 1]) + " has no value");
  return out;
}

Record parse_record(const std::string& line) {
  const auto fields = split(line, '\t');
  if (fields.size() != 5) fail("a record has 5 fields, not " + std::to_string(fields.size()));
  Record out;
  out.partition = static_cast<std::int32_t>(std::stol(fields[0]));
  out.timestamp_ms = std::stoll(fields[1]);
  out.key = from_hex(fields[2]);
  out.value = from_hex(fields[3]);
  if (fields[4].empty()) return out;
  for (const auto& header : split(fields[4], ',')) {
    const auto equals = header.find('=');
    out.headers.emplace_back(from_hex(header.substr(0, equals)).value_or(""), from_hex(header.substr(equals + 1)));
  }
  return out;
}

void print_record(const rd_kafka_message_t& message) {
  rd_kafka_timestamp_type_t type{};
  const auto timestamp = rd_kafka_message_timestamp(&message, &type);
  say("record\t" + std::to_string(message.partition) + "\t" + std::to_string(message.offset) + "\t" +
      std::to_string(timestamp) + "\t" + to_hex(message.key, message.key_len) + "\t" +
      to_hex(message.payload, message.len) + "\t" + header_text(message));
}

void say(const std::string& line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
  std::fflush(stdout);
}

void fail(const std::string& reason) {
  std::fprintf(stderr, "%s\n", reason.c_str());
  std::exit(1);
}

rd_kafka_conf_t* make_configuration(const Arguments& arguments) {
  rd_kafka_conf_t* out = rd_kafka_conf_new();
  set(out, "bootstrap.servers", arguments.text("broker"));
  for (const auto& [name, value] : arguments.properties) set(out, name, value);
  return out;
}

void set(rd_kafka_conf_t* configuration, const std::string& name, const std::string& value) {
  std::array<char, 512> reason{};
  if (rd_kafka_conf_set(configuration, name.c_str(), value.c_str(), reason.data(), reason.size()) != RD_KAFKA_CONF_OK) {
    fail(reason.data());
  }
}

Client make_client(rd_kafka_type_t type, rd_kafka_conf_t* configuration) {
  std::array<char, 512> reason{};
  rd_kafka_t* client = rd_kafka_new(type, configuration, reason.data(), reason.size());
  if (client == nullptr) fail(reason.data());
  return Client(client);
}

}  // namespace millrace::e2e
