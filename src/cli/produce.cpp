// millrace produce: lines of standard input, or one file, as records of a topic.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <iostream>
#include <memory>

#include "addresses.hpp"
#include "commands.hpp"
#include "interruption.hpp"
#include "line_reader.hpp"
#include "producer.hpp"
#include "progress_bar.hpp"
#include "record_lines.hpp"

namespace millrace::cli {

namespace {

struct ProduceWish {
  std::string topic;
  std::string bootstrap;
  std::string form = "lines";
  std::string file;
  std::string key;
  std::vector<std::string> headers;
  std::string acks = "all";
  bool no_progress = false;
  LineRules rules;
};

std::uint64_t size_of(int descriptor) {
  struct stat about{};
  const bool is_file = ::fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode);
  return is_file ? static_cast<std::uint64_t>(about.st_size) : 0;
}

Told told_of(const std::string& output) {
  return output == "json" ? Told::json : output == "id" ? Told::ids : Told::nothing;
}

std::string is_header(const std::string& text) {
  const auto parsed = parse_header(text);
  return parsed ? "" : parsed.error().message;
}

class Producing {
 public:
  Producing(const ProduceWish& wish, Producer& producer)
      : wish_(wish), producer_(producer), bar_(size_of(STDIN_FILENO), !wish.no_progress && wish.file.empty()) {
    producer_.on_trouble = [this](const std::string& what) {
      bar_.clear();
      complain(refused, what);
    };
  }

  int run() {
    if (wish_.file.empty()) {
      send_lines();
    } else {
      send_file();
    }
    producer_.finish();
    bar_.clear();
    std::cerr << producer_.summary() << "\n";
    if (producer_.is_unreachable()) return unreachable;
    return is_refused_ || producer_.refused_count() > 0 ? refused : done;
  }

 private:
  void send_lines() {
    LineReader reader(STDIN_FILENO);
    for (std::uint64_t number = 1; !producer_.is_over();) {
      if (is_interrupted())
        return refuse("interrupted: what was read before line " + std::to_string(number) + " was sent");
      std::string_view line;
      producer_.poll();
      const auto state = reader.next(line, 50);
      if (!state) return refuse_line(number, state.error().message);
      if (*state == LineReader::State::end) return;
      if (*state == LineReader::State::nothing_yet) {
        producer_.flush_output();
        continue;
      }
      const auto record = record_of(line, wish_.rules);
      if (!record) return refuse_line(number, record.error().message);
      if (*record && !send(**record, number)) return;
      bar_.show(reader.bytes());
      ++number;
    }
  }

  void send_file() {
    const int descriptor = ::open(wish_.file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return refuse("file " + wish_.file + " cannot be opened");
    LineRules rules = wish_.rules;
    std::string content(static_cast<std::size_t>(size_of(descriptor)) + 1, '\0');
    std::size_t held = 0;
    for (ssize_t count = 1; count > 0 && held <= limits::request_bytes_max; held += static_cast<std::size_t>(count)) {
      if (held == content.size()) content.resize(held * 2);
      count = std::max<ssize_t>(0, ::read(descriptor, content.data() + held, content.size() - held));
    }
    ::close(descriptor);
    if (held > limits::request_bytes_max) return refuse("file " + wish_.file + " is larger than 100 MiB");
    content.resize(held);
    rules.form = LineForm::plain;
    rules.key_separator.clear();
    const auto record = record_of(content, rules);
    if (record && *record) send(**record, 0);
  }

  bool send(const Record& record, std::uint64_t line) {
    if (record.partition >= producer_.partition_count()) {
      refuse_line(line, "partition " + std::to_string(record.partition) + " does not exist: topic " + wish_.topic +
                            " has " + std::to_string(producer_.partition_count()) + ", from 0 on");
      return false;
    }
    if (const auto sent = producer_.send(record, line); !sent) {
      refuse_line(line, sent.error().message);
      return false;
    }
    return true;
  }

  void refuse(const std::string& what) {
    bar_.clear();
    is_refused_ = true;
    complain(refused, what);
  }
  void refuse_line(std::uint64_t line, const std::string& rule) {
    if (line == 0) return refuse(wish_.file + ": " + rule);
    refuse("line " + std::to_string(line) + ": " + rule + "\nIt and what is behind it was not sent");
  }

  const ProduceWish& wish_;
  Producer& producer_;
  ProgressBar bar_;
  bool is_refused_ = false;
};

int produce(ProduceWish& wish, const Common& common) {
  if (wish.form == "json") wish.rules.form = LineForm::json;
  if (wish.form == "cloudevents") wish.rules.form = LineForm::cloudevents;
  if (!wish.key.empty()) wish.rules.key = wish.key;
  for (const auto& header : wish.headers) wish.rules.headers.push_back(*parse_header(header));
  const auto bootstrap = kafka_address(wish.bootstrap, common.server);
  if (!bootstrap) return complain(address_code(bootstrap.error()), bootstrap.error().message);
  notice_interruptions();
  const auto producer = Producer::start(*bootstrap, wish.topic, wish.acks, told_of(common.output));
  if (!producer) return complain(exit_code_of(producer.error()), topic_hint(producer.error(), wish.topic));
  return Producing(wish, **producer).run();
}

}  // namespace

void add_produce(CLI::App& app, const Common& common, int& code) {
  const auto wish = std::make_shared<ProduceWish>();
  auto* command = app.add_subcommand("produce", "Sends lines of standard input, or a file, to a topic")->fallthrough();
  command->add_option("topic", wish->topic, "its name")->required();
  auto* form = command->add_option("--format", wish->form, "what a line is: a value, a JSON object, a CloudEvent")
                   ->check(CLI::IsMember({"lines", "json", "cloudevents"}));
  auto* separator =
      command->add_option("-K,--key-separator", wish->rules.key_separator, "stands between key and value");
  auto* key = command->add_option("-k,--key", wish->key, "of every record that has none itself");
  command->add_option("-H,--header", wish->headers, "name=value, as often as wanted")
      ->check(is_header)
      ->allow_extra_args(false);
  command->add_option("-p,--partition", wish->rules.partition, "instead of the one that the key decides")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--file", wish->file, "sends its content as one value")->excludes(form, separator);
  separator->excludes(key);
  command->add_option("--acks", wish->acks, "who must have it")->check(CLI::IsMember({"all", "1", "0"}));
  command->add_flag("--no-progress", wish->no_progress, "shows no progress on a terminal");
  add_bootstrap(*command, wish->bootstrap);
  command->footer("-o id prints topic/partition/offset of each record, -o json an object.");
  command->callback([wish, &common, &code] { code = produce(*wish, common); });
}

}  // namespace millrace::cli
