import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;

/** The broker is killed under an idempotent producer and a group that commits. */
final class Durability {
    private final Stage stage;

    Durability(Stage stage) { this.stage = stage; }

    void play() {
        stage.scenario("kill -9: nothing lost, nothing twice, the group goes on where it was", this::crash);
    }

    private void crash() throws Exception {
        String topic = stage.topic("durable", 2), group = stage.name("durable");
        List<TopicPartition> partitions = List.of(new TopicPartition(topic, 0), new TopicPartition(topic, 1));
        List<Map<Long, String>> acked = List.of(new ConcurrentSkipListMap<>(), new ConcurrentSkipListMap<>());
        Queue<Exception> failures = new ConcurrentLinkedQueue<>();
        AtomicInteger count = new AtomicInteger();
        Map<TopicPartition, OffsetAndMetadata> committed = new HashMap<>();
        try (var producer = stage.producer("acks", "all", "linger.ms", "1", "delivery.timeout.ms", "60000", "request.timeout.ms", "10000")) {
            Thread load = new Thread(() -> {
                for (int i = 0; !Thread.currentThread().isInterrupted(); i++) {
                    String value = "value " + i;
                    var sent = producer.send(new ProducerRecord<>(topic, i % 2, null, Stage.bytes(value)), (where, trouble) -> {
                        if (trouble != null) failures.add(trouble);
                        else if (acked.get(where.partition()).put(where.offset(), value) != null)
                            failures.add(new Exception("offset " + where + " was given twice"));
                        else count.incrementAndGet();
                    });
                    if (i % 100 == 99) {
                        try {
                            sent.get(); // a bound on what is in flight
                        } catch (Exception e) {
                            return;
                        }
                    }
                }
            });
            load.start();
            Stage.within(20, "the load runs", () -> count.get() > 2000);
            try (var consumer = stage.consumer("group.id", group)) {
                consumer.subscribe(List.of(topic));
                Stage.within(20, "records of both partitions", () -> {
                    consumer.poll(java.time.Duration.ofMillis(100));
                    for (var p : consumer.assignment()) committed.put(p, new OffsetAndMetadata(consumer.position(p)));
                    return committed.size() == 2 && committed.values().stream().allMatch(o -> o.offset() > 100);
                });
                consumer.commitSync(committed);
            }
            stage.ask("crash");
            int before = count.get();
            Stage.within(40, "the producer goes on", () -> count.get() > before + 2000);
            load.interrupt();
            load.join();
            producer.flush();
        }
        if (!failures.isEmpty()) throw failures.peek();
        try (var consumer = stage.consumer("group.id", group)) {
            consumer.subscribe(partitions.stream().map(TopicPartition::topic).distinct().toList());
            Set<Integer> begun = new HashSet<>();
            Stage.within(20, "both partitions go on", () -> {
                for (var record : consumer.poll(java.time.Duration.ofMillis(100)))
                    if (begun.add(record.partition()))
                        Stage.equal(committed.get(partitions.get(record.partition())).offset(), record.offset(), "where the group goes on");
                return begun.size() == 2;
            });
        }
        try (var consumer = stage.consumer()) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            List<Map<Long, String>> held = List.of(new TreeMap<>(), new TreeMap<>());
            for (var record : stage.poll(consumer, count.get())) held.get(record.partition()).put(record.offset(), Stage.text(record.value()));
            for (var partition : partitions) {
                Stage.equal(acked.get(partition.partition()), held.get(partition.partition()), "what partition " + partition + " holds");
                Stage.equal((long) held.get(partition.partition()).size(), consumer.endOffsets(partitions).get(partition), "its end");
            }
        }
    }
}
