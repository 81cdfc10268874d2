import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.*;

/** What the scenarios of the Java client are told in: names, clients, waiting with a bound, one line for each scenario. */
final class Stage {
    interface Story { void play() throws Exception; }

    final String address, prefix;
    final Admin admin;
    private final Map<Integer, Integer> apis = new HashMap<>();
    private final BufferedReader answers = new BufferedReader(new InputStreamReader(System.in));
    private int names = 0;

    Stage(String address, String prefix) {
        this.address = address;
        this.prefix = prefix;
        for (String word : System.getenv().getOrDefault("APIS", "").split(" ")) {
            String[] parts = word.split("[:-]");
            if (parts.length == 3) apis.put(Integer.parseInt(parts[0]), Integer.parseInt(parts[2]));
        }
        admin = Admin.create(Map.of("bootstrap.servers", address));
    }

    void scenario(String what, Story story, int... needs) {
        for (int key : needs)
            if (!apis.containsKey(key)) {
                System.out.println("off " + what + ": API " + key + " is not served");
                return;
            }
        try {
            story.play();
            System.out.println("ok " + what);
        } catch (Throwable e) {
            System.out.println("not ok " + what + ": " + e.toString().replaceAll("\\s+", " "));
            e.printStackTrace();
        }
    }

    /** Asks the runner for something it does to the broker, and waits until it has. */
    void ask(String word) throws Exception {
        System.out.println(word);
        answers.readLine();
    }

    String name(String what) { return prefix + "-" + what + "-" + ++names; }

    String topic(String what, int partitions, String... configs) throws Exception {
        NewTopic topic = new NewTopic(name(what), Optional.of(partitions), Optional.empty());
        Map<String, String> map = new HashMap<>();
        for (int i = 0; i < configs.length; i += 2) map.put(configs[i], configs[i + 1]);
        admin.createTopics(List.of(topic.configs(map))).all().get(20, TimeUnit.SECONDS);
        return topic.name();
    }

    KafkaProducer<byte[], byte[]> producer(String... more) {
        return new KafkaProducer<>(with(Map.of("linger.ms", "5", "max.request.size", "2000000"), more),
            new ByteArraySerializer(), new ByteArraySerializer());
    }

    KafkaConsumer<byte[], byte[]> consumer(String... more) {
        return new KafkaConsumer<>(with(Map.of("auto.offset.reset", "earliest", "enable.auto.commit", "false",
            "fetch.max.wait.ms", "100"), more), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private Map<String, Object> with(Map<String, String> base, String... more) {
        Map<String, Object> map = new HashMap<>(base);
        map.put("bootstrap.servers", address);
        for (int i = 0; i < more.length; i += 2) map.put(more[i], more[i + 1]);
        return map;
    }

    /** Sends all, waits for every answer, and checks that the offsets are promised in order; with acks=0 there are none. */
    void send(List<ProducerRecord<byte[], byte[]>> records, String... settings) throws Exception {
        try (var producer = producer(settings)) {
            List<java.util.concurrent.Future<RecordMetadata>> sent = new ArrayList<>();
            for (var record : records) sent.add(producer.send(record));
            producer.flush();
            for (var one : sent) one.get(20, TimeUnit.SECONDS);
        }
    }

    List<ConsumerRecord<byte[], byte[]>> poll(Consumer<byte[], byte[]> consumer, int count) {
        List<ConsumerRecord<byte[], byte[]>> got = new ArrayList<>();
        within(30, count + " records", () -> {
            consumer.poll(Duration.ofMillis(100)).forEach(got::add);
            return got.size() >= count;
        });
        return got;
    }

    /** Partition 0 from an offset, without a group. */
    List<ConsumerRecord<byte[], byte[]>> read(String topic, long from, int count) {
        TopicPartition partition = new TopicPartition(topic, 0);
        try (var consumer = consumer()) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, from);
            return poll(consumer, count);
        }
    }

    static void within(int seconds, String what, BooleanSupplier condition) {
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) throw new AssertionError(what + ": not within " + seconds + " s");
            Thread.onSpinWait();
        }
    }

    static void equal(Object expected, Object found, String what) {
        if (!Objects.deepEquals(expected, found))
            throw new AssertionError(what + ": expected " + show(expected) + ", found " + show(found));
    }

    private static String show(Object thing) {
        String text = thing instanceof byte[] bytes ? bytes.length + " bytes" : String.valueOf(thing);
        return text.length() > 300 ? text.substring(0, 300) + "…" : text;
    }

    static byte[] bytes(String text) { return text == null ? null : text.getBytes(StandardCharsets.UTF_8); }
    static String text(byte[] bytes) { return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8); }
}
