// The assignors: examples, and what holds for every input (KIP-848).

#include <gmock/gmock.h>

#include <random>

#include "millrace/groups/assignors.hpp"

namespace millrace::groups {
namespace {

Uuid topic(std::uint64_t number) { return Uuid::from_random(number, number); }

std::set<PartitionIndex> up_to(PartitionIndex count) {
  std::set<PartitionIndex> out;
  for (PartitionIndex i = 0; i < count; ++i) out.insert(i);
  return out;
}

std::size_t size_of(const Assignment& assignment) {
  std::size_t sum = 0;
  for (const auto& [id, partitions] : assignment) sum += partitions.size();
  return sum;
}

AssignorInput input_of(std::map<Uuid, std::int32_t> partitions, std::size_t members) {
  AssignorInput input;
  input.partitions = std::move(partitions);
  for (std::size_t i = 0; i < members; ++i) {
    auto& member = input.members.emplace_back();
    member.id = std::string(1, static_cast<char>('a' + i));
    for (const auto& [id, count] : input.partitions) member.topics.push_back(id);
  }
  return input;
}

/// The next input: what was assigned is what everybody had.
AssignorInput after(AssignorInput input, const Assignments& given) {
  for (std::size_t i = 0; i < given.size(); ++i) input.members[i].before = given[i];
  return input;
}

/// Every partition of a topic with a reader is with exactly one of them.
void expect_complete(const AssignorInput& input, const Assignments& given) {
  ASSERT_EQ(given.size(), input.members.size());
  std::map<Uuid, std::map<PartitionIndex, int>> times;
  for (std::size_t i = 0; i < given.size(); ++i)
    for (const auto& [id, partitions] : given[i]) {
      EXPECT_TRUE(std::ranges::binary_search(input.members[i].topics, id)) << "not subscribed";
      EXPECT_FALSE(partitions.empty());
      for (const PartitionIndex partition : partitions) {
        EXPECT_LT(partition, input.partitions.at(id));
        ++times[id][partition];
      }
    }
  std::set<Uuid> read;
  for (const auto& member : input.members) read.insert(member.topics.begin(), member.topics.end());
  for (const Uuid& id : read)
    for (PartitionIndex partition = 0; partition < input.partitions.at(id); ++partition)
      EXPECT_EQ(times[id][partition], 1);
}

TEST(Range, SplitsTopicsAlikeAndInTheOrderOfMembers) {
  const auto given = assign_range(input_of({{topic(1), 3}, {topic(2), 3}}, 2));
  EXPECT_EQ(given[0], (Assignment{{topic(1), {0, 1}}, {topic(2), {0, 1}}}));
  EXPECT_EQ(given[1], (Assignment{{topic(1), {2}}, {topic(2), {2}}}));
}

TEST(Range, LeavesWhoComesTooLateWithNothing) {
  const auto given = assign_range(input_of({{topic(1), 2}}, 3));
  EXPECT_EQ(given[0], (Assignment{{topic(1), {0}}}));
  EXPECT_EQ(given[1], (Assignment{{topic(1), {1}}}));
  EXPECT_EQ(given[2], Assignment{});
}

TEST(Range, GivesAStaticMemberTheSamePlaceUnderAnyMemberId) {
  auto input = input_of({{topic(1), 3}}, 3);
  input.members[2].instance_id = "one";
  const auto before = assign_range(input);
  EXPECT_EQ(before[2], (Assignment{{topic(1), {0}}})) << "static members come first";
  input.members[0].id = "z-new";
  std::swap(input.members[0], input.members[2]);
  EXPECT_EQ(assign_range(input)[0], before[2]);
}

TEST(Uniform, GivesEverybodyTheSameGiveOrTakeOne) {
  const auto given = assign_uniform(input_of({{topic(1), 5}, {topic(2), 5}}, 3));
  std::multiset<std::size_t> sizes;
  for (const auto& each : given) sizes.insert(size_of(each));
  EXPECT_EQ(sizes, (std::multiset<std::size_t>{3, 3, 4}));
}

TEST(Uniform, SpreadsEachTopicOverItsReaders) {
  const auto given = assign_uniform(input_of({{topic(1), 4}, {topic(2), 4}}, 2));
  for (const auto& each : given)
    for (const auto& [id, partitions] : each) EXPECT_EQ(partitions.size(), 2u);
}

TEST(Uniform, MovesNothingWhenNothingChanged) {
  const auto input = input_of({{topic(1), 7}, {topic(2), 3}}, 4);
  const auto given = assign_uniform(input);
  EXPECT_EQ(assign_uniform(after(input, given)), given);
}

TEST(Uniform, ANewMemberTakesOnlyItsShare) {
  const auto two = input_of({{topic(1), 12}}, 2);
  const auto before = assign_uniform(two);
  auto three = input_of({{topic(1), 12}}, 3);
  for (std::size_t i = 0; i < 2; ++i) three.members[i].before = before[i];
  const auto given = assign_uniform(three);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(size_of(given[i]), 4u);
    EXPECT_TRUE(std::ranges::includes(before[i].at(topic(1)), given[i].at(topic(1)))) << "it only gave up";
  }
  EXPECT_EQ(size_of(given[2]), 4u);
}

TEST(Uniform, FindsBalanceThatTakesAChainOfMoves) {
  // a reads 1; b reads 1 and 2; c reads 2. a has three, b two, c one: one partition has to go from a to b, another from
  // b to c.
  AssignorInput input;
  input.partitions = {{topic(1), 4}, {topic(2), 2}};
  input.members = {{"a", {}, {topic(1)}, {{topic(1), {0, 1, 2}}}},
                   {"b", {}, {topic(1), topic(2)}, {{topic(1), {3}}, {topic(2), {0}}}},
                   {"c", {}, {topic(2)}, {{topic(2), {1}}}}};
  const auto given = assign_uniform(input);
  expect_complete(input, given);
  for (const auto& each : given) EXPECT_EQ(size_of(each), 2u);
}

TEST(Uniform, DropsWhatIsNotThereOrNotWantedAnyMore) {
  auto input = input_of({{topic(1), 2}}, 1);
  input.members[0].before = {{topic(1), {0, 1, 2, 3}}, {topic(9), {0}}};
  EXPECT_EQ(assign_uniform(input)[0], (Assignment{{topic(1), up_to(2)}}));
}

class AnyInput : public ::testing::TestWithParam<unsigned> {};

AssignorInput random_input(std::mt19937& chance, bool alike) {
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(chance() % limit); };
  std::map<Uuid, std::int32_t> partitions;
  for (std::size_t i = 0, topics = 1 + below(6); i < topics; ++i)
    partitions[topic(i + 1)] = static_cast<std::int32_t>(1 + below(20));
  AssignorInput input = input_of(partitions, 1 + below(8));
  if (alike) return input;
  for (auto& member : input.members) std::erase_if(member.topics, [&](const Uuid&) { return chance() % 2 == 0; });
  return input;
}

TEST_P(AnyInput, IsAssignedCompletelyAndBalanced) {
  std::mt19937 chance(GetParam());
  for (const bool alike : {true, false}) {
    AssignorInput input = random_input(chance, alike);
    expect_complete(input, assign_range(input));
    Assignments given;
    for (int step = 0; step < 4; ++step) {
      given = assign_uniform(input);
      expect_complete(input, given);
      // Nobody can hand on a partition to somebody who has two fewer.
      for (std::size_t from = 0; from < given.size(); ++from)
        for (const auto& [id, partitions] : given[from])
          for (std::size_t to = 0; to < given.size(); ++to) {
            const bool reads = std::ranges::binary_search(input.members[to].topics, id);
            EXPECT_TRUE(!reads || size_of(given[from]) <= size_of(given[to]) + 1);
          }
      input = after(std::move(input), given);
      EXPECT_EQ(assign_uniform(input), given) << "and stays as it is";
      auto& changed = input.members[chance() % input.members.size()];
      if (!changed.topics.empty() && !alike) changed.topics.pop_back();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, AnyInput, ::testing::Range(1u, 60u));

}  // namespace
}  // namespace millrace::groups
