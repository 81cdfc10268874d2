// millrace generate: files for the machine that a broker or its operator works on, on standard output.

#include <iostream>
#include <memory>

#include "command_tree.hpp"
#include "commands.hpp"
#include "completion.hpp"
#include "manual_page.hpp"
#include "systemd_unit.hpp"

namespace millrace::cli {

namespace {

struct GenerateWish {
  UnitWish unit;
  std::string shell;
};

int print_unit(const UnitWish& wish) {
  const auto unit = systemd_unit(shipped_unit, wish);
  if (!unit) return complain(wrong_usage, unit.error().message);
  std::cout << *unit;
  return done;
}

std::string completion(const CLI::App& app, const std::string& shell) {
  const auto root = command_tree(app);
  if (shell == "zsh") return zsh_completion(root);
  return shell == "fish" ? fish_completion(root) : bash_completion(root);
}

}  // namespace

void add_generate(CLI::App& generate, const CLI::App& app, int& code) {
  const auto wish = std::make_shared<GenerateWish>();
  auto* unit =
      generate.add_subcommand("systemd", "The unit file, as it is shipped or with other places")->fallthrough();
  unit->add_option("--program", wish->unit.program, "where millraced is; else /usr/bin/millraced");
  unit->add_option("--config", wish->unit.config, "its configuration; else /etc/millrace/millrace.toml");
  unit->add_option("--data-dir", wish->unit.data_dir, "its data; else /var/lib/millrace");
  unit->add_option("--user", wish->unit.user, "who runs it; else a user that systemd makes up at each start");
  unit->callback([wish, &code] { code = print_unit(wish->unit); });
  auto* shell = generate.add_subcommand("completion", "What a shell needs to complete these commands")->fallthrough();
  shell->add_option("shell", wish->shell, "which")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  shell->footer("For this session of bash: source <(millrace generate completion bash)");
  shell->callback([wish, &app] { std::cout << completion(app, wish->shell); });
  generate.add_subcommand("man", "The manual page millrace(1)")->fallthrough()->callback([&app] {
    std::cout << manual_page(command_tree(app), MILLRACE_VERSION);
  });
}

}  // namespace millrace::cli
