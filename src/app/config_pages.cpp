#include "config_pages.hpp"

#include <algorithm>

#include "keys.hpp"
#include "value_text.hpp"

namespace millrace::app {
namespace {

constexpr std::size_t page_width = 100;

/// The key's value in Settings{}: its default, but for a data directory that depends on the environment.
std::string default_of(const Key& key) { return key.print(Settings{}); }

std::string facts_of(const Key& key) {
  std::string out = "Must be " + key.allowed + ".";
  if (!key.kafka_name.empty() && key.kafka_name != key.name) out += " Kafka: " + key.kafka_name + ".";
  if (!key.reloadable) out += " A change needs a restart.";
  return out;
}

std::string table_cell(std::string text) {
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) text.insert(at, "\\");
  return text;
}

}  // namespace

std::string config_file_text() {
  std::string out =
      "# The configuration of millraced with every key at its default. This file is made from the table in\n"
      "# src/app/keys.cpp; a test keeps both equal. Each key is also a flag (--num-partitions) and a variable\n"
      "# (MILLRACE_NUM_PARTITIONS). Flags win over the environment, the environment over this file.\n"
      "# An unknown key stops the start. `millraced --config PATH --check-config` judges a file; SIGHUP\n"
      "# (`systemctl reload millrace`) reads it again.\n";
  std::string section;
  for (const Key& key : keys()) {
    if (key.section != section) {
      section = key.section;
      out += "\n## " + section + "\n";
    }
    out += "\n" + wrapped(key.about, "# ", page_width) + wrapped(facts_of(key), "# ", page_width) + key.name + " = " +
           default_of(key) + "\n";
  }
  return out;
}

std::string config_reference_page() {
  std::string out =
      "# Configuration\n"
      "\n"
      "Every key of `millraced`, made from the table in `src/app/keys.cpp`; a test keeps this page equal to it.\n"
      "The broker starts with none of them set.\n"
      "\n"
      "| spelling | example |\n"
      "| --- | --- |\n"
      "| in the file that `--config` or `MILLRACE_CONFIG` names | `num_partitions = 4` |\n"
      "| in the environment | `MILLRACE_NUM_PARTITIONS=4` |\n"
      "| as a flag | `--num-partitions 4` |\n"
      "\n"
      "Flags win over the environment, the environment over the file, the file over the default. A list is\n"
      "`[\"a\", \"b\"]` in the file and `a,b` elsewhere. An unknown key, flag or `MILLRACE_` variable and a value "
      "that\n"
      "is not allowed stop the start, with the place and what is allowed. `--check-config` judges without starting;\n"
      "`--print-config` shows each value and where it came from.\n"
      "\n"
      "On SIGHUP the broker reads everything again. Keys marked *reload* take effect at once; other changes are named\n"
      "in the diagnostics and wait for a restart. A configuration that is refused changes nothing.\n"
      "\n"
      "Kafka's tools are told all of them as configurations of the broker, under Kafka's name where there is one, and\n"
      "what is in force after a reload. They can alter only those that topics follow\n"
      "([compatibility](compatibility.md)).\n";
  std::string section;
  for (const Key& key : keys()) {
    if (key.section != section) {
      section = key.section;
      out += "\n## " + section + "\n\n| key | default | meaning |\n| --- | --- | --- |\n";
    }
    out += "| `" + key.name + "` | `" + table_cell(default_of(key)) + "` | " + table_cell(key.about) + " Must be " +
           table_cell(key.allowed) + "." +
           (key.kafka_name.empty() || key.kafka_name == key.name ? "" : " Kafka: `" + key.kafka_name + "`.") +
           (key.reloadable ? " *reload*" : "") + " |\n";
  }
  return out;
}

std::string effective_config(const Loaded& loaded) {
  std::vector<std::string> lines;
  std::size_t widest = 0;
  for (const Key& key : keys()) {
    lines.push_back(key.name + " = " + key.print(loaded.settings));
    widest = std::max(widest, lines.back().size());
  }
  std::string out;
  for (std::size_t at = 0; at < lines.size(); ++at) {
    out += lines[at] + std::string(widest - lines[at].size(), ' ') + "  # " + loaded.origins[at] + "\n";
  }
  return out;
}

}  // namespace millrace::app
