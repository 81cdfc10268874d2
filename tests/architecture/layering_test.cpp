// What each folder may include. The table is the architecture: docs/architecture.md tells why, this holds it there.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <regex>
#include <set>

#include "tree.hpp"

namespace millrace::architecture {
namespace {

using Names = std::set<std::string>;
using testing::HasSubstr;
using testing::IsEmpty;

struct Layer {
  Names ours;                   ///< folders whose public headers it may include
  Names third_party;            ///< libraries that it may include, in headers too
  Names third_party_in_source;  ///< … in .cpp files only
  bool pure = false;            ///< may not wait, print, ask the time or touch a file
};

const Names everyone{"core",        "metrics",       "record",  "disk",    "log",      "protocol",
                     "cloudevents", "filter",        "broker",  "groups",  "delivery", "deadletter",
                     "push",        "subscriptions", "views",   "runtime", "sender",   "redrive",
                     "dispatch",    "forward",       "tracing", "webhook", "kafka",    "http"};

const std::map<std::string, Layer> layers{
    {"core", {{}, {"expected"}, {"isa-l"}, true}},
    {"metrics", {{"core"}, {}, {"prometheus", "json"}, true}},
    {"record", {{"core"}, {}, {"compression"}, true}},
    {"disk", {{"core"}, {}, {"posix"}, false}},
    {"log", {{"core", "record", "disk"}, {}, {}, true}},
    {"protocol", {{"core"}, {}, {}, true}},
    {"cloudevents", {{"core", "record"}, {"expected"}, {"protozero", "simdjson"}, true}},
    {"filter", {{"core", "record", "cloudevents"}, {"expected"}, {"json"}, true}},
    {"broker", {{"core", "record", "cloudevents", "disk", "log"}, {}, {"json"}, true}},
    {"groups", {{"core"}, {}, {"re2"}, true}},
    {"delivery", {{"core"}, {}, {}, true}},
    {"deadletter", {{"core", "record", "cloudevents", "delivery"}, {"expected"}, {"protozero"}, true}},
    {"push", {{"core", "cloudevents", "delivery"}, {"expected"}, {}, true}},
    {"subscriptions", {{"core", "cloudevents", "filter", "delivery", "push"}, {"expected", "json"}, {}, true}},
    {"views", {{"core", "record", "cloudevents", "filter"}, {"expected", "json"}, {}, true}},
    {"runtime",
     {{"core", "record", "disk", "log", "broker", "groups", "delivery"}, {"asio", "spdlog"}, {"posix", "json"}, false}},
    {"sender",
     {{"core", "push", "subscriptions", "runtime"}, {"asio", "beast"}, {"openssl", "posix", "spdlog"}, false}},
    {"redrive",
     {{"core", "record", "cloudevents", "filter", "broker", "runtime", "delivery", "deadletter"},
      {"expected", "spdlog"},
      {"json"},
      false}},
    {"dispatch",
     {{"core", "disk", "record", "cloudevents", "filter", "broker", "groups", "delivery", "subscriptions", "runtime",
       "redrive"},
      {"expected", "spdlog", "json"},
      {"openssl"},
      false}},
    {"forward",
     {{"core", "record", "cloudevents", "broker", "runtime", "delivery", "subscriptions", "dispatch"},
      {"spdlog"},
      {},
      false}},
    {"tracing", {{"core", "metrics", "runtime"}, {"asio", "beast"}, {"spdlog", "protozero"}, false}},
    {"webhook",
     {{"core", "metrics", "record", "cloudevents", "broker", "delivery", "deadletter", "push", "subscriptions",
       "runtime", "redrive", "dispatch", "tracing", "sender"},
      {"asio", "expected", "spdlog"},
      {},
      false}},
    {"kafka",
     {{"core", "metrics", "record", "protocol", "broker", "groups", "runtime", "tracing"},
      {"asio", "spdlog"},
      {"posix"},
      false}},
    {"http",
     {{"core", "metrics", "record", "cloudevents", "filter", "deadletter", "delivery", "push", "subscriptions",
       "broker", "groups", "runtime", "dispatch", "redrive", "tracing", "views"},
      {"asio", "beast", "expected", "spdlog", "json"},
      {"posix"},
      false}},
    {"cli",
     {{"core", "metrics", "record", "cloudevents", "filter", "deadletter", "disk", "log"},
      {"cli11", "expected", "json", "rdkafka"},
      {"asio", "beast", "boost", "posix"},
      false}},
    {"app", {everyone, {"spdlog"}, {"asio", "cli11", "json", "posix"}, false}},
};

/// Which library a header of neither ours nor the standard's belongs to; the header itself when it is not known.
std::string library_of(const std::string& header) {
  static const std::vector<std::pair<std::string, std::string>> prefixes{
      {"boost/asio", "asio"},     {"boost/beast", "beast"},  {"boost/", "boost"},           {"spdlog/", "spdlog"},
      {"fmt/", "spdlog"},         {"CLI/", "cli11"},         {"nlohmann/", "json"},         {"tl/expected", "expected"},
      {"isa-l/", "isa-l"},        {"zstd.h", "compression"}, {"lz4", "compression"},        {"snappy", "compression"},
      {"zlib.h", "compression"},  {"sys/", "posix"},         {"netinet/", "posix"},         {"arpa/", "posix"},
      {"unistd.h", "posix"},      {"fcntl.h", "posix"},      {"dirent.h", "posix"},         {"pthread.h", "posix"},
      {"sched.h", "posix"},       {"poll.h", "posix"},       {"netdb.h", "posix"},          {"signal.h", "posix"},
      {"time.h", "posix"},        {"re2/", "re2"},           {"prometheus/", "prometheus"}, {"librdkafka/", "rdkafka"},
      {"simdjson.h", "simdjson"}, {"openssl/", "openssl"},   {"protozero/", "protozero"}};
  for (const auto& [prefix, library] : prefixes) {
    if (header.starts_with(prefix)) return library;
  }
  return header;
}

bool is_standard(const std::string& header) { return header.find_first_of("./") == std::string::npos; }

/// Standard headers that make a folder wait, print, ask the time or touch a file.
const Names impure_headers{"thread",    "mutex",      "shared_mutex", "condition_variable", "future",
                           "semaphore", "latch",      "barrier",      "stop_token",         "iostream",
                           "fstream",   "filesystem", "csignal"};

std::string judge(const SourceFile& file, const Layer& layer, bool quoted, const std::string& header) {
  if (header.starts_with("millrace/")) {
    const std::string folder = header.substr(9, header.find('/', 9) - 9);
    if (folder == file.folder || layer.ours.contains(folder)) return {};
    return file.folder + " may not include " + folder;
  }
  if (quoted) {
    return header.find("..") == std::string::npos ? std::string()
                                                  : "a private header of another folder is not to be had";
  }
  if (is_standard(header)) {
    return layer.pure && impure_headers.contains(header) ? file.folder + " is pure: no <" + header + ">"
                                                         : std::string();
  }
  const std::string library = library_of(header);
  if (layer.third_party.contains(library)) return {};
  if (layer.third_party_in_source.contains(library)) {
    return file.is_header ? library + " is for " + file.folder + "'s .cpp files only" : std::string();
  }
  return file.folder + " may not include " + library;
}

Violations judge_includes(const SourceFile& file) {
  static const std::regex include(R"re(^\s*#\s*include\s*([<"])([^>"]+)[>"])re");
  const auto layer = layers.find(file.folder);
  if (layer == layers.end()) return {{file.path, 0, "the folder is not in the table"}};
  Violations out;
  for (std::size_t at = 0; at < file.lines.size(); ++at) {
    std::smatch parts;
    if (file.lines[at].find("include") == std::string::npos) continue;  // A regex on every line takes half a minute.
    if (!std::regex_search(file.lines[at], parts, include)) continue;
    std::string rule = judge(file, layer->second, parts[1] == "\"", parts[2]);
    if (!rule.empty()) out.push_back({file.path, at + 1, std::move(rule)});
  }
  return out;
}

Violations judge_clock(const SourceFile& file) {
  constexpr std::array asking{"_clock::now", "clock_gettime", "gettimeofday", "time(nullptr)", "getenv"};
  if (!layers.contains(file.folder) || !layers.at(file.folder).pure) return {};
  Violations out;
  for (std::size_t at = 0; at < file.lines.size(); ++at) {
    for (const char* const word : asking) {
      if (file.lines[at].find(word) != std::string::npos)
        out.push_back({file.path, at + 1, file.folder + " is pure: it is told"});
    }
  }
  return out;
}

template <class Rule>
Violations over_the_tree(Rule rule) {
  Violations out;
  for (const SourceFile& file : product_files()) {
    const Violations found = rule(file);
    out.insert(out.end(), found.begin(), found.end());
  }
  return out;
}

TEST(Layering, EveryIncludeIsInTheTable) {
  ASSERT_GT(product_files().size(), 50U) << "the tree was not found";
  const Violations violations = over_the_tree(judge_includes);
  EXPECT_EQ(to_string(violations), "");
}

TEST(Layering, PureFoldersDoNotAskTheTimeOrTheEnvironment) {
  const Violations violations = over_the_tree(judge_clock);
  EXPECT_EQ(to_string(violations), "");
}

TEST(Layering, ArrowsPointDown) {
  for (const auto& [folder, layer] : layers) {
    for (const std::string& below : layer.ours) {
      ASSERT_TRUE(layers.contains(below)) << folder << " names " << below;
      EXPECT_FALSE(layers.at(below).ours.contains(folder)) << folder << " and " << below << " include each other";
    }
  }
}

TEST(Layering, LibrariesLinkOnlyToWhatTheyMayInclude) {
  static const std::regex library(R"(millrace_library\((\w+)([^)]*)\))");
  static const std::regex depends(R"(DEPENDS((?:\s+(?!SOURCES|LINK|APART|ALONE)\w+)*))");
  for (const auto& [folder, layer] : layers) {
    const std::string text = text_of("src/" + folder + "/CMakeLists.txt");
    std::smatch call;
    ASSERT_TRUE(std::regex_search(text, call, library)) << folder << " has no library";
    EXPECT_EQ(call[1], folder);
    const std::string arguments = call[2];
    std::smatch list;
    if (!std::regex_search(arguments, list, depends)) continue;
    std::istringstream names(list[1]);
    for (std::string name; names >> name;) EXPECT_TRUE(layer.ours.contains(name)) << folder << " links to " << name;
  }
}

TEST(Layering, TheTableTheTreeAndTheReadmeNameTheSameFolders) {
  std::vector<std::string> table;
  for (const auto& [folder, layer] : layers) table.push_back(folder);
  EXPECT_EQ(folders_below("src"), table);

  std::vector<std::string> readme;
  static const std::regex row(R"(^\| `(\w+)` \|)");
  std::istringstream lines(text_of("src/README.md"));
  for (std::string line; std::getline(lines, line);) {
    if (std::smatch parts; std::regex_search(line, parts, row)) readme.push_back(parts[1]);
  }
  std::sort(readme.begin(), readme.end());
  EXPECT_EQ(readme, table) << "src/README.md";

  for (const std::string& folder : folders_below("include/millrace")) EXPECT_TRUE(layers.contains(folder)) << folder;
}

// The judge itself: an upward arrow that nobody notices would make the rest of this file worthless.

std::string verdict(const std::string& path, const std::string& line) {
  return to_string(judge_includes(make_file(path, line + "\n")));
}

TEST(LayeringJudge, CatchesAnUpwardInclude) {
  EXPECT_EQ(verdict("src/log/x.cpp", "#include \"millrace/broker/partition.hpp\""),
            "\nsrc/log/x.cpp:1: log may not include broker");
  EXPECT_THAT(verdict("include/millrace/groups/x.hpp", "#include \"millrace/protocol/reader.hpp\""),
              HasSubstr("protocol"));
  EXPECT_THAT(verdict("src/log/x.cpp", "#include \"millrace/disk/disk.hpp\""), IsEmpty());
  EXPECT_THAT(verdict("src/log/x.cpp", "#include \"../broker/x.hpp\""), HasSubstr("private header"));
}

TEST(LayeringJudge, CatchesALibraryWhereItDoesNotBelong) {
  EXPECT_THAT(verdict("src/broker/x.cpp", "  #  include <boost/asio/post.hpp>"),
              HasSubstr("broker may not include asio"));
  EXPECT_THAT(verdict("src/log/x.cpp", "#include <sys/stat.h>"), HasSubstr("log may not include posix"));
  EXPECT_THAT(verdict("src/broker/x.hpp", "#include <nlohmann/json.hpp>"), HasSubstr(".cpp files only"));
  EXPECT_THAT(verdict("src/kafka/x.cpp", "#include <somelib/x.hpp>"), HasSubstr("somelib/x.hpp"));
  EXPECT_THAT(verdict("src/kafka/x.cpp", "#include <boost/asio/post.hpp>"), IsEmpty());
}

TEST(LayeringJudge, CatchesWaitingAndAskingTheTimeInPureFolders) {
  EXPECT_THAT(verdict("src/groups/x.cpp", "#include <mutex>"), HasSubstr("groups is pure"));
  EXPECT_THAT(verdict("src/runtime/x.cpp", "#include <mutex>"), IsEmpty());
  const SourceFile asks = make_file("src/broker/x.cpp", "auto t = std::chrono::system_clock::now();\n");
  EXPECT_EQ(judge_clock(asks).size(), 1U);
}

TEST(LayeringJudge, CatchesAFolderThatNobodyEntered) {
  EXPECT_THAT(verdict("src/plugins/x.cpp", ""), HasSubstr("not in the table"));
}

}  // namespace
}  // namespace millrace::architecture
