#include "millrace/cloudevents/media_type.hpp"

#include <gtest/gtest.h>

namespace millrace::cloudevents {
namespace {

TEST(CloudEventsMediaType, EssenceIsInLowerCaseWithoutParameters) {
  EXPECT_EQ(essence_of("Application/JSON ; charset=UTF-8"), "application/json");
  EXPECT_EQ(essence_of(" text/plain"), "text/plain");
  EXPECT_EQ(essence_of(""), "");
}

TEST(CloudEventsMediaType, Json7JsonIsEverySubtypeThatSaysSo) {
  for (const auto* text : {"application/json", "text/json", "TEXT/JSON", "application/vnd.x+json", "image/a+b+JSON",
                           "application/json; charset=utf-8", "application/json ;a=b"}) {
    EXPECT_TRUE(is_json(text)) << text;
  }
  for (const auto* text : {"", "json", "/json", "application/jsonx", "application/xjson", "application/+json",
                           "application/json+xml", "text/plain; a=application/json", "application/json-seq"}) {
    EXPECT_FALSE(is_json(text)) << text;
  }
}

TEST(CloudEventsMediaType, TextIsWhatAJsonStringCanHold) {
  for (const auto* text : {"text/plain", "Text/CSV;x=y", "application/xml", "image/svg+xml"}) {
    EXPECT_TRUE(is_text(text)) << text;
  }
  for (const auto* text : {"application/octet-stream", "application/json", "", "textual/x"}) {
    EXPECT_FALSE(is_text(text)) << text;
  }
}

TEST(CloudEventsMediaType, Http3ModesAreToldByThePrefix) {
  EXPECT_EQ(mode_of("application/cloudevents+json"), Mode::structured);
  EXPECT_EQ(mode_of("application/cloudevents+json; charset=utf-8"), Mode::structured);
  EXPECT_EQ(mode_of("Application/CloudEvents+JSON;charset=UTF-8"), Mode::structured);
  EXPECT_EQ(mode_of("application/cloudevents-batch+json"), Mode::batch);
  EXPECT_EQ(mode_of("application/CLOUDEVENTS-BATCH+json ; a=b"), Mode::batch);
  EXPECT_EQ(mode_of("application/cloudevents+avro"), Mode::unsupported);
  EXPECT_EQ(mode_of("application/cloudevents-batch+xml"), Mode::unsupported);
  EXPECT_EQ(mode_of("application/cloudevents+protobuf2"), Mode::unsupported);
  EXPECT_EQ(mode_of("application/cloudevents"), Mode::unsupported);
  EXPECT_EQ(mode_of("application/json"), Mode::binary);
  EXPECT_EQ(mode_of("text/plain; x=application/cloudevents+json"), Mode::binary);
  EXPECT_EQ(mode_of(""), Mode::binary);
}

TEST(CloudEventsMediaType, Pb1ProtobufIsAFormatOfEachMode) {
  EXPECT_EQ(mode_of("application/cloudevents+protobuf"), Mode::structured);
  EXPECT_EQ(mode_of("Application/CloudEvents-Batch+Protobuf; a=b"), Mode::batch);
  EXPECT_EQ(mode_of("application/protobuf"), Mode::binary);
  EXPECT_EQ(format_of("Application/CloudEvents-Batch+Protobuf ; a=b"), Format::protobuf);
  EXPECT_EQ(format_of("application/cloudevents+json; x=+protobuf"), Format::json);
}

TEST(CloudEventsMediaType, Http12TheTypesThatAreSentAreTheseBytes) {
  // npm's cloudevents 10.0.0 compares the first byte for byte.
  EXPECT_EQ(http_event_type, "application/cloudevents+json; charset=utf-8");
  EXPECT_EQ(http_batch_type, "application/cloudevents-batch+json; charset=utf-8");
  EXPECT_EQ(mode_of(http_batch_type), Mode::batch);
}

}  // namespace
}  // namespace millrace::cloudevents
