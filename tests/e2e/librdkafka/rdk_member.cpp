// rdk_member --broker host:port --group id --topics a,b [-X key=value]…
//
// One member of a consumer group, told what to do on stdin and telling what happens on stdout:
//
//   assigned / revoked / lost  topic:partition,…      record …(rdk.hpp)      error <name>
//   > commit [text]    commits the position with that metadata, prints committed topic:partition:offset,… or error
//   > position         prints position topic:partition:offset,…
//   > close            leaves the group (a static member does not) and exits with 0
//
// It handles eager and cooperative assignors alike; kill -9 is how a test makes it crash.

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <sstream>
#include <string>

#include "rdk.hpp"

namespace millrace::e2e {
namespace {

std::string list_text(const rd_kafka_topic_partition_list_t* list, bool offsets) {
  std::string out;
  for (int i = 0; i < list->cnt; ++i) {
    const auto& entry = list->elems[i];
    if (i != 0) out += ',';
    out += std::string(entry.topic) + ":" + std::to_string(entry.partition);
    if (offsets) out += ":" + std::to_string(entry.offset);
  }
  return out;
}

void note(rd_kafka_error_t* error) {
  if (error == nullptr) return;
  say(std::string("error\t") + rd_kafka_error_name(error));
  rd_kafka_error_destroy(error);
}

void rebalance(rd_kafka_t* client, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* list, void*) {
  const bool cooperative = std::string(rd_kafka_rebalance_protocol(client)) == "COOPERATIVE";
  if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    if (cooperative) {
      note(rd_kafka_incremental_assign(client, list));
    } else {
      rd_kafka_assign(client, list);
    }
    say("assigned\t" + list_text(list, false));
    return;
  }
  const bool lost = rd_kafka_assignment_lost(client) != 0;
  if (cooperative) {
    note(rd_kafka_incremental_unassign(client, list));
  } else {
    rd_kafka_assign(client, nullptr);
  }
  say((lost ? "lost\t" : "revoked\t") + list_text(list, false));
}

Partitions positions(rd_kafka_t* client) {
  rd_kafka_topic_partition_list_t* list = nullptr;
  if (rd_kafka_assignment(client, &list) != RD_KAFKA_RESP_ERR_NO_ERROR) fail("assignment");
  Partitions out(list);
  rd_kafka_position(client, out.get());
  return out;
}

void commit(rd_kafka_t* client, const std::string& metadata) {
  const Partitions list = positions(client);
  for (int i = list->cnt - 1; i >= 0; --i) {
    if (list->elems[i].offset < 0) rd_kafka_topic_partition_list_del_by_idx(list.get(), i);
  }
  for (int i = 0; i < list->cnt && !metadata.empty(); ++i) {
    list->elems[i].metadata = strdup(metadata.c_str());
    list->elems[i].metadata_size = metadata.size();
  }
  const auto error = rd_kafka_commit(client, list.get(), 0);
  say(error == RD_KAFKA_RESP_ERR_NO_ERROR ? "committed\t" + list_text(list.get(), true)
                                          : std::string("error\t") + rd_kafka_err2name(error));
}

bool command_waits() {
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  return poll(&input, 1, 0) > 0;
}

/// One line of stdin, read byte by byte so that poll() and the buffer never disagree; "close" at its end.
std::string read_command() {
  std::string out;
  char c = 0;
  while (read(STDIN_FILENO, &c, 1) == 1) {
    if (c == '\n') return out;
    out += c;
  }
  return "close";
}

void subscribe(rd_kafka_t* client, const std::string& topics) {
  const Partitions list(rd_kafka_topic_partition_list_new(4));
  std::istringstream names(topics);
  for (std::string name; std::getline(names, name, ',');) {
    rd_kafka_topic_partition_list_add(list.get(), name.c_str(), RD_KAFKA_PARTITION_UA);
  }
  if (const auto error = rd_kafka_subscribe(client, list.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    fail(rd_kafka_err2str(error));
  }
}

int run(const Arguments& arguments) {
  rd_kafka_conf_t* configuration = make_configuration(arguments);
  set(configuration, "group.id", arguments.text("group"));
  const bool says_how =
      std::ranges::any_of(arguments.properties, [](const auto& each) { return each.first == "enable.auto.commit"; });
  if (!says_how) set(configuration, "enable.auto.commit", "false");
  rd_kafka_conf_set_rebalance_cb(configuration, rebalance);
  const Client client = make_client(RD_KAFKA_CONSUMER, configuration);
  rd_kafka_poll_set_consumer(client.get());
  subscribe(client.get(), arguments.text("topics"));
  while (true) {
    if (const Message message(rd_kafka_consumer_poll(client.get(), 50)); message != nullptr) {
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        print_record(*message);
      } else {
        say(std::string("error\t") + rd_kafka_err2name(message->err));
      }
    }
    if (!command_waits()) continue;
    const std::string command = read_command();
    if (command.starts_with("commit")) {
      commit(client.get(), command.size() > 7 ? command.substr(7) : "");
    } else if (command == "position") {
      say("position\t" + list_text(positions(client.get()).get(), true));
    } else if (command == "close") {
      rd_kafka_consumer_close(client.get());
      say("closed");
      return 0;
    } else {
      fail("unknown command " + command);
    }
  }
}

}  // namespace
}  // namespace millrace::e2e

int main(int argc, char** argv) { return millrace::e2e::run(millrace::e2e::parse_arguments(argc, argv)); }
