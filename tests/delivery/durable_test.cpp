// What is written down, and that every part of it is enough.

#include "delivery/story.hpp"

namespace millrace::delivery {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

template <class T>
std::size_t count_of(const std::vector<Record>& records) {
  return static_cast<std::size_t>(
      std::ranges::count_if(records, [](const Record& record) { return std::holds_alternative<T>(record); }));
}

/// The last record of each key, as compaction leaves them.
std::vector<Record> compacted(const std::vector<Record>& records) {
  std::vector<Record> out;
  for (auto record = records.rbegin(); record != records.rend(); ++record) {
    const auto key = encode({}, *record).key;
    if (std::ranges::none_of(out, [&](const Record& kept) { return encode({}, kept).key == key; }))
      out.push_back(*record);
  }
  std::ranges::reverse(out);
  return out;
}

TEST(Durable, AcknowledgementsInOrderAreOneNumber) {
  Story s;
  s.publish(100);
  const Hands all = s.take(100);
  (void)s.new_records();
  (void)s.acknowledge(Hands(all.begin(), all.begin() + 50));
  EXPECT_EQ(s.new_records(), (std::vector<Record>{Progress{Offset(50), Offset(50)}}));
  (void)s.acknowledge(Hands(all.begin() + 50, all.end()));
  EXPECT_EQ(s.new_records(), (std::vector<Record>{Progress{Offset(100), Offset(100)}}));
}

TEST(Durable, AcknowledgementsOutOfOrderAreBitsOfAPage) {
  Story s;
  s.publish(300);
  const Hands all = s.take(300);
  (void)s.new_records();
  (void)s.acknowledge(all[1], all[9], all[256]);
  SettledPage first{.page = 0, .settled = {}}, second{.page = 1, .settled = {}};
  first.settled[0] = std::byte{0b10};
  first.settled[1] = std::byte{0b10};
  second.settled[0] = std::byte{1};
  EXPECT_EQ(s.new_records(), (std::vector<Record>{first, second}));
  Hands rest;
  for (std::size_t i = 0; i < 256; ++i)
    if (i != 1 && i != 9) rest.push_back(all[i]);
  (void)s.acknowledge(rest);
  EXPECT_EQ(s.new_records(), (std::vector<Record>{Progress{Offset(257), Offset(257)}, PageForgotten{0}}));
  s.crash();
  EXPECT_EQ(s.facts().start, Offset(257));
  EXPECT_THAT(s.take(999), SizeIs(43));
}

TEST(Durable, HandOutsAndWhatIsGivenBackAreNotWritten) {
  Story s;
  s.publish(3);
  (void)s.new_records();
  const Hands all = s.take(3);
  (void)s.release(0ms, all[0]);
  (void)s.release(1s, all[1]);
  (void)s.renew(all[2]);
  s.consumer_gone(1);
  s.shut_down();
  EXPECT_THAT(s.new_records(), IsEmpty());
}

TEST(Durable, AFailureIsARecordUntilItIsSettled) {
  Story s;
  s.publish(2);
  const Hands both = s.take(2);
  (void)s.new_records();
  (void)s.fail(both[0]);
  const auto records = s.new_records();
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_EQ(std::get<EventState>(records[0]).failures.count, 1);
  s.crash();
  EXPECT_EQ(Story::offsets(s.take(1)), (Offsets{1}));
  s.pass(1s);
  const Acquired again = s.take_one();
  EXPECT_EQ(again.attempt, 2);
  (void)s.acknowledge(again);
  SettledPage page{.page = 0, .settled = {}};
  page.settled[0] = std::byte{1};
  EXPECT_EQ(s.new_records(), (std::vector<Record>{page, EventForgotten{Offset(0)}, Progress{Offset(1), Offset(1)}}));
}

TEST(Durable, OneSlowEventDoesNotMakeTheRecordsMany) {
  Policy policy = plain();
  policy.lock_time = 1h;
  Story s(policy);
  s.publish(50'000);
  (void)s.take_one();
  for (Hands some = s.take(100); !some.empty(); some = s.take(100)) (void)s.acknowledge(some);
  const auto left = compacted(s.records());
  EXPECT_LE(count_of<SettledPage>(left), 20u);
  EXPECT_EQ(count_of<EventState>(left), 1u);
  s.records() = left;
  s.crash();
  EXPECT_EQ(s.facts().start, Offset(0));
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{0})) << "nothing else is handed out again";
}

TEST(Durable, CompactionChangesNothing) {
  Story s;
  s.publish(600);
  for (int i = 0; i < 6; ++i) {
    const Hands some = s.take(90);
    for (std::size_t n = 0; n < some.size(); ++n) {
      if (n % 7 == 3) {
        (void)s.fail(some[n]);
      } else if (n % 3 != 0) {
        (void)s.acknowledge(some[n]);
      }
    }
  }
  Story other;
  other.publish(600);
  other.records() = compacted(s.records());
  other.crash();
  s.crash();
  EXPECT_LT(other.records().size(), s.records().size());
  EXPECT_EQ(other.take(999), s.take(999)) << "the same events, attempts and tokens";
}

TEST(Durable, ADeletedSubscriptionLeavesTombstonesOnly) {
  Story s;
  s.publish(3'000);
  const Hands some = s.take(1'000);
  (void)s.acknowledge(some[3], some[700]);
  (void)s.fail(some[4]);
  s.crash();
  (void)s.take(1);
  for (const Record& record : s.machine().forget()) s.records().push_back(record);
  for (const Record& record : compacted(s.records())) EXPECT_FALSE(encode({}, record).value.has_value());
  s.crash();
  EXPECT_FALSE(s.machine().wanted()->to) << "nothing is known of what was there";
}

TEST(Durable, AnUnknownPartitionBeginsWhereItIsTold) {
  PartitionDelivery machine(std::make_shared<Policy>(), 1);
  EXPECT_FALSE(machine.loaded().known);
  EXPECT_THAT(machine.begin(Offset(70)).records, ElementsAre(Record(Progress{Offset(70), Offset(70)})));
  EXPECT_EQ(machine.wanted()->from, Offset(70));
}

/// Acknowledges, fails, rejects and redrives a few events, then is cut off behind each record.
TEST(Durable, EveryPrefixIsSafe) {
  Policy policy = plain();
  policy.lock_time = 1h;
  policy.max_deliveries = 2;
  for (std::size_t cut = 1;; ++cut) {
    Story s(policy);
    s.publish(1'000);
    std::vector<std::pair<std::int64_t, std::size_t>> acknowledged;  // and how many records there were then
    const Hands all = s.take(1'000);
    const auto acknowledge = [&](const Acquired& event) {
      (void)s.acknowledge(event);
      acknowledged.emplace_back(event.token.offset.value(), s.records().size());
    };
    (void)s.fail(all[0]);
    const std::size_t failed = s.records().size();
    for (const std::size_t i : {2u, 1u, 300u, 301u, 299u}) acknowledge(all[i]);
    (void)s.reject(all[3]);
    s.archived(3, 10);
    (void)s.redrive(3);
    s.pass(1s);
    for (const Acquired& event : s.take(2)) acknowledge(event);
    if (cut > s.records().size()) break;
    s.crash(cut);
    const Hands hands = s.take(1'000);
    const Offsets again = Story::offsets(hands);
    for (const auto& [event, records] : acknowledged) {
      if (records <= cut) {
        EXPECT_THAT(again, testing::Not(testing::Contains(event))) << "behind record " << cut;
      }
    }
    for (const Acquired& event : hands) {
      if (event.token.offset == Offset(0) && failed <= cut) {
        EXPECT_EQ(event.attempt, 2) << "behind record " << cut;
      }
    }
    EXPECT_GE(again.size() + acknowledged.size() + 2, 1'000u) << "nothing is lost";
  }
}

}  // namespace
}  // namespace millrace::delivery
