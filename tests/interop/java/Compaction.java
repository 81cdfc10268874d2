import java.time.Duration;
import java.util.*;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;

/** A compacted topic has offsets without records: nobody may miss a record or stand still for that. */
final class Compaction {
    private static final int CYCLES = 20; // each leaves one record that stays, and behind it batches that go
    private static final int CHURN = 10; // keys that are written again and again
    private static final String FILLER = "filler"; // the key of what closes the segment before, and nobody asks for
    private record Sent(long offset, String key, String value) {}

    private final Stage stage;
    private TopicPartition partition;
    private NavigableMap<Long, String> kept;

    Compaction(Stage stage) { this.stage = stage; }

    void play() {
        stage.scenario("compacted topic: the last value of every key, to the end of the log", this::everyKey);
        for (String protocol : new String[] {"classic", "consumer"})
            stage.scenario("compacted topic: a group commits before a gap and goes on behind it, " + protocol,
                () -> acrossAGap("group.protocol", protocol), protocol.equals("consumer") ? new int[] {68} : new int[] {});
    }

    private void everyKey() throws Exception {
        partition = new TopicPartition(stage.topic("compacted", 1, "cleanup.policy", "compact", "segment.bytes", "65536",
            "min.cleanable.dirty.ratio", "0.01"), 0);
        kept = lastOfEach(rewrite());
        Stage.within(30, "the records before the last of each key are gone", () -> readToEnd().size() <= kept.size());
        Stage.equal(kept, readToEnd(), "what is left");
    }

    private void acrossAGap(String... settings) throws Exception {
        String group = stage.name("compacted");
        long last = List.copyOf(kept.keySet()).get(CYCLES / 2);
        Stage.equal(kept.headMap(last, true), readAsGroup(group, last, settings), "what the group reads first");
        Stage.equal(last + 1, committed(group), "committed");
        long end = end();
        Stage.equal(kept.tailMap(last, false), readAsGroup(group, end - 1, settings), "what the group reads then");
        Stage.equal(end, committed(group), "committed at the end");
    }

    /** Sends what compaction makes gaps of, and enough behind it to close the segment. */
    private List<Sent> rewrite() throws Exception {
        List<Sent> sent = new ArrayList<>();
        List<String> churn = new ArrayList<>();
        for (int key = 0; key < CHURN; key++) churn.add("churn " + key);
        for (int cycle = 0; cycle < CYCLES; cycle++)
            try (var producer = stage.producer("linger.ms", "100")) {
                sent.addAll(send(producer, List.of("stays " + cycle), cycle));
                for (int round = 0; round < 3; round++) sent.addAll(send(producer, churn, 3 * cycle + round));
            }
        for (int i = 0; i < 3; i++)
            stage.send(List.of(new ProducerRecord<>(partition.topic(), 0, Stage.bytes(FILLER), new byte[30_000])));
        return sent;
    }

    /** One batch. */
    private List<Sent> send(KafkaProducer<byte[], byte[]> producer, List<String> keys, int number) throws Exception {
        List<Future<RecordMetadata>> futures = new ArrayList<>();
        for (String key : keys) {
            byte[] value = Stage.bytes(value(key, number));
            futures.add(producer.send(new ProducerRecord<>(partition.topic(), 0, Stage.bytes(key), value)));
        }
        producer.flush();
        List<Sent> sent = new ArrayList<>();
        for (int i = 0; i < keys.size(); i++)
            sent.add(new Sent(futures.get(i).get().offset(), keys.get(i), value(keys.get(i), number)));
        return sent;
    }

    private static String value(String key, int number) { return number + " of " + key + " " + ".".repeat(600); }

    private static NavigableMap<Long, String> lastOfEach(List<Sent> sent) {
        Map<String, Long> last = new HashMap<>();
        for (Sent record : sent) last.put(record.key, record.offset);
        NavigableMap<Long, String> kept = new TreeMap<>();
        for (Sent record : sent)
            if (last.get(record.key) == record.offset) kept.put(record.offset, record.value);
        return kept;
    }

    private long end() {
        try (var consumer = stage.consumer()) {
            return consumer.endOffsets(List.of(partition)).get(partition);
        }
    }

    private long committed(String group) throws Exception {
        return stage.admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(partition).offset();
    }

    /** What the log holds without the filler, by offset. */
    private NavigableMap<Long, String> readToEnd() {
        long end = end();
        NavigableMap<Long, String> got = new TreeMap<>();
        try (var consumer = stage.consumer()) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            Stage.within(30, "the end", () -> {
                for (var record : consumer.poll(Duration.ofMillis(100))) keep(record, got);
                return consumer.position(partition) >= end;
            });
        }
        return got;
    }

    /** Goes on where the group is, commits behind the record at `last`, and returns what is up to there without the filler. */
    private NavigableMap<Long, String> readAsGroup(String group, long last, String... settings) {
        NavigableMap<Long, String> got = new TreeMap<>();
        List<String> all = new ArrayList<>(List.of("group.id", group, "max.poll.records", "1"));
        all.addAll(List.of(settings));
        try (var consumer = stage.consumer(all.toArray(String[]::new))) {
            consumer.subscribe(List.of(partition.topic()));
            boolean[] reached = {false};
            Stage.within(20, "offset " + last, () -> {
                for (var record : consumer.poll(Duration.ofMillis(100))) {
                    if (record.offset() > last) throw new AssertionError(record.offset() + " comes before " + last);
                    keep(record, got);
                    consumer.commitSync(Map.of(partition, new OffsetAndMetadata(record.offset() + 1)));
                    reached[0] = record.offset() == last;
                }
                return reached[0];
            });
        }
        return got;
    }

    private static void keep(ConsumerRecord<byte[], byte[]> record, NavigableMap<Long, String> got) {
        if (!got.isEmpty() && got.lastKey() >= record.offset())
            throw new AssertionError(record.offset() + " comes after " + got.lastKey());
        if (!Stage.text(record.key()).equals(FILLER)) got.put(record.offset(), Stage.text(record.value()));
    }
}
