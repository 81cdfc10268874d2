#include "manual_page.hpp"

#include "keys.hpp"
#include "millrace/core/manual.hpp"

namespace millrace::app {
namespace {

void add_keys(ManualPage& page) {
  std::string section;
  for (const Key& key : keys()) {
    if (key.section != section) {
      section = key.section;
      page.subheading(section);
    }
    std::string about = key.about + " Must be " + key.allowed + ". Default: " + key.print(Settings{}) + ".";
    if (!key.kafka_name.empty() && key.kafka_name != key.name) about += " Kafka: " + key.kafka_name + ".";
    about += key.reloadable ? " A reload is enough." : " A change needs a restart.";
    page.item(key.flag(), "VALUE", about);
  }
}

}  // namespace

std::string daemon_manual_page(const std::string& version) {
  ManualPage page("millraced", 8, "millrace " + version, "System administration");
  page.heading("NAME");
  page.paragraph("millraced - event broker that speaks Kafka's protocol");
  page.heading("SYNOPSIS");
  page.paragraph("millraced [--config PATH] [--KEY VALUE]...");
  page.heading("DESCRIPTION");
  page.paragraph("Keeps events in partitioned logs and serves them to Kafka clients, from one process.");
  page.heading("OPTIONS");
  page.item("--config", "PATH", "The configuration file; also the variable MILLRACE_CONFIG. There is none without it.");
  page.item("--check-config", "", "Judge the configuration and stop.");
  page.item("--print-config", "", "Show each value and where it came from, and stop.");
  page.item("--version", "", "The version, and nothing else.");
  page.item("--help", "", "All flags.");
  page.heading("CONFIGURATION");
  page.paragraph(
      "Every key is a flag, a variable and a line of the file: --num-partitions 4, MILLRACE_NUM_PARTITIONS=4, "
      "num_partitions = 4. Flags win over the environment, the environment over the file. What is not known or not "
      "allowed stops the start.");
  add_keys(page);
  page.heading("SIGNALS");
  page.item("SIGTERM, SIGINT", "", "Stop: answer what was asked, flush, close the logs.");
  page.item("SIGHUP", "", "Read the configuration again. One that is refused changes nothing.");
  page.heading("EXIT STATUS");
  page.item("0", "", "Stopped as it was told to.");
  page.item("1", "", "It could not start, or not every log could be closed.");
  page.item("2", "", "The configuration or the command line was refused.");
  page.item("3", "", "Stopped, but connections were closed before they were answered.");
  page.heading("SEE ALSO");
  page.paragraph("millrace(1)");
  return page.text();
}

}  // namespace millrace::app
