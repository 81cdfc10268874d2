import java.time.Duration;
import java.util.*;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.internals.*;
import org.apache.kafka.common.serialization.*;

/** Makes Apache Kafka's client speak every API that millrace serves; see ../README.md. */
public class Drive {
  static void step(String what, java.util.concurrent.Callable<?> f) {
    try {
      f.call();
      System.out.println("ok   " + what);
    } catch (Throwable t) {
      System.out.println("FAIL " + what + ": " + t + " / " + t.getCause());
    }
  }
  /** Arguments: address, topic, and for a static member its instance id. */
  public static void main(String[] a) throws Exception {
    String at = a[0];
    String topic = a[1];
    String group = a[1] + "-group";
    Properties p = new Properties();
    p.put("bootstrap.servers", at);
    p.put("client.id", "golden-java");
    p.put("enable.metrics.push", "false");
    p.put("request.timeout.ms", "8000");
    p.put("default.api.timeout.ms", "9000");
    Admin admin = Admin.create(p);
    step("create",
        ()
            -> admin
                .createTopics(List.of(new NewTopic(topic, 2, (short) 1).configs(Map.of("retention.ms", "86400000")),
                    new NewTopic(topic + "-x", Map.of(0, List.of(1)))))
                .all()
                .get(9, TimeUnit.SECONDS));
    step("describe topic", () -> admin.describeTopics(List.of(topic)).allTopicNames().get(9, TimeUnit.SECONDS));
    step("configs",
        ()
            -> admin
                .describeConfigs(List.of(new ConfigResource(ConfigResource.Type.TOPIC, topic)),
                    new DescribeConfigsOptions().includeSynonyms(true))
                .all()
                .get(9, TimeUnit.SECONDS));
    Properties w = new Properties();
    w.putAll(p);
    w.put("key.serializer", StringSerializer.class.getName());
    w.put("value.serializer", StringSerializer.class.getName());
    w.put("delivery.timeout.ms", "9000");
    w.put("linger.ms", "5");
    step("produce", () -> {
      try (Producer<String, String> out = new KafkaProducer<>(w)) {
        for (int i = 0; i < 3; ++i)
          out.send(new ProducerRecord<>(topic, 1, 1700000000000L + i, "key-" + i, "value-" + i,
                       List.of(new RecordHeader("trace", "abc".getBytes()))))
              .get(9, TimeUnit.SECONDS);
      }
      return null;
    });
    Properties r = new Properties();
    r.putAll(p);
    r.put("key.deserializer", StringDeserializer.class.getName());
    r.put("value.deserializer", StringDeserializer.class.getName());
    r.put("group.id", group);
    r.put("auto.offset.reset", "earliest");
    r.put("enable.auto.commit", "false");
    r.put("client.rack", "rack-a");
    r.put("group.protocol", "classic");
    r.put("heartbeat.interval.ms", "300");
    r.put("session.timeout.ms", "6000");
    if (a.length > 2)
      r.put("group.instance.id", a[2]);
    KafkaConsumer<String, String> in = new KafkaConsumer<>(r);
    in.subscribe(List.of(topic));
    step("consume", () -> {
      int n = 0;
      for (int i = 0; i < 60 && n < 3; ++i) n += in.poll(Duration.ofMillis(250)).count();
      if (n < 3)
        throw new Exception("only " + n);
      return null;
    });
    step("offsets", () -> {
      TopicPartition tp = new TopicPartition(topic, 1);
      in.offsetsForTimes(Map.of(tp, 1700000000001L));
      in.endOffsets(List.of(tp));
      return null;
    });
    step("commit", () -> {
      in.commitSync(Map.of(new TopicPartition(topic, 1), new OffsetAndMetadata(3, Optional.of(0), "three read")));
      return null;
    });
    step("committed", () -> in.committed(Set.of(new TopicPartition(topic, 1), new TopicPartition(topic, 0))));
    step("heartbeats", () -> {
      for (int i = 0; i < 3; ++i) in.poll(Duration.ofMillis(250));
      return null;
    });
    step("list groups", () -> admin.listConsumerGroups().all().get(9, TimeUnit.SECONDS));
    step("describe group",
        ()
            -> admin
                .describeClassicGroups(
                    List.of(group), new DescribeClassicGroupsOptions().includeAuthorizedOperations(false))
                .all()
                .get(9, TimeUnit.SECONDS));
    step("group offsets", () -> admin.listConsumerGroupOffsets(group).all().get(9, TimeUnit.SECONDS));
    if (a.length > 2)
      step("remove member",
          ()
              -> admin
                  .removeMembersFromConsumerGroup(
                      group, new RemoveMembersFromConsumerGroupOptions(List.of(new MemberToRemove(a[2]))))
                  .all()
                  .get(9, TimeUnit.SECONDS));
    in.close();
    step("delete records",
        ()
            -> admin.deleteRecords(Map.of(new TopicPartition(topic, 1), RecordsToDelete.beforeOffset(2)))
                .all()
                .get(9, TimeUnit.SECONDS));
    step("delete topics", () -> admin.deleteTopics(List.of(topic, topic + "-x")).all().get(9, TimeUnit.SECONDS));
    admin.close();
  }
}
