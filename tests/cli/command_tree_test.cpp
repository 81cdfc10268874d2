#include "command_tree.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

#include "completion.hpp"
#include "manual_page.hpp"

namespace millrace::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A small program: a noun with a verb, a choice, a variable, a list of files.
struct Program {
  Program() {
    app.add_option("--server", text, "where it is")->envname("SERVER");
    app.add_option("-o,--output", text, "how")->check(CLI::IsMember({"table", "json"}));
    auto* topic = app.add_subcommand("topic", "Topics");
    auto* describe = topic->add_subcommand("describe", "One of them");
    describe->add_option("topic", text, "its name")->required();
    describe->add_flag("-q,--quiet", flag, "it's short");
    auto* dump = app.add_subcommand("dump", "Files")->footer(".dot first");
    dump->add_option("file", list, "which")->required();
  }
  CLI::App app{"About it.", "program"};
  std::string text;
  std::vector<std::string> list;
  bool flag = false;
};

const Argument& find(const Command& command, const std::string& name) {
  for (const auto& argument : command.arguments) {
    if (argument.names.back() == name) return argument;
  }
  throw std::out_of_range(name);
}

TEST(CommandTree, KnowsWhatTheParserKnows) {
  Program program;
  const auto root = command_tree(program.app);
  EXPECT_EQ(root.name, "program");
  ASSERT_EQ(root.children.size(), 2U);
  EXPECT_THAT(find(root, "--output").names, ElementsAre("-o", "--output"));
  EXPECT_THAT(find(root, "--output").choices, ElementsAre("table", "json"));
  EXPECT_EQ(find(root, "--server").variable, "SERVER");
  EXPECT_TRUE(find(root, "--server").takes_value);
  EXPECT_FALSE(find(root, "--help").takes_value);
  const auto& describe = root.children[0].children.at(0);
  EXPECT_EQ(find(describe, "topic").kind, Kind::topic);
  EXPECT_TRUE(find(describe, "topic").is_required && find(describe, "topic").is_positional());
  EXPECT_FALSE(find(describe, "--quiet").takes_value);
  EXPECT_EQ(find(root.children[1], "file").kind, Kind::file);
  EXPECT_TRUE(find(root.children[1], "file").is_repeated);
}

TEST(CommandTree, KnowsWhatTheBrokerCanName) {
  CLI::App app{"About it.", "program"};
  std::string text;
  for (const auto* name : {"subscription", "dlq-topic", "job", "view", "letter"}) app.add_option(name, text, "one");
  const auto root = command_tree(app);
  EXPECT_EQ(find(root, "subscription").kind, Kind::subscription);
  EXPECT_EQ(find(root, "dlq-topic").kind, Kind::dead_letter_topic);
  EXPECT_EQ(find(root, "job").kind, Kind::redrive_job);
  EXPECT_EQ(find(root, "view").kind, Kind::view);
  EXPECT_EQ(find(root, "letter").kind, Kind::text);
  for (const auto& script : {bash_completion(root), zsh_completion(root), fish_completion(root)}) {
    for (const auto* word : {"_names sub", "_names dlq", "_names dlq jobs", "_names view"}) {
      EXPECT_THAT(script, HasSubstr(word));
    }
  }
}

TEST(CommandTree, IsWalkedFromTheRootDown) {
  Program program;
  const auto root = command_tree(program.app);
  std::vector<std::string> paths;
  for (const auto& reached : all_commands(root)) paths.push_back(reached.path);
  EXPECT_THAT(paths, ElementsAre("", "topic", "topic describe", "dump"));
}

TEST(Completion, NamesEverythingInEveryShell) {
  Program program;
  const auto root = command_tree(program.app);
  for (const auto& script : {bash_completion(root), zsh_completion(root), fish_completion(root)}) {
    for (const auto* word : {"topic describe", "dump", "server", "output", "table json", "quiet"}) {
      EXPECT_THAT(script, HasSubstr(word));
    }
  }
  EXPECT_THAT(fish_completion(root), HasSubstr("'it\\'s short'"));
}

TEST(ManualPage, HasEachCommandWithItsOptionsAndEscapesWhatRoffWouldTake) {
  Program program;
  const auto page = manual_page(command_tree(program.app), "1.2");
  EXPECT_THAT(page, HasSubstr(".TH MILLRACE 1 "));
  EXPECT_THAT(page, HasSubstr(".SS \"topic describe TOPIC\"\n"));
  EXPECT_THAT(page, HasSubstr(".SS \"dump FILE...\"\n"));
  EXPECT_THAT(page, HasSubstr("\\fB\\-o, \\-\\-output\\fR \\fItable|json\\fR\n"));
  EXPECT_THAT(page, HasSubstr("Where it is. Also the variable SERVER.\n"));
  EXPECT_THAT(page, HasSubstr("\n\\&.dot first\n"));
}

}  // namespace
}  // namespace millrace::cli
