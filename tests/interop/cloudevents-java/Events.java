import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.util.*;

/** The events that are published, and what is compared of one. */
final class Events {
    record Row(String name, CloudEvent event) {}

    private static final ObjectMapper JSON = new ObjectMapper();

    static List<Row> table(String path) throws Exception {
        List<Row> out = new ArrayList<>();
        for (JsonNode row : JSON.readTree(Path.of(path).toFile())) out.add(new Row(row.get("name").asText(), made(row)));
        return out;
    }

    private static CloudEvent made(JsonNode row) throws Exception {
        var attributes = row.get("attributes");
        var builder = CloudEventBuilder.v1();
        for (var field : attributes.properties()) {
            String text = field.getValue().asText();
            switch (field.getKey()) {
                case "id" -> builder.withId(text);
                case "source" -> builder.withSource(URI.create(text));
                case "type" -> builder.withType(text);
                case "subject" -> builder.withSubject(text);
                case "time" -> builder.withTime(OffsetDateTime.parse(text));
                case "dataschema" -> builder.withDataSchema(URI.create(text));
                case "datacontenttype" -> builder.withDataContentType(text);
                default -> extend(builder, field.getKey(), field.getValue());
            }
        }
        if (row.has("json")) builder.withData(JSON.writeValueAsBytes(row.get("json")));
        if (row.has("text")) builder.withData(row.get("text").asText().getBytes(StandardCharsets.UTF_8));
        if (row.has("base64")) builder.withData(row.get("base64").binaryValue());
        return builder.build();
    }

    private static void extend(CloudEventBuilder builder, String name, JsonNode value) {
        if (value.isBoolean()) builder.withExtension(name, value.booleanValue());
        else if (value.isInt()) builder.withExtension(name, value.intValue());
        else builder.withExtension(name, value.asText());
    }

    /** Attributes as their canonical strings, and the data: a value if they are JSON, else bytes. */
    static Map<String, Object> facts(CloudEvent event) throws Exception {
        Map<String, Object> out = new TreeMap<>();
        for (String name : event.getAttributeNames())
            if (event.getAttribute(name) != null) out.put(name, event.getAttribute(name).toString());
        for (String name : event.getExtensionNames()) out.put(name, event.getExtension(name).toString());
        byte[] data = event.getData() == null ? new byte[0] : event.getData().toBytes();
        boolean isJson = String.valueOf(event.getDataContentType()).matches("application/(.*\\+)?json");
        out.put("(data)", isJson ? JSON.readTree(data) : HexFormat.of().formatHex(data));
        return out;
    }

    static JsonNode json(byte[] text) throws Exception { return JSON.readTree(text); }
}
