import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import java.util.*;

/** Java's CloudEvents SDK against the daemon: Scenarios TABLE ADDRESS PREFIX. */
public final class Scenarios {
    interface Story { void play() throws Exception; }
    interface Publisher { int publish(String topic, CloudEvent event) throws Exception; }
    interface Reader { CloudEvent read(String topic, int offset) throws Exception; }
    private record Sent(Events.Row row, int offset, Exception trouble) {}

    private static final String VALIDATED =
        "{\"cloudevents.storage.mode\":\"preserve\",\"cloudevents.validation\":\"binary-or-structured\"}";

    private final Doors doors;
    private final List<Events.Row> table;

    private Scenarios(Doors doors, List<Events.Row> table) {
        this.doors = doors;
        this.table = table;
    }

    public static void main(String[] words) throws Exception {
        String prefix = words[2];
        try (var doors = new Doors(words[1], System.getenv("HTTP"))) {
            var scenarios = new Scenarios(doors, Events.table(words[0]));
            scenarios.everyPath(prefix + "-binary", "binary", "{}");
            scenarios.everyPath(prefix + "-preserve", "preserve", VALIDATED);
            scenario("a refusal names the attribute", () -> scenarios.refused(prefix + "-binary"));
        }
    }

    private static void scenario(String what, Story story) {
        try {
            story.play();
            System.out.println("ok " + what);
        } catch (Throwable e) {
            System.out.println("not ok " + what + ": " + e.toString().replaceAll("\\s+", " "));
            e.printStackTrace();
        }
    }

    private Map<String, Publisher> publishers() {
        Map<String, Publisher> out = new LinkedHashMap<>();
        out.put("HTTP binary", (topic, event) -> doors.post(topic, event, Doors.BINARY));
        out.put("HTTP structured", (topic, event) -> doors.post(topic, event, Doors.JSON));
        out.put("HTTP protobuf", (topic, event) -> doors.post(topic, event, Doors.PROTOBUF));
        out.put("Kafka binary", (topic, event) -> doors.produce(topic, event, Doors.BINARY));
        out.put("Kafka structured", (topic, event) -> doors.produce(topic, event, Doors.JSON));
        out.put("Kafka protobuf", (topic, event) -> doors.produce(topic, event, Doors.PROTOBUF));
        return out;
    }

    private Map<String, Reader> readers(List<CloudEvent> records) {
        Map<String, Reader> out = new LinkedHashMap<>();
        out.put("HTTP binary", (topic, offset) -> doors.get(topic, offset, "*/*"));
        out.put("HTTP structured", (topic, offset) -> doors.get(topic, offset, Doors.JSON));
        out.put("HTTP protobuf", (topic, offset) -> doors.get(topic, offset, Doors.PROTOBUF));
        out.put("Kafka", (topic, offset) -> records.get(offset));
        return out;
    }

    private void everyPath(String topic, String storage, String configs) throws Exception {
        doors.makeTopic(topic, configs);
        Map<String, List<Sent>> sent = new LinkedHashMap<>();
        publishers().forEach((path, publisher) -> {
            sent.put(path, new ArrayList<>());
            for (var row : table) sent.get(path).add(publish(topic, publisher, row));
        });
        int count = (int) sent.values().stream().flatMap(List::stream).filter(one -> one.trouble == null).count();
        var records = doors.consume(topic, count);
        sent.forEach((path, cells) -> readers(records).forEach((name, reader) ->
            scenario("stored " + storage + ": from " + path + " to " + name,
                () -> compare(topic, readable(cells, name), reader))));
        scenario("stored " + storage + ": the partition key is the record's key", () -> {
            var keys = doors.keys(topic, count).stream().filter(Objects::nonNull).toList();
            equal(Collections.nCopies(sent.size(), "größe 7"), keys, "keys");
        });
    }

    private static Sent publish(String topic, Publisher publisher, Events.Row row) {
        try {
            return new Sent(row, publisher.publish(topic, row.event()), null);
        } catch (Exception e) {
            return new Sent(row, -1, e);
        }
    }

    /** JSON by a suffix behind a dot are bytes to the SDK: it refuses to read what the standard says in structured mode. */
    private static List<Sent> readable(List<Sent> cells, String reader) {
        if (!reader.equals("HTTP structured")) return cells;
        return cells.stream().filter(one -> !one.row.name().equals("JSON by its suffix")).toList();
    }

    private static void compare(String topic, List<Sent> cells, Reader reader) throws Exception {
        for (var one : cells) {
            if (one.trouble != null) throw one.trouble;
            var found = Events.facts(reader.read(topic, one.offset));
            equal(Events.facts(one.row.event()), found, one.row.name());
        }
    }

    private static void equal(Object expected, Object found, String what) {
        if (!expected.equals(found)) throw new AssertionError(what + ": expected " + expected + ", found " + found);
    }

    /** The SDK knows fewer rules than the standard: control characters pass it. */
    private void refused(String topic) throws Exception {
        var event = CloudEventBuilder.v1(table.get(0).event()).withSubject("a\u0001b").build();
        for (String format : List.of(Doors.BINARY, Doors.JSON, Doors.PROTOBUF)) {
            boolean binary = format.equals(Doors.BINARY);
            try {
                doors.post(topic, event, format);
            } catch (Doors.Refused e) {
                var problem = Events.json(e.problem);
                equal(400, problem.get("status").intValue(), "status");
                equal("CORE-12", problem.at("/errors/0/rule").asText(), "rule");
                var place = problem.at(binary ? "/errors/0/header" : "/errors/0/pointer");
                equal(binary ? "ce-subject" : "/subject", place.asText(), "place");
                continue;
            }
            throw new AssertionError("it was taken");
        }
    }
}
