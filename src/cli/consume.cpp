// millrace consume: prints records of a topic, up to its end or for as long as somebody looks.

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>

#include "addresses.hpp"
#include "assignments.hpp"
#include "cloud_event.hpp"
#include "commands.hpp"
#include "consumer.hpp"
#include "event_filter.hpp"
#include "interruption.hpp"
#include "millrace/core/escaped.hpp"
#include "output.hpp"
#include "record_format.hpp"
#include "record_views.hpp"

namespace millrace::cli {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto unreachable_max = std::chrono::seconds(15);

struct ConsumeWish {
  ConsumerWish consumer;
  std::string from;
  std::int32_t partition = -1;
  bool follow = false;
  std::uint64_t count = 0;  ///< 0: all
  std::string format;
  std::string delimiter = "\\n";
  double timeout = 0;               ///< seconds; 0: none
  std::vector<std::string> wanted;  ///< name=value of attributes that an event must have; none: every record
  std::string filter;               ///< CESQL that must be true of it; empty: none
};

/// Which records are printed.
class Selection {
 public:
  Selection(const std::vector<std::string>& wanted, std::optional<filter::Expression> filter)
      : wanted_(wanted), filter_(std::move(filter)) {}

  /// Whether the record is an event with these attributes that passes the filter.
  [[nodiscard]] bool takes(const Record& record) {
    if (wanted_.empty() && !filter_) return true;
    const auto event = cloud_event_of(record);
    return event && has_wanted(*event) && (!filter_ || filter_->matches(filter::EventAttributes(*event), scratch_));
  }

 private:
  [[nodiscard]] bool has_wanted(const cloudevents::Event& event) const {
    return std::ranges::all_of(wanted_, [&](const std::string& each) {
      const auto equals = each.find('=');
      const auto* attribute = event.find(each.substr(0, equals));
      return attribute != nullptr && attribute->text == each.substr(equals + 1);
    });
  }

  const std::vector<std::string>& wanted_;
  std::optional<filter::Expression> filter_;
  filter::Scratch scratch_;
};

using PrintRecord = std::function<std::string(const Record&)>;

/// How a record is printed. Errc::invalid for a format string that is none.
Result<PrintRecord> print_of(const ConsumeWish& wish, const Common& common) {
  if (!wish.format.empty()) {
    auto format = RecordFormat::parse(wish.format);
    if (!format) return failure_of(format);
    return [format = std::move(*format)](const Record& record) { return format.text(record); };
  }
  if (common.output == "raw") {
    auto delimiter = unescaped(wish.delimiter);
    if (!delimiter) return failure_of(delimiter);
    return [delimiter = std::move(*delimiter)](const Record& record) { return record.value.value_or("") + delimiter; };
  }
  if (common.output == "json") return [](const Record& record) { return json_of(record).dump() + "\n"; };
  if (common.output == "id") return [](const Record& record) { return escaped(place_of(record)) + "\n"; };
  return [paint = paint_of(common)](const Record& record) { return people_text(record, paint); };
}

class Consuming {
 public:
  Consuming(const ConsumeWish& wish, Consumer& consumer, PrintRecord print, Selection selection)
      : wish_(wish), consumer_(consumer), print_(std::move(print)), selection_(std::move(selection)) {}

  int run() {
    while (!is_finished()) {
      auto message = consumer_.next(output_.has_unwritten() ? 0 : 100);
      if (!message) return end(refused, message.error().message);
      if (*message) {
        take(**message);
      } else {
        hand_on();
        if (!is_worth_waiting()) return end(unreachable, "no broker answers any more: " + consumer_.why());
      }
    }
    const bool is_short = wish_.count > 0 && printed_ < wish_.count && has_timed_out_;
    return is_short ? end(refused, "only " + std::to_string(printed_) + " of " + std::to_string(wish_.count) +
                                       " records came in time")
                    : end(done, "");
  }

 private:
  bool is_finished() {
    if (is_interrupted() || !output_.is_open()) return true;
    if (wish_.count > 0 && printed_ == wish_.count) return true;
    if (!wish_.follow && consumer_.is_at_end()) return true;
    has_timed_out_ = wish_.timeout > 0 && Clock::now() - last_ > std::chrono::duration<double>(wish_.timeout);
    return has_timed_out_;
  }

  void take(const rd_kafka_message_t& message) {
    last_ = Clock::now();
    if (!wish_.follow && !consumer_.was_there(message)) return;
    const auto record = kafka::record_of(message);
    printed_up_to_[message.partition] = message.offset;
    if (!selection_.takes(record)) return;
    output_.write(print_(record));
    ++printed_;
  }

  /// What is printed may be committed, and not before.
  void hand_on() {
    if (!output_.flush()) return;
    for (const auto& [partition, offset] : printed_up_to_) consumer_.handed_on(wish_.consumer.topic, partition, offset);
    printed_up_to_.clear();
  }

  bool is_worth_waiting() {
    if (!consumer_.is_unreachable()) {
      unreachable_since_.reset();
      return true;
    }
    if (!unreachable_since_) {
      unreachable_since_ = Clock::now();
      if (wish_.follow) complain(unreachable, "the broker is gone; waiting for it");
    }
    return wish_.follow || Clock::now() - *unreachable_since_ < unreachable_max;
  }

  int end(int code, const std::string& why) {
    hand_on();
    consumer_.close();
    if (!output_.fault().empty()) return complain(refused, "the output could not be written: " + output_.fault());
    return why.empty() ? code : complain(code, why);
  }

  const ConsumeWish& wish_;
  Consumer& consumer_;
  PrintRecord print_;
  Selection selection_;
  Output output_;
  std::uint64_t printed_ = 0;
  std::map<std::int32_t, std::int64_t> printed_up_to_;
  Clock::time_point last_ = Clock::now();
  bool has_timed_out_ = false;
  std::optional<Clock::time_point> unreachable_since_;
};

/// What the options say together; a text: why they cannot stand together.
std::optional<std::string> settle(ConsumeWish& wish) {
  auto& consumer = wish.consumer;
  if (wish.partition >= 0) consumer.partition = wish.partition;
  if (!wish.from.empty()) {
    const auto from = parse_from(wish.from);
    if (!from) return from.error().message;
    consumer.from = *from;
  }
  const auto kind = consumer.from.kind;
  if (consumer.group.empty() || kind == From::Kind::beginning || kind == From::Kind::end) return std::nullopt;
  return "--from " + wish.from +
         " is not for a group, which begins where it stands; with -g it is earliest or latest, " +
         "for partitions of which nothing is committed";
}

int consume(ConsumeWish& wish, const Common& common) {
  if (const auto fault = settle(wish)) return complain(wrong_usage, *fault);
  auto print = print_of(wish, common);
  if (!print) return complain(wrong_usage, print.error().message);
  auto filter = filter_of(wish.filter);
  if (!filter) return complain(wrong_usage, filter.error().message);
  const auto bootstrap = kafka_address(wish.consumer.bootstrap, common.server);
  if (!bootstrap) return complain(address_code(bootstrap.error()), bootstrap.error().message);
  wish.consumer.bootstrap = *bootstrap;
  notice_interruptions();
  const auto consumer = Consumer::start(wish.consumer);
  if (!consumer) {
    return complain(exit_code_of(consumer.error()), topic_hint(consumer.error(), wish.consumer.topic));
  }
  return Consuming(wish, **consumer, std::move(*print), Selection(wish.wanted, std::move(*filter))).run();
}

}  // namespace

void add_consume(CLI::App& app, const Common& common, int& code) {
  const auto wish = std::make_shared<ConsumeWish>();
  auto* command = app.add_subcommand("consume", "Prints the records of a topic")->fallthrough();
  command->add_option("topic", wish->consumer.topic, "its name")->required();
  command->add_flag("-f,--follow", wish->follow, "goes on with what comes; Ctrl-C ends it");
  command->add_option("-n,--count", wish->count, "ends after so many")->check(CLI::PositiveNumber);
  command->add_option("--from", wish->from, "earliest, latest, an offset, -N for the last N, a time (RFC 3339)");
  auto* partition =
      command->add_option("-p,--partition", wish->partition, "that one alone")->check(CLI::NonNegativeNumber);
  command->add_option("-g,--group", wish->consumer.group, "as a member of it; commits what was printed")
      ->excludes(partition);
  auto* format = command->add_option("--format", wish->format, "%t %p %o %T %D %k %v %h: docs/millrace.md");
  command->add_option("--delimiter", wish->delimiter, "behind each value of -o raw")->excludes(format);
  command->add_option("--timeout", wish->timeout, "ends when nothing came for so many seconds")
      ->check(CLI::PositiveNumber);
  command->add_option("--where", wish->wanted, "name=value: only events with this attribute; as often as wanted")
      ->check(is_assignment);
  command->add_option("--filter", wish->filter, "only events for which this CloudEvents SQL is true: docs/filters.md");
  for (const char* name : {"type", "source", "subject"}) {
    command->add_option_function<std::string>(
        std::string("--") + name,
        [wish, name](const std::string& value) { wish->wanted.push_back(std::string(name) + "=" + value); },
        std::string("only events of this ") + name);
  }
  add_bootstrap(*command, wish->consumer.bootstrap);
  command->footer("-o json prints a line of JSON for each record, raw the values alone, id topic/partition/offset.");
  command->callback([wish, &common, &code] { code = consume(*wish, common); });
}

}  // namespace millrace::cli
