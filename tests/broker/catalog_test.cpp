#include "millrace/broker/catalog.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "millrace/core/limits.hpp"

namespace millrace::broker {
namespace {

using testing::HasSubstr;

Uuid id_of(std::uint64_t number) { return Uuid::from_random(number, ~number); }

CreateTopic wanted(std::string name) {
  CreateTopic topic;
  topic.name = std::move(name);
  return topic;
}

/// A catalog whose events are applied at once, as the engine does once they are durable.
struct Cluster {
  Catalog catalog;
  CatalogRules rules{.broker_id = 3, .default_partitions = 4, .group_configs = {}};
  std::vector<MetadataEvent> history;
  std::uint64_t next_id = 1;

  void apply(const std::vector<MetadataEvent>& events) {
    for (const auto& event : events) {
      const auto done = catalog.apply(event);
      EXPECT_TRUE(done) << done.error().message;
      history.push_back(event);
    }
  }
  CreateAnswer decide(const CreateTopic& wanted) { return catalog.create_topic(wanted, rules, id_of(next_id++), 1000); }
  ErrorCode create(const CreateTopic& wanted) {
    const auto answer = decide(wanted);
    EXPECT_EQ(answer.error == ErrorCode::none, answer.message.empty()) << answer.message;
    EXPECT_EQ(answer.error == ErrorCode::none, answer.topic.has_value());
    apply(answer.events);
    return answer.error;
  }
  ErrorCode create(std::string name) { return create(wanted(std::move(name))); }
  ErrorCode remove(std::string_view name) {
    const auto answer = catalog.delete_topic(name, 2000);
    apply(answer.events);
    return answer.error;
  }
};

TEST(Catalog, CreatesATopicThatIsFoundByNameAndById) {
  Cluster cluster;
  auto topic = wanted("orders");
  topic.partitions = 6;
  topic.configs = {{"retention.ms", "60000"}};
  EXPECT_EQ(cluster.create(topic), ErrorCode::none);
  const auto found = cluster.catalog.find("orders");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->partitions, 6);
  EXPECT_EQ(found->configs, (ConfigMap{{"retention.ms", "60000"}}));
  EXPECT_EQ(found->created_at, 1000);
  EXPECT_FALSE(found->is_internal);
  EXPECT_EQ(cluster.catalog.find(found->id), found);
  EXPECT_EQ(cluster.catalog.partition_count(), 6);
  EXPECT_EQ(cluster.catalog.find("order"), nullptr);
  EXPECT_EQ(cluster.catalog.find(Uuid{}), nullptr);
}

TEST(Catalog, MinusOneMeansTheBrokersDefaults) {
  Cluster cluster;
  EXPECT_EQ(cluster.create("orders"), ErrorCode::none);
  EXPECT_EQ(cluster.catalog.find("orders")->partitions, 4);
}

TEST(Catalog, ValidateOnlyDescribesAndChangesNothing) {
  Cluster cluster;
  auto topic = wanted("orders");
  topic.validate_only = true;
  const auto answer = cluster.decide(topic);
  EXPECT_EQ(answer.error, ErrorCode::none);
  ASSERT_TRUE(answer.topic);
  EXPECT_EQ(answer.topic->partitions, 4);
  EXPECT_TRUE(answer.events.empty());
}

TEST(Catalog, HoldsNamesToKafkasRules) {
  Cluster cluster;
  for (const auto& name : {std::string(), std::string("."), std::string(".."), std::string("a/b"), std::string("a b"),
                           std::string("größe"), std::string("a\0b", 3), std::string("a\nb"), std::string(250, 'x')}) {
    EXPECT_EQ(cluster.create(name), ErrorCode::invalid_topic_exception) << name;
  }
  for (const auto& name : {std::string("..."), std::string("a"), std::string("A-9_z"), std::string(249, 'x')}) {
    EXPECT_EQ(cluster.create(name), ErrorCode::none) << name;
  }
}

TEST(Catalog, NamesThatDifferOnlyInDotsAndUnderscoresCollide) {
  Cluster cluster;
  cluster.create("metrics.cpu_load");
  const auto answer = cluster.decide(wanted("metrics_cpu.load"));
  EXPECT_EQ(answer.error, ErrorCode::invalid_topic_exception);
  EXPECT_THAT(answer.message, HasSubstr("collides with topic \"metrics.cpu_load\""));
  EXPECT_EQ(cluster.catalog.find("metrics_cpu.load"), nullptr) << "a collision is not an alias";
}

TEST(Catalog, RefusesANameThatIsTaken) {
  Cluster cluster;
  cluster.create("orders");
  EXPECT_EQ(cluster.create("orders"), ErrorCode::topic_already_exists);
}

CreatePartitions more(std::string name, std::int32_t count) {
  CreatePartitions wanted;
  wanted.name = std::move(name);
  wanted.count = count;
  return wanted;
}

TEST(Catalog, GrowsATopicAndKeepsAllElse) {
  Cluster cluster;
  auto topic = wanted("orders");
  topic.configs = {{"retention.ms", "60000"}};
  cluster.create(topic);
  const auto before = *cluster.catalog.find("orders");
  const auto answer = cluster.catalog.create_partitions(more("orders", 6), cluster.rules);
  EXPECT_EQ(answer.error, ErrorCode::none);
  cluster.apply(answer.events);
  auto expected = before;
  expected.partitions = 6;
  EXPECT_EQ(*cluster.catalog.find("orders"), expected);
  EXPECT_EQ(*cluster.catalog.find(before.id), expected);
  EXPECT_EQ(cluster.catalog.partition_count(), 6);
}

TEST(Catalog, NeverShrinksATopicAndSaysWhatItHas) {
  Cluster cluster;
  cluster.create("orders");
  for (const auto count : {4, 3, 0, -1, limits::partitions_per_topic_max + 1}) {
    const auto answer = cluster.catalog.create_partitions(more("orders", count), cluster.rules);
    EXPECT_EQ(answer.error, ErrorCode::invalid_partitions) << count;
    EXPECT_THAT(answer.message, HasSubstr("count " + std::to_string(count)));
    EXPECT_TRUE(answer.events.empty());
  }
  EXPECT_THAT(cluster.catalog.create_partitions(more("orders", 4), cluster.rules).message,
              HasSubstr("more than the 4 that it has"));
  EXPECT_EQ(cluster.catalog.create_partitions(more("nowhere", 2), cluster.rules).error,
            ErrorCode::unknown_topic_or_partition);
}

TEST(Catalog, PlacesNewPartitionsOnThisBrokerAlone) {
  Cluster cluster;
  cluster.create("orders");
  const auto placed = [&](std::vector<std::vector<std::int32_t>> brokers) {
    auto wanted = more("orders", 6);
    wanted.assignments = std::move(brokers);
    return cluster.catalog.create_partitions(wanted, cluster.rules).error;
  };
  EXPECT_EQ(placed({{3}, {3}}), ErrorCode::none);
  for (const auto& wrong : std::vector<std::vector<std::vector<std::int32_t>>>{
           {}, {{3}}, {{3}, {3}, {3}}, {{3}, {4}}, {{3}, {3, 3}}, {{3}, {}}}) {
    EXPECT_EQ(placed(wrong), ErrorCode::invalid_replica_assignment);
  }
}

TEST(Catalog, OnlyValidatingAGrowthChangesNothing) {
  Cluster cluster;
  cluster.create("orders");
  auto wanted = more("orders", 9);
  wanted.validate_only = true;
  const auto answer = cluster.catalog.create_partitions(wanted, cluster.rules);
  EXPECT_EQ(answer.error, ErrorCode::none);
  EXPECT_TRUE(answer.events.empty());
}

TEST(Catalog, DoesNotLetClientsGrowTheBrokersOwnTopics) {
  Cluster cluster;
  auto own = wanted(std::string(offsets_topic));
  own.by_broker = true;
  cluster.create(own);
  EXPECT_EQ(cluster.catalog.create_partitions(more(std::string(offsets_topic), 90), cluster.rules).error,
            ErrorCode::invalid_topic_exception);
}

TEST(Catalog, AChangeAloneTellsTheWholeTopicAfterACompaction) {
  Cluster cluster;
  auto topic = wanted("orders");
  topic.configs = {{"retention.ms", "60000"}};
  cluster.create(topic);
  const auto grown = cluster.catalog.create_partitions(more("orders", 6), cluster.rules);
  cluster.apply(grown.events);
  Catalog compacted;
  for (const auto& event : grown.events) ASSERT_TRUE(compacted.apply(event));
  EXPECT_EQ(compacted, cluster.catalog);
  EXPECT_EQ(compacted.partition_count(), 6);
}

TEST(Catalog, RefusesAChangeThatNoCommandMakes) {
  Cluster cluster;
  cluster.create("orders");
  cluster.create("old");
  const auto orders = *cluster.catalog.find("orders");
  const auto old = *cluster.catalog.find("old");
  cluster.remove("old");
  const auto before = cluster.catalog;
  for (const auto& wrong :
       {TopicChanged{"orders", orders.id, 3, {}, 0, false}, TopicChanged{"other", orders.id, 5, {}, 0, false},
        TopicChanged{"orders", id_of(99), 5, {}, 0, false}, TopicChanged{"old", old.id, 5, {}, 0, false},
        TopicChanged{"no blanks", id_of(98), 5, {}, 0, false}}) {
    const auto applied = cluster.catalog.apply(wrong);
    ASSERT_FALSE(applied) << wrong.name;
    EXPECT_EQ(applied.error().code, Errc::corrupt);
    EXPECT_EQ(cluster.catalog, before);
  }
}

TEST(Catalog, HoldsPartitionCountsToTheLimits) {
  Cluster cluster;
  auto topic = wanted("orders");
  for (const auto count : {0, -2, INT32_MIN, limits::partitions_per_topic_max + 1, INT32_MAX}) {
    topic.partitions = count;
    EXPECT_EQ(cluster.create(topic), ErrorCode::invalid_partitions) << count;
  }
  topic.partitions = limits::partitions_per_topic_max;
  for (int i = 0; i < 10; ++i) {
    topic.name = "orders-" + std::to_string(i);
    EXPECT_EQ(cluster.create(topic), ErrorCode::none);
  }
  EXPECT_EQ(cluster.catalog.partition_count(), limits::partitions_total_max);
  EXPECT_EQ(cluster.create("one-more"), ErrorCode::invalid_partitions);
}

TEST(Catalog, KnowsOneReplica) {
  Cluster cluster;
  auto topic = wanted("orders");
  for (const auto factor : std::initializer_list<std::int16_t>{0, 2, 3, -2}) {
    topic.replication_factor = factor;
    EXPECT_EQ(cluster.create(topic), ErrorCode::invalid_replication_factor) << factor;
  }
  topic.replication_factor = 1;
  EXPECT_EQ(cluster.create(topic), ErrorCode::none);
}

TEST(Catalog, AnAssignmentNumbersPartitionsFromZeroOnTheOneBroker) {
  Cluster cluster;
  const std::pair<const char*, std::vector<CreateTopic::Assignment>> wrong[] = {
      {"other broker", {{0, {4}}}},  {"two brokers", {{0, {3, 4}}}},      {"no broker", {{0, {}}}},
      {"not from zero", {{1, {3}}}}, {"a gap", {{0, {3}}, {2, {3}}}},     {"twice", {{0, {3}}, {0, {3}}}},
      {"negative", {{-1, {3}}}},     {"the broker twice", {{0, {3, 3}}}},
  };
  for (const auto& [what, assignments] : wrong) {
    auto topic = wanted("orders");
    topic.assignments = assignments;
    EXPECT_EQ(cluster.create(topic), ErrorCode::invalid_replica_assignment) << what;
  }
  auto topic = wanted("orders");
  topic.assignments = {{1, {3}}, {0, {3}}};
  topic.partitions = 2;
  EXPECT_EQ(cluster.create(topic), ErrorCode::invalid_request) << "numbers and an assignment exclude each other";
  topic.partitions = -1;
  EXPECT_EQ(cluster.create(topic), ErrorCode::none);
  EXPECT_EQ(cluster.catalog.find("orders")->partitions, 2);
}

TEST(Catalog, RefusesConfigurationsThatAreWrongOrGivenTwice) {
  Cluster cluster;
  auto topic = wanted("orders");
  topic.configs = {{"retention.ms", "x"}};
  EXPECT_EQ(cluster.create(topic), ErrorCode::invalid_config);
  topic.configs = {{"retention.ms", std::nullopt}};
  EXPECT_EQ(cluster.create(topic), ErrorCode::invalid_config);
  topic.configs = {{"no.such.key", "1"}};
  EXPECT_EQ(cluster.create(topic), ErrorCode::invalid_config);
  topic.configs = {{"retention.ms", "1"}, {"retention.ms", "2"}};
  EXPECT_EQ(cluster.create(topic), ErrorCode::invalid_config);
  EXPECT_EQ(cluster.catalog.topic_count(), 0U);
}

TEST(Catalog, ReservedNamesAreTheBrokersAlone) {
  Cluster cluster;
  for (const auto name : {metadata_topic, offsets_topic, std::string_view("__millrace_delivery")}) {
    auto topic = wanted(std::string(name));
    EXPECT_EQ(cluster.create(topic), ErrorCode::invalid_topic_exception);
    topic.by_broker = true;
    EXPECT_EQ(cluster.create(topic), ErrorCode::none);
    EXPECT_TRUE(cluster.catalog.find(name)->is_internal);
    EXPECT_EQ(cluster.remove(name), ErrorCode::invalid_topic_exception);
    EXPECT_TRUE(cluster.catalog.find(name));
  }
}

TEST(Catalog, ADeletedTopicIsGoneAtOnceAndItsNameAfterThePurge) {
  Cluster cluster;
  cluster.create("orders");
  const auto id = cluster.catalog.find("orders")->id;
  EXPECT_EQ(cluster.remove("orders"), ErrorCode::none);
  EXPECT_EQ(cluster.catalog.find("orders"), nullptr);
  EXPECT_EQ(cluster.catalog.find(id), nullptr);
  EXPECT_EQ(cluster.catalog.partition_count(), 0);
  EXPECT_EQ(cluster.catalog.tombstones(), (std::vector<Tombstone>{{"orders", id, 4, 2000}}));
  EXPECT_EQ(cluster.remove("orders"), ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(cluster.create("orders"), ErrorCode::topic_already_exists);

  cluster.apply(cluster.catalog.purge(id));
  EXPECT_TRUE(cluster.catalog.tombstones().empty());
  EXPECT_TRUE(cluster.catalog.purge(id).empty());
  EXPECT_EQ(cluster.create("orders"), ErrorCode::none);
  EXPECT_NE(cluster.catalog.find("orders")->id, id);
}

TEST(Catalog, ProducerIdBlocksNeverOverlap) {
  Cluster cluster;
  for (std::int64_t block = 0; block < 3; ++block) {
    const auto reserved = cluster.catalog.reserve_producer_ids();
    EXPECT_EQ(reserved.first, block * 1000);
    EXPECT_EQ(reserved.count, 1000);
    cluster.apply(reserved.events);
    EXPECT_EQ(cluster.catalog.next_producer_id(), (block + 1) * 1000);
  }
}

TEST(Catalog, ACopyKeepsItsStateWhileTheOriginalGoesOn) {
  Cluster cluster;
  cluster.create("orders");
  const auto published = std::make_shared<const Catalog>(cluster.catalog);
  cluster.remove("orders");
  cluster.create("payments");
  EXPECT_TRUE(published->find("orders"));
  EXPECT_FALSE(published->find("payments"));
  EXPECT_LT(published->version(), cluster.catalog.version());
}

TEST(Catalog, RefusesEventsThatContradictItAndStaysAsItWas) {
  Cluster cluster;
  cluster.create("orders");
  const auto orders = *cluster.catalog.find("orders");
  cluster.apply(cluster.catalog.reserve_producer_ids().events);
  cluster.create("old");
  const auto old = *cluster.catalog.find("old");
  cluster.remove("old");
  const auto before = cluster.catalog;
  const MetadataEvent contradictions[] = {
      TopicCreated{"orders", id_of(99), 1, {}, 1, false},
      TopicCreated{"other", orders.id, 1, {}, 1, false},
      TopicCreated{"../etc", id_of(99), 1, {}, 1, false},
      TopicCreated{"other", id_of(99), 0, {}, 1, false},
      TopicDeleted{"old", old.id, 4, 5},
      ProducerIdsReserved{999},
  };
  for (const auto& event : contradictions) {
    const auto done = cluster.catalog.apply(event);
    ASSERT_FALSE(done) << event.index();
    EXPECT_EQ(done.error().code, Errc::corrupt);
    EXPECT_EQ(cluster.catalog, before);
    EXPECT_EQ(cluster.catalog.version(), before.version());
  }
}

TEST(Catalog, ToleratesWhatCompactionLeaves) {
  Catalog catalog;
  EXPECT_TRUE(catalog.apply(TopicPurged{"gone", id_of(1)}));
  EXPECT_TRUE(catalog.apply(TopicDeleted{"orders", id_of(2), 3, 7}));
  EXPECT_EQ(catalog.tombstones(), (std::vector<Tombstone>{{"orders", id_of(2), 3, 7}}));
}

TEST(Catalog, ReplayingTheEventsGivesAnEqualImage) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 chance(seed);
    Cluster cluster;
    for (int step = 0; step < 200; ++step) {
      const auto name = std::string(1, static_cast<char>('a' + chance() % 8)) + (chance() % 2 == 0 ? ".x" : "_x");
      switch (chance() % 6) {
        case 0:
        case 1: {
          auto topic = wanted(name);
          topic.partitions = static_cast<std::int32_t>(chance() % 5) - 1;
          if (chance() % 2 == 0) topic.configs = {{"retention.ms", std::to_string(chance() % 1000)}};
          (void)cluster.create(topic);
          break;
        }
        case 2: (void)cluster.remove(name); break;
        case 4:
          cluster.apply(
              cluster.catalog.create_partitions(more(name, static_cast<std::int32_t>(chance() % 9)), cluster.rules)
                  .events);
          break;
        case 3:
          if (const auto& left = cluster.catalog.tombstones(); !left.empty()) {
            cluster.apply(cluster.catalog.purge(Uuid(left[chance() % left.size()].id)));
          }
          break;
        default: cluster.apply(cluster.catalog.reserve_producer_ids().events);
      }
    }
    Catalog replayed;
    std::int64_t partitions = 0;
    for (const auto& event : cluster.history) ASSERT_TRUE(replayed.apply(event));
    for (const auto& topic : replayed.topics()) partitions += topic->partitions;
    EXPECT_EQ(replayed, cluster.catalog);
    EXPECT_EQ(replayed.version(), cluster.catalog.version());
    EXPECT_EQ(replayed.partition_count(), partitions);
  }
}

}  // namespace
}  // namespace millrace::broker
