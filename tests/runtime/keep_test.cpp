// What somebody points to stays, whatever the compactor is about to do.

#include "runtime/world.hpp"

namespace millrace::runtime {
namespace {

using namespace std::chrono_literals;

/// Appends a record of the key, in a segment of its own.
void send_apart(World& world, const std::string& topic, const std::string& key, const std::string& value) {
  record::BatchBuilder builder;
  builder.add({.timestamp = 1'700'000'000'000, .key = as_bytes(key), .value = as_bytes(value), .headers = {}});
  auto batch = builder.finish();
  ProduceRequest request;
  request.parts.push_back({.topic = {.name = topic, .id = {}}, .partition = 0, .records = batch});
  World::Produced answer;
  world.broker->produce(std::move(request), answer.callback());
  ASSERT_EQ(answer.get().front().append.error, ErrorCode::none);
  world.clock.advance(2s);
}

TEST(Keeping, HoldsForWhatIsThereWhenItWasSaidThoughAPassIsUnderWay) {
  std::future<std::optional<std::map<std::int64_t, std::string>>> there;
  World world;
  world.options.compaction_check_interval = 1ms;
  world.disk->before_rename([&](std::string_view to) {
    if (!to.starts_with("orders-0") || !to.ends_with(".swap") || there.valid()) return;
    // From here on the old segments go, and nothing stops that any more.
    there = std::async(std::launch::async, [&] {
      (void)world.broker->keep(*world.broker->topology()->find("orders", 0), Offset(0));
      return world.records("orders-0");
    });
    // As long as it takes to be told and to read, if it need not wait for this.
    (void)there.wait_for(200ms);
  });
  world.start();
  const broker::ConfigMap compacted{{"cleanup.policy", "compact"},
                                    {"min.cleanable.dirty.ratio", "0"},
                                    {"segment.ms", "1000"},
                                    {"segment.jitter.ms", "0"}};
  ASSERT_EQ(world.create("orders", 1, compacted), "done");
  for (const char* value : {"first", "second", "third", "fourth"}) send_apart(world, "orders", "a", value);
  world.run_until([&] { return world.records("orders-0").value().size() < 4; });
  EXPECT_EQ(there.get(), world.records("orders-0"));
  EXPECT_EQ(world.broker->keep(*world.broker->topology()->find("orders", 0), std::nullopt), Offset(0));
}

}  // namespace
}  // namespace millrace::runtime
