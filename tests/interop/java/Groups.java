import java.time.Duration;
import java.util.*;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** Members that come, go and die; the classic protocol with each of its assignors, and the newer one where it is served. */
final class Groups {
    private final Stage stage;

    Groups(Stage stage) { this.stage = stage; }

    /** A member with a thread of its own, which polls until it is told to leave. */
    static final class Member implements AutoCloseable {
        final Set<Integer> held = ConcurrentHashMap.newKeySet();
        final Set<String> seen = ConcurrentHashMap.newKeySet();
        private final KafkaConsumer<byte[], byte[]> consumer;
        private volatile boolean leaving = false;
        private volatile Throwable trouble;
        private final Thread thread = new Thread(this::run);

        Member(Stage stage, String group, String topic, String... more) {
            List<String> settings = new ArrayList<>(List.of("group.id", group));
            settings.addAll(List.of(more));
            if (!settings.contains("consumer"))
                settings.addAll(List.of("session.timeout.ms", "2000", "heartbeat.interval.ms", "200"));
            consumer = stage.consumer(settings.toArray(String[]::new));
            consumer.subscribe(List.of(topic), new ConsumerRebalanceListener() {
                public void onPartitionsRevoked(Collection<TopicPartition> gone) { gone.forEach(p -> held.remove(p.partition())); }
                public void onPartitionsAssigned(Collection<TopicPartition> come) { come.forEach(p -> held.add(p.partition())); }
            });
            thread.setDaemon(true);
            thread.start();
        }

        private void run() {
            try {
                while (!leaving)
                    for (var record : consumer.poll(Duration.ofMillis(50))) seen.add(record.partition() + "/" + record.offset());
            } catch (Throwable e) {
                trouble = e;
            }
            consumer.close();
        }

        public void close() {
            leaving = true;
            try {
                thread.join(20_000);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            if (trouble != null) throw new AssertionError("a member failed", trouble);
        }
    }

    void play() {
        for (String assignor : new String[] {"RangeAssignor", "RoundRobinAssignor", "StickyAssignor", "CooperativeStickyAssignor"})
            stage.scenario("members join, leave and rebalance with " + assignor,
                () -> comeAndGo("partition.assignment.strategy", "org.apache.kafka.clients.consumer." + assignor));
        stage.scenario("a member crashes and is replaced", () -> crash());
        stage.scenario("a static member comes back to what it had", this::staticMember);
        for (String assignor : new String[] {"uniform", "range"})
            stage.scenario("group.protocol=consumer: members join, leave and rebalance with " + assignor,
                () -> comeAndGo("group.protocol", "consumer", "group.remote.assignor", assignor), 68);
    }

    private static boolean spread(Member... members) {
        Set<Integer> all = new HashSet<>();
        int count = 0;
        for (Member member : members) {
            if (member.trouble != null) throw new AssertionError("a member failed", member.trouble);
            if (member.held.isEmpty()) return false;
            all.addAll(member.held);
            count += member.held.size();
        }
        return count == 4 && all.size() == 4;
    }

    private void comeAndGo(String... settings) throws Exception {
        String topic = stage.topic("group", 4), group = stage.name("group");
        try (Member first = new Member(stage, group, topic, settings)) {
            Stage.within(20, "one member holds all", () -> spread(first));
            try (Member second = new Member(stage, group, topic, settings); Member third = new Member(stage, group, topic, settings)) {
                Stage.within(20, "three members share", () -> spread(first, second, third));
            }
            Stage.within(20, "the one that stays holds all", () -> spread(first));
            List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
            for (int i = 0; i < 4; i++) records.add(new ProducerRecord<>(topic, i, null, new byte[] {1}));
            stage.send(records);
            Stage.within(20, "all partitions are read", () -> first.seen.size() == 4);
        }
    }

    private void crash() throws Exception {
        String topic = stage.topic("crash", 4), group = stage.name("crash");
        try (Member first = new Member(stage, group, topic)) {
            Stage.within(20, "one member holds all", () -> spread(first));
            String java = ProcessHandle.current().info().command().orElse("java");
            Process other = new ProcessBuilder(java, "-XX:TieredStopAtLevel=1", "-Xmx64m", "-cp", System.getProperty("java.class.path"),
                "Scenarios", "member", group, topic, stage.address, stage.prefix).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            try {
                Stage.within(30, "a process joins", () -> first.held.size() == 2);
            } finally {
                other.destroyForcibly();
            }
            Stage.within(20, "the crashed member is replaced", () -> spread(first));
        }
    }

    private void staticMember() throws Exception {
        String topic = stage.topic("static", 4), group = stage.name("static");
        String[] own = {"group.instance.id", "one", "session.timeout.ms", "20000"}, other = {"group.instance.id", "two", "session.timeout.ms", "20000"};
        try (Member first = new Member(stage, group, topic, own)) {
            Set<Integer> had;
            try (Member second = new Member(stage, group, topic, other)) {
                Stage.within(20, "two members share", () -> spread(first, second));
                had = Set.copyOf(second.held);
            }
            try (Member again = new Member(stage, group, topic, other)) {
                Stage.within(20, "it holds something", () -> again.held.size() == 2);
                Stage.equal(had, Set.copyOf(again.held), "what it holds");
            }
        }
    }
}
