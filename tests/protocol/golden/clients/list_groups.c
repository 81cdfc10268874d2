// Lists the empty groups with librdkafka's admin client, which uses a flexible version; see ../README.md.
// cc list_groups.c -lrdkafka && ./a.out 127.0.0.1:19300

#include <librdkafka/rdkafka.h>
#include <stdio.h>

int main(int count, char** arguments) {
  if (count != 2) return 2;
  char fault[512];
  rd_kafka_conf_t* settings = rd_kafka_conf_new();
  rd_kafka_conf_set(settings, "bootstrap.servers", arguments[1], fault, sizeof fault);
  rd_kafka_conf_set(settings, "client.id", "golden-librdkafka", fault, sizeof fault);
  rd_kafka_t* client = rd_kafka_new(RD_KAFKA_PRODUCER, settings, fault, sizeof fault);
  rd_kafka_queue_t* answers = rd_kafka_queue_new(client);
  rd_kafka_AdminOptions_t* options = rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS);
  rd_kafka_consumer_group_state_t empty[1] = {RD_KAFKA_CONSUMER_GROUP_STATE_EMPTY};
  rd_kafka_AdminOptions_set_match_consumer_group_states(options, empty, 1);
  rd_kafka_ListConsumerGroups(client, options, answers);
  rd_kafka_event_t* answer = rd_kafka_queue_poll(answers, 8000);
  printf("%s: %s\n", rd_kafka_event_name(answer), rd_kafka_event_error_string(answer));
  rd_kafka_event_destroy(answer);
  rd_kafka_queue_destroy(answers);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_destroy(client);
  return 0;
}
