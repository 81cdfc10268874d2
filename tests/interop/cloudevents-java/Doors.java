import io.cloudevents.CloudEvent;
import io.cloudevents.http.HttpMessageFactory;
import io.cloudevents.kafka.*;
import io.cloudevents.jackson.JsonFormat;
import io.cloudevents.protobuf.ProtobufFormat;
import java.net.*;
import java.net.http.*;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.*;

/** The ways by which the SDK publishes an event and reads one. */
final class Doors implements AutoCloseable {
    static final class Refused extends Exception {
        final byte[] problem;

        Refused(int status, byte[] problem) {
            super(status + " " + new String(problem, StandardCharsets.UTF_8));
            this.problem = problem;
        }
    }

    /** How an event is written: as headers and a body, or in one of the formats. */
    static final String BINARY = "", JSON = JsonFormat.CONTENT_TYPE, PROTOBUF = ProtobufFormat.PROTO_CONTENT_TYPE;

    private final String address, base;
    private final HttpClient http = HttpClient.newHttpClient();
    private final Map<String, KafkaProducer<String, CloudEvent>> producers = new HashMap<>();

    Doors(String address, String http) {
        this.address = address;
        this.base = "http://" + http + "/v1/topics";
        for (String format : List.of(BINARY, JSON, PROTOBUF)) producers.put(format, producer(format));
    }

    private KafkaProducer<String, CloudEvent> producer(String format) {
        Map<String, Object> settings = new HashMap<>(Map.of(
            "bootstrap.servers", address,
            "key.serializer", StringSerializer.class,
            "value.serializer", CloudEventSerializer.class,
            "interceptor.classes", PartitionKeyExtensionInterceptor.class.getName(),
            CloudEventSerializer.ENCODING_CONFIG, format.equals(BINARY) ? "BINARY" : "STRUCTURED"));
        if (!format.equals(BINARY)) settings.put(CloudEventSerializer.EVENT_FORMAT_CONFIG, format);
        return new KafkaProducer<>(settings);
    }

    @Override public void close() { producers.values().forEach(KafkaProducer::close); }

    void makeTopic(String name, String configs) throws Exception {
        String body = "{\"name\":\"" + name + "\",\"partitions\":1,\"configs\":" + configs + "}";
        ask(HttpRequest.newBuilder(URI.create(base)).header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    private HttpResponse<byte[]> ask(HttpRequest.Builder request) throws Exception {
        var answer = http.send(request.timeout(Duration.ofSeconds(30)).build(), HttpResponse.BodyHandlers.ofByteArray());
        if (answer.statusCode() >= 300) throw new Refused(answer.statusCode(), answer.body());
        return answer;
    }

    /** The SDK does not percent-encode, and the client makes question marks of what is not ASCII. */
    private static String encoded(String name, String value) {
        if (!name.toLowerCase().startsWith("ce-")) return value;
        return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static String decoded(String value) {
        return URLDecoder.decode(value.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /** Returns where the event is. */
    int post(String topic, CloudEvent event, String format) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(base + "/" + topic + "/events"));
        var writer = HttpMessageFactory.createWriter(
            (name, value) -> request.header(name, encoded(name, value)),
            body -> request.POST(HttpRequest.BodyPublishers.ofByteArray(body == null ? new byte[0] : body)));
        if (format.equals(BINARY)) writer.writeBinary(event);
        else writer.writeStructured(event, format);
        return Events.json(ask(request).body()).get("offset").intValue();
    }

    int produce(String topic, CloudEvent event, String format) throws Exception {
        return (int) producers.get(format).send(new ProducerRecord<>(topic, event)).get().offset();
    }

    CloudEvent get(String topic, int offset, String accept) throws Exception {
        String place = base + "/" + topic + "/partitions/0/events?offset=" + offset + "&max_events=1";
        var answer = ask(HttpRequest.newBuilder(URI.create(place)).header("Accept", accept));
        Map<String, String> fields = new HashMap<>();
        answer.headers().map().forEach((name, values) -> fields.put(name, decoded(values.get(0))));
        return HttpMessageFactory.createReader(fields, answer.body()).toEvent();
    }

    /** Kafka's consumer asks no deserializer about a null value, but in binary mode that is an event without data. */
    List<CloudEvent> consume(String topic, int count) throws Exception {
        List<CloudEvent> got = new ArrayList<>();
        for (var record : records(topic, count, new CloudEventDeserializer()))
            got.add(record.value() != null ? record.value()
                : KafkaMessageFactory.createReader(record.headers(), (byte[]) null).toEvent());
        return got;
    }

    List<String> keys(String topic, int count) {
        return records(topic, count, new ByteArrayDeserializer()).stream().map(ConsumerRecord::key).toList();
    }

    private <V> List<ConsumerRecord<String, V>> records(String topic, int count, Deserializer<V> values) {
        List<ConsumerRecord<String, V>> got = new ArrayList<>();
        Map<String, Object> settings = Map.of("bootstrap.servers", address, "fetch.max.wait.ms", "50");
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), values)) {
            var partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seek(partition, 0);
            for (int turn = 0; got.size() < count && turn < 300; turn++)
                consumer.poll(Duration.ofMillis(100)).forEach(got::add);
        }
        if (got.size() != count) throw new AssertionError(got.size() + " of " + count + " records");
        return got;
    }
}
