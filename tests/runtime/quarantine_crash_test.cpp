// The power goes at every call to the disk in turn, while batches are stored of which some records are put aside. What
// was acknowledged is there afterwards, as record or as letter; and a producer that goes on where it was loses nothing.

#include "runtime/quarantine_language.hpp"

namespace millrace::runtime {
namespace {

constexpr std::string_view source = "orders-0";
constexpr std::string_view dead = "letters.of.orders-0";

struct Batch {
  std::string line;
  std::int32_t sequence = 0;
};
const std::vector<Batch> batches = {{"a -b c", 0}, {"-d -e", 3}, {"f", 5}, {"-g h", 6}};

const support::FakeDisk& with_topic() {
  static const auto disk = [] {
    QuarantineWorld world;
    world.start();
    EXPECT_EQ(world.create("orders", 1, QuarantineWorld::configs()), "done");
    EXPECT_EQ(world.put(source, "z -z"), "at 0, aside 1");
    EXPECT_TRUE(world.broker->close());
    world.end();
    return world.fake->copy();
  }();
  return *disk;
}

/// Of each word of `lines` there is a record, or a letter.
void expect_all(QuarantineWorld& world, const std::vector<std::string>& lines) {
  const auto records = " " + world.stored(source) + " ", letters = " " + world.letters(dead) + " ";
  for (const auto& line : lines) {
    for (const auto& word : broker::words_of(line)) {
      const auto& where = word.starts_with('-') ? letters : records;
      ASSERT_NE(where.find(":" + word + " "), std::string::npos) << word << " of" << records << "and" << letters;
    }
  }
}

void run(std::uint64_t nth, bool with_producer, bool& was_cut) {
  QuarantineWorld world(nth, with_topic().copy());
  world.start();
  world.fake->cut_power(nth);
  std::vector<std::string> acknowledged{"z -z"};
  std::size_t next = 0;
  const auto send = [&](const Batch& batch) {
    const broker::Sender sender =
        with_producer ? broker::Sender{.producer = 7, .sequence = batch.sequence} : broker::Sender{};
    return world.produce(source, mixed(batch.line, sender)).append.error == ErrorCode::none;
  };
  for (; next < batches.size() && send(batches[next]); ++next) acknowledged.push_back(batches[next].line);
  was_cut = world.fake->power_is_off();
  world.crash(support::all_crashes[nth % std::size(support::all_crashes)], nth);
  ASSERT_NO_FATAL_FAILURE(world.start());
  ASSERT_NO_FATAL_FAILURE(expect_all(world, acknowledged));
  for (; next < batches.size(); ++next) {
    ASSERT_TRUE(send(batches[next])) << batches[next].line;
    acknowledged.push_back(batches[next].line);
  }
  ASSERT_NO_FATAL_FAILURE(expect_all(world, acknowledged));
  if (!with_producer) return;
  ASSERT_EQ(world.stored(source), "0:z 2:a 4:c 7:f 9:h") << "each once, where it belongs";
  const auto letters = " " + world.letters(dead) + " ";
  for (const std::string letter : {" 1:-z ", " 3:-b ", " 5:-d ", " 6:-e ", " 8:-g "}) {
    ASSERT_NE(letters.find(letter), std::string::npos) << letter << "of" << letters;
  }
}

TEST(QuarantineCrash, NothingThatWasAcknowledgedIsLost) {
  bool was_cut = true;
  for (std::uint64_t nth = 1; was_cut; ++nth) {
    SCOPED_TRACE("call " + std::to_string(nth));
    ASSERT_NO_FATAL_FAILURE(run(nth, false, was_cut));
  }
}

TEST(QuarantineCrash, AnIdempotentProducerGoesOnWhereItWas) {
  bool was_cut = true;
  for (std::uint64_t nth = 1; was_cut; ++nth) {
    SCOPED_TRACE("call " + std::to_string(nth));
    ASSERT_NO_FATAL_FAILURE(run(nth, true, was_cut));
  }
}

TEST(QuarantineCrash, AfterACrashARetryWritesItsLettersAgainUnderTheSameName) {
  QuarantineWorld world(1, with_topic().copy());
  world.start();
  const broker::Sender sender{.producer = 7, .sequence = 0};
  EXPECT_EQ(world.put(source, "a -b", sender), "at 2, aside 1");
  world.crash_and_start();
  EXPECT_EQ(world.put(source, "a -b", sender), "again at 2, aside 1");
  EXPECT_EQ(world.letters(dead), "1:-z 3:-b 3:-b") << "nobody knows whether they had become durable with the batch";
  EXPECT_EQ(world.stored(source), "0:z 2:a");
}

}  // namespace
}  // namespace millrace::runtime
