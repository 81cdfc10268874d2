// millraced: reads the configuration and does what the command line asks for; running the broker is daemon.cpp.
// Exit codes: 0 fine, 2 the configuration or the command line was refused, else what daemon.cpp says.

#include <unistd.h>

#include <cerrno>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>
#include <system_error>
#include <utility>

#include "command_line.hpp"
#include "config_pages.hpp"
#include "daemon.hpp"
#include "diagnostics.hpp"
#include "keys.hpp"

namespace millrace::app {
namespace {

constexpr int refused = 2;
constexpr std::size_t config_file_bytes_max = limits::MiB;  // a thousand times the shipped one

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(config_file_bytes_max + 1, '\0');
  if (!file.read(text.data(), static_cast<std::streamsize>(text.size())) && !file.eof()) {
    return failure(Errc::io, "it cannot be read: " + std::generic_category().message(errno));
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > config_file_bytes_max) return failure(Errc::too_large, "it is larger than 1 MiB");
  return text;
}

Inputs inputs_of(int count, char** arguments) {
  Inputs inputs;
  inputs.arguments.assign(arguments + 1, arguments + count);
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const auto equals = text.find('=');
    if (equals != std::string::npos) inputs.environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  inputs.read_file = read_file;
  return inputs;
}

int start(const Inputs& inputs) {
  auto loaded = load(inputs);
  if (!loaded) {
    std::cerr << loaded.error().message << "\n";
    return refused;
  }
  switch (loaded->action) {
    case Action::help: std::cout << loaded->help; return 0;
    case Action::version: std::cout << "millraced " MILLRACE_VERSION "\n"; return 0;
    case Action::check_config:
      std::cout << "configuration is fine: "
                << (loaded->config_file.empty() ? std::string("no file") : loaded->config_file) << "\n";
      return 0;
    case Action::print_config: std::cout << effective_config(*loaded); return 0;
    case Action::run: break;
  }
  diagnostics::set_up(loaded->settings.log_level, loaded->settings.log_format);
  return run(loaded->settings, [inputs]() -> Result<Settings> {
    auto again = load(inputs);
    if (!again) return failure_of(again);
    return std::move(again->settings);
  });
}

}  // namespace
}  // namespace millrace::app

int main(int count, char** arguments) {
  try {
    return millrace::app::start(millrace::app::inputs_of(count, arguments));
  } catch (const std::exception& unexpected) {
    std::cerr << "millraced stops: " << unexpected.what() << "\n";
    return 1;
  }
}
