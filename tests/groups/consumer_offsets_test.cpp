// What members of consumer groups commit and fetch (KIP-848, KIP-1251).

#include "groups/consumer.hpp"

namespace millrace::groups {
namespace {

CommitRequest commit_of(const Consumer& member, std::int32_t epoch, PartitionIndex partition = 0) {
  CommitRequest request;
  request.group_id = "g";
  request.member_id = member.about.member_id;
  request.generation_id = epoch;
  request.topics = {{"t", {{partition, Offset(7), -1, ""}}}};
  request.knows_member_epochs = true;
  return request;
}

ErrorCode outcome(const CommitReply& reply) { return reply.topics.at(0).partitions.at(0).error; }

TEST(ConsumerCommit, IsForMembersInTheirEpoch) {
  Scenario s;
  s.topics({{"t", 2}});
  Consumer a(s, "a"), stranger(s, "stranger");
  a.reads({"t"}).join();
  EXPECT_EQ(outcome(s.commit(commit_of(a, a.epoch))), ErrorCode::none);
  EXPECT_EQ(s.committed("t", 0).offset, Offset(7));
  EXPECT_EQ(outcome(s.commit(commit_of(a, a.epoch + 1))), ErrorCode::stale_member_epoch);
  EXPECT_EQ(outcome(s.commit(commit_of(stranger, a.epoch))), ErrorCode::unknown_member_id);
  EXPECT_EQ(s.commit_simply({"t", 0, 9}), ErrorCode::unknown_member_id) << "not while members read";
  CommitRequest old = commit_of(a, a.epoch);
  old.knows_member_epochs = false;
  EXPECT_EQ(outcome(s.commit(old)), ErrorCode::unsupported_version);
}

TEST(ConsumerCommit, OfAnEmptyGroupNeedsNoMember) {
  Scenario s;
  s.topics({{"t", 2}});
  Consumer a(s, "a");
  a.reads({"t"}).join();
  a.leave();
  EXPECT_EQ(s.commit_simply({"t", 0, 9}), ErrorCode::none);
  EXPECT_EQ(s.committed("t", 0).offset, Offset(9));
  EXPECT_EQ(s.list().groups.at(0).type, GroupType::consumer);
}

TEST(ConsumerCommit, InAnOlderEpochCountsForWhatTheMemberHadAllAlong) {
  Scenario s;
  s.topics({{"t", 4}});
  Consumer a(s, "a"), b(s, "b"), c(s, "c");
  a.reads({"t"}).join();
  const auto first = a.epoch;
  b.reads({"t"}).join();
  settle({&a, &b});
  ASSERT_GT(a.epoch, first);
  const PartitionIndex kept = *a.owned.begin()->second.begin();
  const PartitionIndex passed_on = *b.owned.begin()->second.begin();
  EXPECT_EQ(outcome(s.commit(commit_of(a, first, kept))), ErrorCode::none);
  EXPECT_EQ(outcome(s.commit(commit_of(a, first, passed_on))), ErrorCode::stale_member_epoch);
  EXPECT_EQ(outcome(s.commit(commit_of(b, first, passed_on))), ErrorCode::stale_member_epoch)
      << "it came to b in a later epoch";
}

TEST(ConsumerFetch, ChecksTheMemberIfThereIsOne) {
  Scenario s;
  s.topics({{"t", 1}});
  Consumer a(s, "a");
  a.reads({"t"}).join();
  s.commit(commit_of(a, a.epoch));
  const auto fetched = [&](std::optional<std::string> member, std::int32_t epoch) {
    const OffsetFetchRequest::Group group{
        .group_id = "g", .member_id = std::move(member), .member_epoch = epoch, .topics = {}};
    return s.fetch({{group}}).groups.at(0);
  };
  EXPECT_EQ(fetched("a", a.epoch).topics.at(0).partitions.at(0).offset, Offset(7));
  EXPECT_EQ(fetched("a", a.epoch + 1).error, ErrorCode::stale_member_epoch);
  EXPECT_EQ(fetched("b", a.epoch).error, ErrorCode::unknown_member_id);
  EXPECT_EQ(fetched(std::nullopt, -1).error, ErrorCode::none) << "an administrator";
}

TEST(ConsumerOffsets, ExpireOnceNobodyReadsTheTopic) {
  Config config;
  config.offsets_retention = 1h;
  config.offsets_retention_check_interval = 10min;
  Scenario s(config);
  s.topics({{"t", 1}, {"u", 1}});
  Consumer a(s, "a");
  a.reads({"t"}).join();
  s.commit(commit_of(a, a.epoch));
  CommitRequest other = commit_of(a, a.epoch);
  other.topics[0].name = "u";
  s.commit(other);
  for (int i = 0; i < 120; ++i) {
    s.pass(40s);
    ASSERT_EQ(a.beat().error, ErrorCode::none);
  }
  EXPECT_EQ(s.committed("u", 0).offset, no_offset);
  EXPECT_EQ(s.committed("t", 0).offset, Offset(7));
  a.leave();
  s.pass(20min);
  EXPECT_TRUE(s.list().groups.empty()) << "and with the last of them the group goes";
}

TEST(ConsumerOffsets, OfTopicsThatAreReadCannotBeDeleted) {
  Scenario s;
  s.topics({{"t", 1}, {"u", 1}});
  Consumer a(s, "a");
  a.reads({"t"}).join();
  s.commit(commit_of(a, a.epoch));
  const auto reply = s.delete_offsets({{"t", {0}}, {"u", {0}}});
  EXPECT_EQ(reply.topics.at(0).partitions.at(0).error, ErrorCode::group_subscribed_to_topic);
  EXPECT_EQ(reply.topics.at(1).partitions.at(0).error, ErrorCode::none);
}

}  // namespace
}  // namespace millrace::groups
