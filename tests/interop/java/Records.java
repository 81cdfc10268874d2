import java.util.*;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeader;

/** Records go in and come out again, byte for byte, from every place a reader may begin at. */
final class Records {
    private static final String[] CODECS = {"none", "gzip", "snappy", "lz4", "zstd"};
    private final Stage stage;

    Records(Stage stage) { this.stage = stage; }

    void play() {
        for (String codec : CODECS)
            stage.scenario("every shape of record, " + codec, () -> {
                var sent = corpus(stage.topic("shapes", 1));
                stage.send(sent, "compression.type", codec);
                same(sent, stage.read(sent.get(0).topic(), 0, sent.size()));
            });
        for (String acks : new String[] {"0", "1", "all"})
            stage.scenario("acks " + acks, () -> {
                var sent = texts(stage.topic("acks", 1), 100);
                stage.send(sent, "acks", acks, "enable.idempotence", "false");
                same(sent, stage.read(sent.get(0).topic(), 0, 100));
            });
        stage.scenario("idempotent", () -> {
            var sent = texts(stage.topic("idempotent", 1), 2000);
            stage.send(sent, "enable.idempotence", "true", "batch.size", "1000");
            same(sent, stage.read(sent.get(0).topic(), 0, 2000));
        });
        for (String codec : CODECS)
            stage.scenario("records of a mebibyte, " + codec, () -> {
                String topic = stage.topic("large", 1);
                List<ProducerRecord<byte[], byte[]>> sent = new ArrayList<>();
                for (int i = 0; i < 2; i++) {
                    byte[] value = new byte[1_048_000];
                    new Random(i).nextBytes(value);
                    sent.add(new ProducerRecord<>(topic, 0, Stage.bytes("large"), value));
                }
                stage.send(sent, "compression.type", codec);
                same(sent, stage.read(topic, 0, 2));
            });
        stage.scenario("twenty thousand small records", () -> {
            var sent = texts(stage.topic("small", 1), 20_000);
            stage.send(sent, "compression.type", "lz4");
            same(sent, stage.read(sent.get(0).topic(), 0, sent.size()));
        });
        positions();
    }

    private void positions() {
        stage.scenario("from an offset, from a time, from latest", () -> {
            String topic = stage.topic("positions", 1);
            TopicPartition partition = new TopicPartition(topic, 0);
            long start = System.currentTimeMillis() - 60_000;
            List<ProducerRecord<byte[], byte[]>> sent = new ArrayList<>();
            for (int i = 0; i < 100; i++)
                sent.add(new ProducerRecord<>(topic, 0, start + i * 100, null, Stage.bytes("value " + i)));
            stage.send(sent);
            Stage.equal(73L, stage.read(topic, 73, 27).get(0).offset(), "first offset");
            try (var consumer = stage.consumer()) {
                consumer.assign(List.of(partition));
                var found = consumer.offsetsForTimes(Map.of(partition, start + 2950)).get(partition);
                Stage.equal(30L, found.offset(), "offset of a time");
                Stage.equal(start + 3000, found.timestamp(), "timestamp of that offset");
                Stage.equal(null, consumer.offsetsForTimes(Map.of(partition, start + 60_000)).get(partition), "a later time");
                Stage.equal(0L, consumer.beginningOffsets(List.of(partition)).get(partition), "beginning");
                Stage.equal(100L, consumer.endOffsets(List.of(partition)).get(partition), "end");
                consumer.seekToEnd(List.of(partition));
                Stage.equal(100L, consumer.position(partition), "position of latest");
                stage.send(List.of(new ProducerRecord<>(topic, 0, null, Stage.bytes("new"))));
                Stage.equal("new", Stage.text(stage.poll(consumer, 1).get(0).value()), "what is new");
            }
        });
        stage.scenario("a fetch waits for the record and not for its time to end", () -> {
            String topic = stage.topic("waiting", 1);
            try (var consumer = stage.consumer("fetch.max.wait.ms", "20000")) {
                consumer.assign(List.of(new TopicPartition(topic, 0)));
                consumer.poll(java.time.Duration.ofMillis(200));
                long began = System.nanoTime();
                stage.send(texts(topic, 1));
                stage.poll(consumer, 1);
                long took = (System.nanoTime() - began) / 1_000_000;
                if (took > 10_000) throw new AssertionError("the fetch came back after " + took + " ms");
            }
        });
    }

    static List<ProducerRecord<byte[], byte[]>> texts(String topic, int count) {
        List<ProducerRecord<byte[], byte[]>> out = new ArrayList<>();
        for (int i = 0; i < count; i++)
            out.add(new ProducerRecord<>(topic, 0, Stage.bytes("k" + i % 7), Stage.bytes("value " + i)));
        return out;
    }

    private static List<ProducerRecord<byte[], byte[]>> corpus(String topic) {
        byte[] every = new byte[256];
        for (int i = 0; i < 256; i++) every[i] = (byte) i;
        long now = System.currentTimeMillis() - 60_000;
        byte[][][] pairs = {
            {Stage.bytes("key"), Stage.bytes("value")}, {null, Stage.bytes("no key")}, {{}, Stage.bytes("empty key")},
            {Stage.bytes("tombstone"), null}, {Stage.bytes("empty value"), {}}, {null, null}, {{}, {}}, {every, every},
            {Stage.bytes("large"), Stage.bytes("squeezable ".repeat(900))}, {Stage.bytes("headers"), {1}}};
        List<ProducerRecord<byte[], byte[]>> out = new ArrayList<>();
        for (byte[][] pair : pairs) out.add(new ProducerRecord<>(topic, 0, now++, pair[0], pair[1]));
        var headers = out.get(out.size() - 1).headers();
        for (byte[] value : new byte[][] {every, {}, null, {1}, {2}, {1}}) headers.add(new RecordHeader("same", value));
        headers.add(new RecordHeader("", Stage.bytes("no name")));
        return out;
    }

    private static void same(List<ProducerRecord<byte[], byte[]>> sent, List<ConsumerRecord<byte[], byte[]>> got) {
        Stage.equal(sent.size(), got.size(), "how many records");
        for (int i = 0; i < sent.size(); i++) {
            var want = sent.get(i);
            var found = got.get(i);
            Stage.equal((long) i, found.offset(), "offset");
            Stage.equal(want.key(), found.key(), "key of record " + i);
            Stage.equal(want.value(), found.value(), "value of record " + i);
            Stage.equal(want.headers(), found.headers(), "headers of record " + i);
            if (want.timestamp() != null) Stage.equal(want.timestamp(), found.timestamp(), "timestamp of record " + i);
        }
    }
}
