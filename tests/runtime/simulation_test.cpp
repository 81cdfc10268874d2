// A broker lives through many crashes while topics come and go and records are sent: one seed, one history.
// MILLRACE_SEED replays one. Checked after every start: what was acknowledged is there, at its offset, once; what was
// refused and told so is not read as something else; a topic that was made is there and one that was deleted is not;
// producer ids do not repeat.

#include <set>

#include "runtime/world.hpp"

namespace millrace::runtime {
namespace {

/// What a client knows of one topic. `maybe`: the last change to it was never answered.
struct Known {
  explicit Known(bool there = false) : exists(there) {}
  bool exists;
  bool maybe = false;
  std::map<std::int64_t, std::string> acknowledged;
  std::set<std::string> unanswered;
};

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : random_(seed), world_(seed) {
    world_.options.topic_defaults["segment.bytes"] = "65536";
    world_.start();
  }

  void run(int lives) {
    for (int life = 0; life < lives && !testing::Test::HasFailure(); ++life) {
      if (random_.chance(70)) world_.fake->cut_power(random_.below(300) + 1);
      for (auto steps = random_.below(60); steps > 0 && !world_.fake->power_is_off(); --steps) step();
      next_life();
      check();
    }
  }

 private:
  void step() {
    auto& [name, topic] = *std::next(topics_.begin(), static_cast<std::ptrdiff_t>(random_.below(topics_.size())));
    const auto dice = random_.below(100);
    if (dice < 70) return send(name, topic);
    if (dice < 80) return create(name, topic);
    if (dice < 87) return remove(name, topic);
    if (dice < 90) return take_producer_id();
    if (const auto read = world_.records(name + "-0")) expect_known(name, topic, *read);
  }
  void send(const std::string& name, Known& topic) {
    // Large ones fill segments.
    const auto text = std::to_string(++sent_) + std::string(random_.chance(10) ? 20'000 : 5, '.');
    const auto said = world_.send(name + "-0", text);
    if (said.starts_with("at ")) {
      topic.acknowledged[std::stoll(said.substr(3))] = text;
    } else if (said == "KAFKA_STORAGE_ERROR") {
      topic.unanswered.insert(text);
    }
  }
  void create(const std::string& name, Known& topic) {
    const auto said = world_.create(name);
    if (said == "done") topic = Known(true);
    if (said == "KAFKA_STORAGE_ERROR") topic.maybe = true;
  }
  void remove(const std::string& name, Known& topic) {
    const auto said = world_.remove(name);
    if (said == "done") topic = Known(false);
    if (said == "KAFKA_STORAGE_ERROR") topic.maybe = true;
  }
  void take_producer_id() {
    const auto id = world_.producer_id();
    if (id < 0) return;
    EXPECT_TRUE(producer_ids_.insert(id).second) << "producer id " << id << " came twice";
  }
  void next_life() {
    if (!world_.fake->power_is_off() && random_.chance(40)) {
      world_.fake->cut_power(0);
      return world_.restart();
    }
    const auto how = support::all_crashes[random_.below(std::size(support::all_crashes))];
    world_.crash_and_start(how, random_.next());
  }
  void check() {
    for (auto& [name, topic] : topics_) {
      const bool exists = world_.broker->catalog()->find(name) != nullptr;
      if (!topic.maybe) {
        EXPECT_EQ(exists, topic.exists) << name;
      } else if (exists != topic.exists) {
        topic = Known(exists);
      }
      topic.maybe = false;
      if (!exists) continue;
      const auto read = world_.records(name + "-0");
      ASSERT_TRUE(read) << name << " cannot be read";
      expect_known(name, topic, *read);
    }
  }
  static void expect_known(const std::string& name, const Known& topic,
                           const std::map<std::int64_t, std::string>& read) {
    for (const auto& [offset, text] : topic.acknowledged) {
      const auto found = read.find(offset);
      ASSERT_NE(found, read.end()) << name << " lost offset " << offset;
      ASSERT_EQ(found->second.substr(0, 12), text.substr(0, 12)) << name << " at offset " << offset;
    }
    std::int64_t expected = 0;
    for (const auto& [offset, text] : read) {
      ASSERT_EQ(offset, expected++) << name << " has a hole";
      const bool known = topic.acknowledged.contains(offset) || topic.unanswered.contains(text);
      ASSERT_TRUE(known) << name << " has at " << offset << " what nobody sent there: " << text.substr(0, 12);
    }
  }

  support::SeededRandom random_;
  World world_;
  std::map<std::string, Known> topics_{{"apples", Known()}, {"pears", Known()}, {"plums", Known()}};
  std::set<std::int64_t> producer_ids_;
  std::uint64_t sent_ = 0;
};

TEST(BrokerSimulation, LosesNothingThatItAcknowledged) {
  const auto first = support::seed_from_env(1);
  for (auto seed = first; seed < first + support::seed_count_from_env(12); ++seed) {
    SCOPED_TRACE("MILLRACE_SEED=" + std::to_string(seed));
    Simulation(seed).run(12);
    if (HasFailure()) break;
  }
}

}  // namespace
}  // namespace millrace::runtime
