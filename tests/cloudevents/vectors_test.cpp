// Every case of http-header-vectors.json.

#include <gmock/gmock.h>

#include "millrace/cloudevents/http.hpp"
#include "shared_data.hpp"

namespace millrace::cloudevents {
namespace {

constexpr const char* file = "http-header-vectors.json";

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t at = 0; at + 1 < hex.size(); at += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(at, 2), nullptr, 16));
  }
  return bytes;
}

TEST(CloudEventsVectors, Http8Encoding) {
  const auto vectors = shared_json(file);
  if (!vectors) return;
  ASSERT_GE(vectors->at("encode").size(), 9U);
  for (const auto& one : vectors->at("encode")) {
    EXPECT_EQ(encode_header_value(one.at("value").get<std::string>()), one.at("header").get<std::string>());
  }
}

TEST(CloudEventsVectors, Http9AndHttp10Decoding) {
  const auto vectors = shared_json(file);
  if (!vectors) return;
  ASSERT_GE(vectors->at("decode").size(), 15U);
  for (const auto& one : vectors->at("decode")) {
    for (const auto strictness : {Strictness::lenient, Strictness::strict}) {
      const auto decoded = decode_header_value(one.at("header").get<std::string>(), strictness);
      if (one.contains("reject")) {
        EXPECT_FALSE(decoded) << one;
      } else {
        EXPECT_TRUE(decoded && *decoded == one.at("value").get<std::string>()) << one;
      }
    }
  }
}

TEST(CloudEventsVectors, D2WhatTheTextLeavesOpen) {
  const auto vectors = shared_json(file);
  if (!vectors) return;
  ASSERT_GE(vectors->at("undetermined").size(), 4U);
  for (const auto& one : vectors->at("undetermined")) {
    const std::string header = one.contains("bytes_hex") ? from_hex(one.at("bytes_hex").get<std::string>())
                                                         : one.at("header").get<std::string>();
    Leniencies forgiven;
    const auto lenient = decode_header_value(header, Strictness::lenient, &forgiven);
    EXPECT_TRUE(lenient && *lenient == one.at("lenient").get<std::string>()) << one;
    EXPECT_NE(forgiven, Leniencies{}) << one;
    ASSERT_EQ(one.at("strict"), "reject");
    EXPECT_FALSE(decode_header_value(header, Strictness::strict)) << one;
  }
}

}  // namespace
}  // namespace millrace::cloudevents
