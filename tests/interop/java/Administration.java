import java.util.*;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.*;

/** The administrator: topics, configurations, groups, and what it may ask about the node. */
final class Administration {
    private final Stage stage;
    private final Admin admin;

    Administration(Stage stage) {
        this.stage = stage;
        this.admin = stage.admin;
    }

    void play() {
        stage.scenario("topics: create, describe, list, delete", this::topics);
        stage.scenario("configs: describe", this::describeConfigs);
        stage.scenario("configs: alter incrementally", this::alterConfigs, 44);
        stage.scenario("partitions: add", this::grow, 37);
        stage.scenario("records: delete up to an offset", this::deleteRecords, 21);
        stage.scenario("groups: list, describe, commit", this::groups);
        stage.scenario("groups: delete offsets and groups", this::deleteGroups, 42, 47);
        stage.scenario("groups: describe a consumer group of the newer protocol", this::describeNewer, 68, 69);
        stage.scenario("cluster: describe", this::cluster);
        stage.scenario("offsets: earliest, latest, of a time, of the greatest timestamp", this::offsets);
        stage.scenario("log directories: describe", this::logDirectories, 35);
        stage.scenario("producers: describe", this::producers, 61);
    }

    private static <T> T get(KafkaFuture<T> future) throws Exception { return future.get(20, TimeUnit.SECONDS); }

    private static void fails(Class<? extends Throwable> how, KafkaFuture<?> future) throws Exception {
        try {
            get(future);
        } catch (ExecutionException e) {
            if (how.isInstance(e.getCause())) return;
            throw new AssertionError("expected " + how.getSimpleName(), e.getCause());
        }
        throw new AssertionError("expected " + how.getSimpleName() + ", but it went well");
    }

    private void topics() throws Exception {
        String topic = stage.topic("admin", 3);
        var described = get(admin.describeTopics(List.of(topic)).allTopicNames()).get(topic);
        Stage.equal(3, described.partitions().size(), "partitions");
        var byId = get(admin.describeTopics(TopicCollection.ofTopicIds(List.of(described.topicId()))).allTopicIds());
        Stage.equal(topic, byId.get(described.topicId()).name(), "name of the id");
        if (!get(admin.listTopics().names()).contains(topic)) throw new AssertionError("it is not listed");
        fails(TopicExistsException.class, admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all());
        fails(InvalidPartitionsException.class, admin.createTopics(List.of(new NewTopic(stage.name("bad"), 0, (short) 1))).all());
        fails(InvalidReplicationFactorException.class, admin.createTopics(List.of(new NewTopic(stage.name("bad"), 1, (short) 3))).all());
        fails(InvalidTopicException.class, admin.createTopics(List.of(new NewTopic("no/slash", 1, (short) 1))).all());
        get(admin.deleteTopics(TopicCollection.ofTopicIds(List.of(described.topicId()))).all());
        fails(UnknownTopicOrPartitionException.class, admin.describeTopics(List.of(topic)).allTopicNames());
        fails(UnknownTopicOrPartitionException.class, admin.deleteTopics(List.of(topic)).all());
    }

    private Config config(ConfigResource resource) throws Exception {
        return get(admin.describeConfigs(List.of(resource), new DescribeConfigsOptions().includeSynonyms(true).includeDocumentation(true)).all()).get(resource);
    }

    private static ConfigResource of(String topic) { return new ConfigResource(ConfigResource.Type.TOPIC, topic); }

    private void describeConfigs() throws Exception {
        var set = config(of(stage.topic("configs", 1, "retention.ms", "12345000"))).get("retention.ms");
        Stage.equal("12345000", set.value(), "value");
        Stage.equal(ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG, set.source(), "source");
        Stage.equal(ConfigEntry.ConfigType.LONG, set.type(), "type");
        if (set.documentation() == null || set.synonyms().isEmpty()) throw new AssertionError("no documentation or no synonyms: " + set);
        var broker = config(new ConfigResource(ConfigResource.Type.BROKER, get(admin.describeCluster().controller()).idString()));
        if (broker.entries().isEmpty()) throw new AssertionError("the broker has no configuration");
    }

    private void alter(String topic, AlterConfigOp.OpType type, String name, String value) throws Exception {
        get(admin.incrementalAlterConfigs(Map.of(of(topic), List.of(new AlterConfigOp(new ConfigEntry(name, value), type)))).all());
    }

    private void alterConfigs() throws Exception {
        String topic = stage.topic("alter", 1);
        alter(topic, AlterConfigOp.OpType.SET, "retention.ms", "1000000");
        Stage.equal("1000000", config(of(topic)).get("retention.ms").value(), "after SET");
        alter(topic, AlterConfigOp.OpType.DELETE, "retention.ms", null);
        Stage.equal(true, config(of(topic)).get("retention.ms").isDefault(), "default after DELETE");
        alter(topic, AlterConfigOp.OpType.APPEND, "cleanup.policy", "delete");
        Stage.equal("delete", config(of(topic)).get("cleanup.policy").value(), "after APPEND of what is there");
        try {
            alter(topic, AlterConfigOp.OpType.SET, "retention.ms", "soon");
            throw new AssertionError("a bad value was taken");
        } catch (ExecutionException e) {
            Stage.equal(InvalidConfigurationException.class, e.getCause().getClass(), "what refuses it");
        }
    }

    private void grow() throws Exception {
        String topic = stage.topic("grow", 1);
        get(admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(4))).all());
        Stage.equal(4, get(admin.describeTopics(List.of(topic)).allTopicNames()).get(topic).partitions().size(), "partitions");
        fails(InvalidPartitionsException.class, admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(2))).all());
    }

    private void deleteRecords() throws Exception {
        TopicPartition partition = new TopicPartition(stage.topic("cut", 1), 0);
        stage.send(Records.texts(partition.topic(), 10));
        var result = admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(4)));
        Stage.equal(4L, get(result.lowWatermarks().get(partition)).lowWatermark(), "low watermark");
        Stage.equal(4L, offset(partition, OffsetSpec.earliest()), "earliest");
        fails(OffsetOutOfRangeException.class, admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(11))).all());
    }

    private long offset(TopicPartition partition, OffsetSpec spec) throws Exception {
        return get(admin.listOffsets(Map.of(partition, spec)).partitionResult(partition)).offset();
    }

    private void offsets() throws Exception {
        TopicPartition partition = new TopicPartition(stage.topic("offsets", 1), 0);
        stage.send(Records.texts(partition.topic(), 10));
        Stage.equal(0L, offset(partition, OffsetSpec.earliest()), "earliest");
        Stage.equal(10L, offset(partition, OffsetSpec.latest()), "latest");
        Stage.equal(0L, offset(partition, OffsetSpec.forTimestamp(1)), "first after the epoch");
        Stage.equal(-1L, offset(partition, OffsetSpec.forTimestamp(System.currentTimeMillis() + 60_000)), "none later");
        if (offset(partition, OffsetSpec.maxTimestamp()) < 0) throw new AssertionError("no greatest timestamp");
    }

    private void groups() throws Exception {
        String topic = stage.topic("members", 1), group = stage.name("members");
        TopicPartition partition = new TopicPartition(topic, 0);
        try (var member = new Groups.Member(stage, group, topic, "client.id", "someone")) {
            Stage.within(20, "it holds the partition", () -> member.held.size() == 1);
            var described = get(admin.describeConsumerGroups(List.of(group)).all()).get(group);
            Stage.equal("Stable", described.state().toString(), "state"); // 3.9 has no groupState() yet
            Stage.equal("range", described.partitionAssignor(), "assignor");
            var only = described.members().iterator().next();
            Stage.equal("someone", only.clientId(), "client");
            Stage.equal(Set.of(partition), only.assignment().topicPartitions(), "assignment");
            fails(UnknownMemberIdException.class, admin.alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(1))).all());
        }
        get(admin.alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(7, Optional.of(0), "a note"))).all());
        var committed = get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata()).get(partition);
        Stage.equal(new OffsetAndMetadata(7, Optional.of(0), "a note"), committed, "committed");
        boolean listed = get(admin.listConsumerGroups().all()).stream().anyMatch(g -> g.groupId().equals(group));
        Stage.equal(true, listed, "listed");
    }

    private void deleteGroups() throws Exception {
        String topic = stage.topic("forget", 2), group = stage.name("forget");
        TopicPartition one = new TopicPartition(topic, 0), two = new TopicPartition(topic, 1);
        get(admin.alterConsumerGroupOffsets(group, Map.of(one, new OffsetAndMetadata(1), two, new OffsetAndMetadata(2))).all());
        get(admin.deleteConsumerGroupOffsets(group, Set.of(one)).all());
        Stage.equal(Set.of(two), get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata()).keySet(), "what is left");
        try (var member = new Groups.Member(stage, group, topic)) {
            Stage.within(20, "a member", () -> member.held.size() == 2);
            fails(GroupNotEmptyException.class, admin.deleteConsumerGroups(List.of(group)).all());
            fails(GroupSubscribedToTopicException.class, admin.deleteConsumerGroupOffsets(group, Set.of(two)).all());
        }
        get(admin.deleteConsumerGroups(List.of(group)).all());
        fails(GroupIdNotFoundException.class, admin.deleteConsumerGroups(List.of(group)).all());
    }

    private void describeNewer() throws Exception {
        String topic = stage.topic("newer", 2), group = stage.name("newer");
        try (var member = new Groups.Member(stage, group, topic, "group.protocol", "consumer")) {
            Stage.within(20, "it holds both", () -> member.held.size() == 2);
            var described = get(admin.describeConsumerGroups(List.of(group)).all()).get(group);
            Stage.equal("Stable", described.state().toString(), "state"); // 3.9 has no groupState() yet
            Stage.equal("Consumer", described.type().toString(), "type");
            Stage.equal(2, described.members().iterator().next().assignment().topicPartitions().size(), "assignment");
        }
    }

    private void cluster() throws Exception {
        var cluster = admin.describeCluster();
        Stage.equal(1, get(cluster.nodes()).size(), "nodes");
        Stage.equal(get(cluster.nodes()).iterator().next(), get(cluster.controller()), "controller");
        if (get(cluster.clusterId()).isEmpty()) throw new AssertionError("no cluster id");
    }

    private void logDirectories() throws Exception {
        TopicPartition partition = new TopicPartition(stage.topic("dirs", 1), 0);
        stage.send(Records.texts(partition.topic(), 100));
        int node = get(admin.describeCluster().controller()).id();
        for (var dir : get(admin.describeLogDirs(List.of(node)).allDescriptions()).get(node).values())
            if (dir.replicaInfos().containsKey(partition) && dir.replicaInfos().get(partition).size() > 0) return;
        throw new AssertionError("no directory holds the partition");
    }

    private void producers() throws Exception {
        TopicPartition partition = new TopicPartition(stage.topic("producers", 1), 0);
        stage.send(Records.texts(partition.topic(), 10), "enable.idempotence", "true", "batch.size", "0", "linger.ms", "0");
        var found = get(admin.describeProducers(List.of(partition)).partitionResult(partition)).activeProducers();
        Stage.equal(1, found.size(), "producers");
        Stage.equal(9, found.get(0).lastSequence(), "last sequence");
    }
}
