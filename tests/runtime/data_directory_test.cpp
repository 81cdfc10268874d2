#include "data_directory.hpp"

#include <gtest/gtest.h>

#include "support/fake_disk.hpp"
#include "support/seeded_random.hpp"

namespace millrace::runtime {
namespace {

struct Bench {
  support::FakeDisk disk;
  support::SeededRandom random{1};

  Result<Identity> identify(std::int32_t broker_id = 7) { return runtime::identify(disk, broker_id, random); }
  /// The refusal of a directory with this broker.json; "" when it is taken.
  std::string refusal(std::string_view broker_json, std::int32_t broker_id = 7) {
    disk.set_content("broker.json", as_bytes(broker_json));
    const auto identity = identify(broker_id);
    return identity ? "" : identity.error().message;
  }
};

constexpr std::string_view whole = R"({"layout_version":1,"cluster_id":"AAAAAAAAAAAAAAAAAAAAAQ","broker_id":7})";

TEST(DataDirectory, GetsAnIdentityThatItKeeps) {
  Bench bench;
  const auto fresh = bench.identify();
  ASSERT_TRUE(fresh) << fresh.error().message;
  EXPECT_FALSE(fresh->cluster_id.is_zero());
  EXPECT_EQ(fresh->broker_id, 7);
  bench.disk.crash(support::Crash::lose, 1);
  const auto again = bench.identify();
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->cluster_id, fresh->cluster_id);
}

TEST(DataDirectory, GetsOneAlsoWhereAFileSystemBegins) {
  Bench bench;
  ASSERT_TRUE(bench.disk.make_directory("lost+found"));
  bench.disk.set_content("lock", {});
  bench.disk.set_content("broker.json.tmp", as_bytes("{\"layout"));
  EXPECT_TRUE(bench.identify());
}

TEST(DataDirectory, IsRefusedWithDataAndWithoutIdentity) {
  Bench bench;
  ASSERT_TRUE(bench.disk.make_directory("orders-0"));
  const auto identity = bench.identify();
  ASSERT_FALSE(identity);
  EXPECT_EQ(identity.error().code, Errc::invalid);
  EXPECT_NE(identity.error().message.find("\"orders-0\""), std::string::npos) << identity.error().message;
  EXPECT_FALSE(bench.disk.content("broker.json"));
}

TEST(DataDirectory, IsReadAsItWasWritten) {
  Bench bench;
  EXPECT_EQ(bench.refusal(whole), "");
}

TEST(DataDirectory, IsRefusedToAnotherBroker) {
  Bench bench;
  EXPECT_EQ(bench.refusal(whole, 8), "broker_id 8 is configured, but the data directory belongs to broker_id 7");
}

TEST(DataDirectory, OfAnotherLayoutIsRefused) {
  Bench bench;
  for (const auto* version : {"2", "0", "-1", "18446744073709551615"}) {
    const auto refusal = bench.refusal(R"({"layout_version":)" + std::string(version) +
                                       R"(,"cluster_id":"AAAAAAAAAAAAAAAAAAAAAQ","broker_id":7})");
    EXPECT_NE(refusal.find("layout_version " + std::string(version) + " is not 1"), std::string::npos) << refusal;
  }
}

TEST(DataDirectory, WithAnIdentityThatIsNotOneIsRefusedByName) {
  Bench bench;
  EXPECT_EQ(bench.refusal(""), "broker.json: is not a JSON object");
  EXPECT_EQ(bench.refusal("[1, 2]"), "broker.json: is not a JSON object");
  EXPECT_EQ(bench.refusal("{\"layout_version\":1,"), "broker.json: is not a JSON object");
  EXPECT_EQ(bench.refusal("\xff\xfe"), "broker.json: is not a JSON object");
  EXPECT_EQ(bench.refusal("{}"), "broker.json: layout_version is missing");
  EXPECT_EQ(bench.refusal(R"({"layout_version":"1"})"), "broker.json: layout_version is missing");
  EXPECT_EQ(bench.refusal(R"({"layout_version":1})"), "broker.json: cluster_id is missing");
  EXPECT_EQ(bench.refusal(R"({"layout_version":1,"cluster_id":"AAAAAAAAAAAAAAAAAAAAAQ"})"),
            "broker.json: broker_id is missing");
  EXPECT_NE(bench.refusal(R"({"layout_version":1,"cluster_id":"short","broker_id":7})"), "");
}

TEST(DataDirectory, HasAWholeIdentityOrNoneAfterACrashAtEveryCall) {
  for (std::uint64_t nth = 1;; ++nth) {
    Bench bench;
    bench.disk.cut_power(nth);
    const auto first = bench.identify();
    const bool cut = bench.disk.power_is_off();
    for (const auto how : support::all_crashes) {
      const auto after = bench.disk.copy();
      after->crash(how, nth);
      const auto again = runtime::identify(*after, 7, bench.random);
      ASSERT_TRUE(again) << "call " << nth << ": " << again.error().message;
      if (first) {
        EXPECT_EQ(again->cluster_id, first->cluster_id) << "call " << nth;
      }
    }
    if (!cut) break;
  }
}

TEST(DataDirectory, IsHeldByOneBroker) {
  Bench bench;
  const auto mine = hold(bench.disk);
  ASSERT_TRUE(mine);
  const auto other = hold(bench.disk);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Errc::busy);
}

TEST(DataDirectory, SetsAsideWithoutOverwriting) {
  Bench bench;
  for (const auto* text : {"first", "second", "third"}) {
    bench.disk.set_content("stray", as_bytes(text));
    EXPECT_TRUE(set_aside(bench.disk, "stray"));
  }
  bench.disk.crash(support::Crash::lose, 1);
  EXPECT_EQ(bench.disk.content("lost+found/stray"), to_bytes("first"));
  EXPECT_EQ(bench.disk.content("lost+found/stray.1"), to_bytes("second"));
  EXPECT_EQ(bench.disk.content("lost+found/stray.2"), to_bytes("third"));
  EXPECT_FALSE(bench.disk.content("stray"));
}

}  // namespace
}  // namespace millrace::runtime
