#include <gmock/gmock.h>

#include "configuration.hpp"

namespace millrace::app {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(Precedence, WithNothingGivenTheDefaultsHold) {
  Settings expected;
  expected.data_dir = "/home/ada/.local/share/millrace";
  EXPECT_EQ(Configuration().settings(), expected);
  EXPECT_EQ(Configuration().origin_of("threads"), "default");
}

TEST(Precedence, OnlyLoopbackIsServedByDefault) {
  const Settings settings = Configuration().settings();
  ASSERT_EQ(settings.listeners.size(), 2U);
  for (const Endpoint& listener : settings.listeners) EXPECT_TRUE(is_loopback(listener)) << listener.to_string();
}

TEST(Precedence, AFlagWinsOverTheEnvironmentAndThatOverTheFile) {
  Configuration given;
  given.file("\nthreads = 1\n");
  EXPECT_EQ(given.settings().threads, 1);
  EXPECT_EQ(given.origin_of("threads"), "m.toml:2");
  given.env("MILLRACE_THREADS", "2");
  EXPECT_EQ(given.settings().threads, 2);
  EXPECT_EQ(given.origin_of("threads"), "MILLRACE_THREADS");
  given.flags({"--threads", "3"});
  EXPECT_EQ(given.settings().threads, 3);
  EXPECT_EQ(given.origin_of("threads"), "--threads");
}

TEST(Precedence, TheFileMayBeNamedInTheEnvironment) {
  Configuration given;
  given.file("threads = 7").flags({"--config", "m.toml"});
  EXPECT_THAT(given.refusal(), HasSubstr("--config")) << "named twice";
  Configuration by_variable;
  by_variable.env("MILLRACE_CONFIG", "absent.toml");
  EXPECT_THAT(by_variable.refusal(), HasSubstr("absent.toml: no such file"));
}

TEST(DataDirectory, FollowsSystemdThenXdgThenHome) {
  Configuration given;
  given.env("XDG_DATA_HOME", "/data/ada");
  EXPECT_EQ(given.settings().data_dir, "/data/ada/millrace");
  given.env("STATE_DIRECTORY", "/var/lib/millrace");
  EXPECT_EQ(given.settings().data_dir, "/var/lib/millrace");
  given.flags({"--data-dir", "/elsewhere"});
  EXPECT_EQ(given.settings().data_dir, "/elsewhere");
  EXPECT_THAT(Configuration().without_env("HOME").refusal(), HasSubstr("data_dir"));
}

TEST(Refusal, NamesAnUnknownKeyItsLineAndWhatWasMeant) {
  EXPECT_EQ(Configuration().file("threads = 1\nnum_partition = 4\n").refusal(),
            "m.toml:2: unknown key num_partition; did you mean num_partitions?");
  EXPECT_THAT(Configuration().file("colour = \"red\"").refusal(), HasSubstr("m.toml:1: unknown key colour"));
}

TEST(Refusal, NamesAnUnknownVariable) {
  EXPECT_EQ(Configuration().env("MILLRACE_LISTENER", "127.0.0.1:1").refusal(),
            "environment: unknown variable MILLRACE_LISTENER; did you mean MILLRACE_LISTENERS?");
}

TEST(Refusal, LeavesTheVariablesOfOrchestratorsAndTestsAlone) {
  Configuration given;
  given.env("MILLRACE_SERVICE_HOST", "10.0.0.1")
      .env("MILLRACE_PORT_9092_TCP_ADDR", "10.0.0.1")
      .env("MILLRACE_PORT", "x")
      .env("MILLRACE_SERVER", "x")
      .env("MILLRACE_BOOTSTRAP", "x");
  given.env("MILLRACE_SEED", "1").env("MILLRACE_E2E_BIN", "x");
  EXPECT_THAT(given.refusal(), IsEmpty());
}

TEST(Refusal, NamesAnUnknownFlagAndAStrayWord) {
  EXPECT_THAT(Configuration().flags({"--thread", "1"}).refusal(), HasSubstr("did you mean --threads?"));
  EXPECT_THAT(Configuration().flags({"start"}).refusal(), HasSubstr("unknown argument start"));
  EXPECT_THAT(Configuration().flags({"--threads"}).refusal(), HasSubstr("--threads"));
}

TEST(Refusal, NamesTheBadValueItsPlaceAndWhatIsAllowed) {
  EXPECT_EQ(Configuration().file("\n\nthreads = 1025").refusal(),
            "m.toml:3: threads = 1025: must be a whole number from 0 to 1024");
  EXPECT_EQ(Configuration().env("MILLRACE_DURABILITY", "maybe").refusal(),
            "MILLRACE_DURABILITY: durability = maybe: must be \"fsync\", \"interval\" or \"os\"");
  EXPECT_EQ(Configuration().flags({"--auto-create-topics", "yes"}).refusal(),
            "--auto-create-topics: auto_create_topics = yes: must be true or false");
}

TEST(Refusal, NamesEverythingThatIsWrongAtOnce) {
  const std::string refusal = Configuration().file("threads = -1\ncolour = 1").env("MILLRACE_BROKER_ID", "x").refusal();
  EXPECT_THAT(refusal, HasSubstr("m.toml:1: threads"));
  EXPECT_THAT(refusal, HasSubstr("m.toml:2: unknown key colour"));
  EXPECT_THAT(refusal, HasSubstr("MILLRACE_BROKER_ID"));
}

TEST(Refusal, JudgesAValueInTheFileAlsoWhereAFlagWins) {
  EXPECT_THAT(Configuration().file("threads = many").refusal(), HasSubstr("m.toml:1"));
  EXPECT_THAT(Configuration().file("threads = 99999").flags({"--threads", "1"}).refusal(), HasSubstr("m.toml:1"));
}

TEST(Refusal, KeepsHostileTextOnItsLine) {
  EXPECT_THAT(Configuration().env("MILLRACE_THREADS", "1\nforged line\x1b[2J").refusal(), Not(HasSubstr("\x1b")));
  EXPECT_THAT(Configuration().flags({"--evil\nforged"}).refusal(), Not(HasSubstr("\n")));
}

TEST(Ranges, EveryNumberIsJudgedAtItsEdges) {
  EXPECT_EQ(Configuration().flags({"--retention-ms", "-1"}).settings().retention_ms, Milliseconds(-1));
  EXPECT_THAT(Configuration().flags({"--retention-ms", "-2"}).refusal(), HasSubstr("or -1 for no limit"));
  EXPECT_EQ(Configuration().flags({"--num-partitions", "10000"}).settings().num_partitions, 10'000);
  EXPECT_THAT(Configuration().flags({"--num-partitions", "10001"}).refusal(), HasSubstr("from 1 to 10000"));
  EXPECT_THAT(Configuration().flags({"--num-partitions", "0"}).refusal(), HasSubstr("from 1 to 10000"));
  EXPECT_THAT(Configuration().flags({"--segment-bytes", "99999999999999999999"}).refusal(), HasSubstr("segment_bytes"));
  EXPECT_EQ(Configuration().file("segment_bytes = 16_777_216").settings().segment_bytes, 16'777'216);
}

TEST(Listeners, AreAListInFileAndAfterCommas) {
  const std::vector<Endpoint> expected{{"127.0.0.1", 1}, {"::1", 2}, {"localhost", 3}};
  EXPECT_EQ(
      Configuration().file("listeners = [\"127.0.0.1:1\", '[::1]:2', # two\n \"localhost:3\",\n]").settings().listeners,
      expected);
  EXPECT_EQ(Configuration().env("MILLRACE_LISTENERS", "127.0.0.1:1, [::1]:2,localhost:3").settings().listeners,
            expected);
  EXPECT_EQ(
      Configuration().flags({"--listeners", "127.0.0.1:1", "--listeners=[::1]:2,localhost:3"}).settings().listeners,
      expected);
}

class BadListener : public testing::TestWithParam<const char*> {};
TEST_P(BadListener, IsRefused) {
  EXPECT_THAT(Configuration().flags({"--listeners", GetParam()}).refusal(), HasSubstr("listeners")) << GetParam();
}
INSTANTIATE_TEST_SUITE_P(Spellings, BadListener,
                         testing::Values("127.0.0.1", ":9092", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
                                         "::1:9092", "[::1:9092", "[]:9092", "[127.0.0.1]:1", "1.2.3:9092",
                                         "256.0.0.1:1", "a b:1", "PLAINTEXT://localhost:1", "127.0.0.1:1,", "-x:1"));

TEST(Listeners, BeyondThisMachineNeedTheWord) {
  Configuration given;
  given.flags({"--listeners", "192.0.2.1:9092"});
  EXPECT_THAT(given.refusal(), HasSubstr("insecure_listeners"));
  EXPECT_THAT(given.refusal(), HasSubstr("192.0.2.1:9092"));
  given.flags({"--insecure-listeners", "I accept"});
  EXPECT_TRUE(given.settings().insecure_listeners);
  EXPECT_THAT(Configuration().flags({"--listeners", "broker.example:1"}).refusal(), HasSubstr("insecure_listeners"));
  EXPECT_THAT(Configuration().flags({"--listeners", "127.1.2.3:1,localhost:2"}).refusal(), IsEmpty());
}

TEST(Listeners, AdvertisedAddressesAreAsManyAndUsable) {
  Configuration two;
  two.flags({"--listeners", "127.0.0.1:1,[::1]:2"});
  EXPECT_THAT(Configuration(two).flags({"--advertised-listeners", "a.example:1"}).refusal(),
              HasSubstr("1 addresses for 2 listeners"));
  EXPECT_THAT(Configuration(two).flags({"--advertised-listeners", "a.example:1,b.example:2"}).refusal(), IsEmpty());
  EXPECT_THAT(Configuration(two).flags({"--advertised-listeners", "a.example:1,0.0.0.0:2"}).refusal(),
              HasSubstr("0.0.0.0:2"));
  EXPECT_THAT(Configuration().flags({"--listeners", "0.0.0.0:9092", "--insecure-listeners", "I accept"}).refusal(),
              HasSubstr("advertised_listeners"));
}

TEST(Listeners, TheSameAddressTwiceIsRefusedButPortZeroIsAnyPort) {
  EXPECT_THAT(Configuration().flags({"--listeners", "127.0.0.1:1,127.0.0.1:1"}).refusal(), HasSubstr("twice"));
  EXPECT_THAT(Configuration().flags({"--listeners", "127.0.0.1:0,127.0.0.1:0"}).refusal(), IsEmpty());
}

TEST(Rules, BindKeysTogether) {
  EXPECT_THAT(Configuration().flags({"--group-min-session-timeout-ms", "2000000"}).refusal(),
              HasSubstr("group_min_session_timeout_ms: 2000000 is more than group_max_session_timeout_ms, 1800000"));
  EXPECT_THAT(Configuration().flags({"--max-message-bytes", "2000000", "--segment-bytes", "1000000"}).refusal(),
              HasSubstr("segment_bytes"));
}

TEST(Actions, AreWhatTheFlagsSay) {
  EXPECT_EQ(Configuration().loaded().action, Action::run);
  EXPECT_EQ(Configuration().flags({"--check-config"}).loaded().action, Action::check_config);
  EXPECT_EQ(Configuration().flags({"--print-config"}).loaded().action, Action::print_config);
  EXPECT_EQ(Configuration().flags({"--version"}).loaded().action, Action::version);
  EXPECT_EQ(Configuration().flags({"--help"}).loaded().action, Action::help);
}

TEST(Actions, HelpAndVersionAnswerEvenWhenTheFileIsBroken) {
  EXPECT_EQ(Configuration().file("nonsense").flags({"--version"}).loaded().action, Action::version);
  EXPECT_EQ(Configuration().file("nonsense").flags({"--help"}).loaded().action, Action::help);
}

TEST(Actions, HelpNamesEveryFlag) {
  const std::string help = Configuration().flags({"--help"}).loaded().help;
  for (const Key& key : keys()) EXPECT_THAT(help, HasSubstr(key.flag()));
}

}  // namespace
}  // namespace millrace::app
