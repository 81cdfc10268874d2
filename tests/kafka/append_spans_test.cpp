// Which batches of producers are told in traces, and that looking at strangers' bytes is safe and bounded.

#include "append_spans.hpp"

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include "millrace/record/builder.hpp"
#include "millrace/tracing/exporter.hpp"
#include "support/seeded_random.hpp"

namespace millrace::kafka {
namespace {

using record::Codec;
using Headers = std::vector<std::pair<std::string, std::string>>;

const Headers kept{{"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}};
const Headers not_kept{{"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"}};
const Headers event{{"ce_traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}};

Bytes batch_of(const std::vector<Headers>& records, Codec codec = Codec::none, const std::string& value = "x") {
  record::BatchBuilder builder(codec);
  for (const auto& headers : records) {
    std::vector<record::HeaderView> views;
    for (const auto& [key, text] : headers) views.push_back({.key = key, .value = as_bytes(text)});
    builder.add({.timestamp = 1, .key = std::nullopt, .value = as_bytes(value), .headers = views});
  }
  return builder.finish();
}

class AppendSpansTest : public testing::Test {
 protected:
  AppendSpansTest() {
    auto hosted = std::make_shared<runtime::HostedTopic>();
    hosted->topic = std::make_shared<const broker::Topic>(broker::Topic{.name = "orders", .id = {}, .configs = {}});
    topology_.add(std::move(hosted));
  }

  bool is_told(Bytes batch, const std::string& topic = "orders") {
    runtime::ProduceRequest request;
    request.parts.push_back({.topic = {.name = topic, .id = std::nullopt}, .partition = 0, .records = batch});
    return AppendSpans::of(exporter_.tracer(), topology_, request, "client") != nullptr;
  }

  support::SeededRandom random_{support::seed_from_env()};
  tracing::Exporter exporter_{
      {},
      random_,
      [] { return tracing::UnixNanoseconds{1}; },
      std::make_shared<spdlog::logger>("tracing", std::make_shared<spdlog::sinks::null_sink_mt>())};
  runtime::Topology topology_;
};

TEST_F(AppendSpansTest, ARecordOfATraceThatIsKeptIsTold) {
  EXPECT_TRUE(is_told(batch_of({kept})));
  EXPECT_TRUE(is_told(batch_of({event})));
  EXPECT_TRUE(is_told(batch_of({{}, not_kept, kept})));
  EXPECT_FALSE(is_told(batch_of({{}})));
  EXPECT_FALSE(is_told(batch_of({not_kept})));
  EXPECT_FALSE(is_told(batch_of({{{"Traceparent", kept.front().second}}}))) << "instruments write it in lower case";
  EXPECT_FALSE(is_told(batch_of({{{"traceparent", "nonsense"}}})));
}

TEST_F(AppendSpansTest, OfATopicThatIsNotThereNothingIs) { EXPECT_FALSE(is_told(batch_of({kept}), "none")); }

TEST_F(AppendSpansTest, SmallBatchesAreToldHoweverTheyAreCompressed) {
  for (const auto codec : {Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
    EXPECT_TRUE(is_told(batch_of({{}, kept}, codec))) << static_cast<int>(codec);
    EXPECT_FALSE(is_told(batch_of({kept}, codec, std::string(traced_inflated_bytes_max, 'a'))))
        << "more than is inflated for it";
  }
}

TEST_F(AppendSpansTest, OnlyTheFirstRecordsAreLookedAt) {
  std::vector<Headers> records(traced_records_max);
  records.back() = kept;
  EXPECT_TRUE(is_told(batch_of(records)));
  records.insert(records.begin(), Headers{});
  EXPECT_FALSE(is_told(batch_of(records)));
}

TEST_F(AppendSpansTest, BytesThatAreNoBatchAreNobodys) {
  const auto good = batch_of({kept, kept}, Codec::none);
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(is_told(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)))) << size;
  }
}

TEST_F(AppendSpansTest, DamagedBytesDoNoHarm) {
  for (const auto codec : {Codec::none, Codec::gzip, Codec::lz4}) {
    const auto good = batch_of({kept, event, {}}, codec);
    for (int i = 0; i < 5'000; ++i) {
      auto damaged = good;
      for (std::uint64_t flips = 1 + random_.below(4); flips > 0; --flips) {
        damaged[random_.below(damaged.size())] = std::byte(random_.below(256));
      }
      static_cast<void>(is_told(damaged));  // the sanitizers look
    }
  }
}

}  // namespace
}  // namespace millrace::kafka
