#pragma once
// A small language for configuration tests: what stands in the file, the environment and the flags, and what comes out.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "command_line.hpp"
#include "keys.hpp"

namespace millrace::app {

class Configuration {
 public:
  Configuration() {
    inputs_.environment["HOME"] = "/home/ada";
    inputs_.read_file = [](const std::string&) -> Result<std::string> {
      return failure(Errc::not_found, "no such file");
    };
  }

  Configuration& file(const std::string& text) {
    inputs_.arguments.insert(inputs_.arguments.begin(), {"--config", "m.toml"});
    inputs_.read_file = [text](const std::string& path) -> Result<std::string> {
      if (path != "m.toml") return failure(Errc::not_found, "no such file");
      return text;
    };
    return *this;
  }
  Configuration& env(const std::string& name, const std::string& value) {
    inputs_.environment[name] = value;
    return *this;
  }
  Configuration& without_env(const std::string& name) {
    inputs_.environment.erase(name);
    return *this;
  }
  Configuration& flags(const std::vector<std::string>& arguments) {
    inputs_.arguments.insert(inputs_.arguments.end(), arguments.begin(), arguments.end());
    return *this;
  }

  [[nodiscard]] Loaded loaded() const {
    auto out = load(inputs_);
    EXPECT_TRUE(out.has_value()) << out.error().message;
    return out ? *out : Loaded{};
  }
  [[nodiscard]] Settings settings() const { return loaded().settings; }
  [[nodiscard]] std::string origin_of(const std::string& key) const {
    const auto table = keys();
    const auto found = std::find_if(table.begin(), table.end(), [&key](const Key& one) { return one.name == key; });
    return loaded().origins.at(static_cast<std::size_t>(found - table.begin()));
  }
  /// The refusal's message; empty when there was none.
  [[nodiscard]] std::string refusal() const {
    const auto out = load(inputs_);
    return out ? std::string() : out.error().message;
  }

 private:
  Inputs inputs_;
};

}  // namespace millrace::app
