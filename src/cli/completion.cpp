#include "completion.hpp"

namespace millrace::cli {

namespace {

std::string joined(const std::vector<std::string>& words, const std::string& separator) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : separator) + word;
  return out;
}

/// Names of options that stand before a value, as "|"-patterns of a shell's case.
std::vector<std::string> valued(const Command& command) {
  std::vector<std::string> names;
  for (const auto& argument : command.arguments) {
    if (argument.is_positional() || !argument.takes_value) continue;
    for (const auto& name : argument.names) names.push_back(name);
  }
  return names;
}

std::vector<std::string> option_names(const Command& command) {
  std::vector<std::string> names;
  for (const auto& argument : command.arguments) {
    if (!argument.is_positional()) names.insert(names.end(), argument.names.begin(), argument.names.end());
  }
  return names;
}

std::vector<std::string> child_names(const Command& command) {
  std::vector<std::string> names;
  for (const auto& child : command.children) names.push_back(child.name);
  return names;
}

/// What a shell calls the values of an argument.
std::string source_of(const Argument& argument) {
  switch (argument.kind) {
    case Kind::choice: return "words " + joined(argument.choices, " ");
    case Kind::topic: return "names topic";
    case Kind::group: return "names group";
    case Kind::subscription: return "names sub";
    case Kind::dead_letter_topic: return "names dlq";
    case Kind::redrive_job: return "names dlq jobs";
    case Kind::view: return "names view";
    case Kind::rule: return "names rule";
    case Kind::file: return "files";
    case Kind::directory: return "directories";
    case Kind::text: break;
  }
  return "nothing";
}

/// bash and zsh share the walk to the command; what differs is how candidates are offered: functions with the names
/// that source_of() gives. `before` are the words before the one that is completed.
std::string shared_cases(const Command& root) {
  std::string out = "  for word in \"${before[@]}\"; do\n    if [ -n \"$skip\" ]; then skip=; continue; fi\n";
  out += "    case \"$at:$word\" in\n      *:=) skip=1 ;;\n";
  for (const auto& [path, command] : all_commands(root)) {
    for (const auto& name : valued(*command))
      out += "      " + std::string(path.empty() ? "*" : "'" + path + "'") + ":" + name + ") skip=1 ;;\n";
    for (const auto& name : child_names(*command)) {
      out += "      '" + path + "':" + name + ") at='" + (path.empty() ? name : path + " " + name) + "' ;;\n";
    }
  }
  out += "    esac\n  done\n  case \"$at:$last\" in\n";
  for (const auto& [path, command] : all_commands(root)) {
    for (const auto& argument : command->arguments) {
      if (argument.is_positional() || !argument.takes_value) continue;
      for (const auto& name : argument.names) {
        out += "    " + std::string(path.empty() ? "*" : "'" + path + "'") + ":" + name + ") _millrace_" +
               source_of(argument) + "; return ;;\n";
      }
    }
  }
  out += "  esac\n  case \"$at:$current\" in\n";
  for (const auto& [path, command] : all_commands(root)) {
    auto names = option_names(*command);
    if (!path.empty()) {
      for (const auto& name : option_names(root)) names.push_back(name);
    }
    out += "    '" + path + "':-*) _millrace_words " + joined(names, " ") + " ;;\n";
    if (!command->children.empty()) {
      out += "    '" + path + "':*) _millrace_words " + joined(child_names(*command), " ") + " ;;\n";
    }
    for (const auto& argument : command->arguments) {
      if (argument.is_positional()) out += "    '" + path + "':*) _millrace_" + source_of(argument) + " ;;\n";
    }
  }
  return out + "  esac\n";
}

/// One line, for quotes of fish.
std::string fish_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return out + "'";
}

std::string fish_source(const Argument& argument) {
  switch (argument.kind) {
    case Kind::choice: return " -x -a " + fish_quoted(joined(argument.choices, " "));
    case Kind::topic: return " -x -a '(__millrace_names topic)'";
    case Kind::group: return " -x -a '(__millrace_names group)'";
    case Kind::subscription: return " -x -a '(__millrace_names sub)'";
    case Kind::dead_letter_topic: return " -x -a '(__millrace_names dlq)'";
    case Kind::redrive_job: return " -x -a '(__millrace_names dlq jobs)'";
    case Kind::view: return " -x -a '(__millrace_names view)'";
    case Kind::rule: return " -x -a '(__millrace_names rule)'";
    case Kind::file: return " -r -F";
    case Kind::directory: return " -x -a '(__fish_complete_directories)'";
    case Kind::text: break;
  }
  return " -x";
}

std::string fish_option(const Argument& argument, const std::string& condition) {
  std::string out = "complete -c millrace" + condition;
  for (const auto& name : argument.names) {
    out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (argument.takes_value) out += fish_source(argument);
  return out + " -d " + fish_quoted(argument.about) + "\n";
}

}  // namespace

std::string bash_completion(const Command& root) {
  return R"sh(# Completion of millrace for bash, made by `millrace generate completion bash`.

_millrace_words() { mapfile -t COMPREPLY < <(compgen -W "$*" -- "$current"); }
_millrace_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$current")
}
_millrace_directories() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -d -- "$current")
}
_millrace_nothing() { COMPREPLY=(); }

# Names of topics, groups and the like, from the broker that the command line names.
_millrace_names() {
  local name
  COMPREPLY=()
  while IFS= read -r name; do
    if [[ $name == "$current"* ]]; then COMPREPLY+=("$(printf '%q' "$name")"); fi
  done < <("${COMP_WORDS[0]}" "${server[@]}" "$@" ls -o id 2>/dev/null)
}

_millrace() {
  local current=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD-1]} at= skip= word i
  local before=("${COMP_WORDS[@]:1:COMP_CWORD-1}") server=()
  COMPREPLY=()
  # bash takes "--output=json" apart.
  if [ "$current" = "=" ]; then current=; fi
  if [ "$last" = "=" ] && [ "$COMP_CWORD" -ge 2 ]; then last=${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 0; i < ${#before[@]}; ++i)); do
    case ${before[i]} in
      --server) server=(--server "${before[*]:i+1:1}") ;;
      --server=*) server=("${before[i]}") ;;
    esac
  done
)sh" + shared_cases(root) +
         "}\ncomplete -F _millrace millrace\n";
}

std::string zsh_completion(const Command& root) {
  return R"sh(#compdef millrace
# Completion of millrace for zsh, made by `millrace generate completion zsh`.

_millrace_words() { compadd -- "$@" }
_millrace_files() { _files }
_millrace_directories() { _files -/ }
_millrace_nothing() { return 1 }

# Names of topics, groups and the like, from the broker that the command line names.
_millrace_names() {
  local -a names
  names=("${(@f)$("${words[1]}" "${server[@]}" "$@" ls -o id 2>/dev/null)}")
  compadd -- "${names[@]}"
}

_millrace() {
  local current=${words[CURRENT]} last=${words[CURRENT-1]} at= skip= word
  local -a before server
  local i
  before=("${(@)words[2,CURRENT-1]}")
  for ((i = 1; i <= ${#before}; ++i)); do
    case ${before[i]} in
      --server) server=(--server "${before[i+1]}") ;;
      --server=*) server=("${before[i]}") ;;
    esac
  done
)sh" + shared_cases(root) +
         "}\n\n# Loaded by name it is the function's first call; sourced, it is only made known.\n"
         "if [ \"${funcstack[1]}\" = _millrace ]; then _millrace \"$@\"; else compdef _millrace millrace; fi\n";
}

std::string fish_completion(const Command& root) {
  std::string out = R"sh(# Completion of millrace for fish, made by `millrace generate completion fish`.

# Names of topics, groups and the like, from the broker that the command line names.
function __millrace_names
  set -l words (commandline -opc)
  set -l server (string match -- '--server=*' $words)
  if set -l index (contains -i -- --server $words)
    set server --server $words[(math $index + 1)]
  end
  $words[1] $server $argv ls -o id 2>/dev/null
end

# Whether the words before the cursor are exactly this command.
function __millrace_at
  set -l at
  set -l skip 0
  for word in (commandline -opc)[2..-1]
    if test $skip = 1
      set skip 0
      continue
    end
    switch "$at:$word"
)sh";
  for (const auto& [path, command] : all_commands(root)) {
    for (const auto& name : valued(*command)) {
      out += "      case '" + (path.empty() ? "*" : path) + ":" + name + "'\n        set skip 1\n";
    }
    for (const auto& name : child_names(*command)) {
      const auto child = path.empty() ? name : path + " " + name;
      out += "      case '" + path + ":" + name + "'\n        set at '" + child + "'\n";
    }
  }
  out += "    end\n  end\n  test \"$at\" = \"$argv[1]\"\nend\n\ncomplete -c millrace -f\n";
  for (const auto& [path, command] : all_commands(root)) {
    const auto condition = " -n '__millrace_at \"" + path + "\"'";
    for (const auto& child : command->children) {
      out += "complete -c millrace" + condition + " -a " + child.name + " -d " + fish_quoted(child.about) + "\n";
    }
    for (const auto& argument : command->arguments) {
      if (!argument.is_positional()) {
        out += fish_option(argument, path.empty() ? "" : condition);
      } else if (argument.kind != Kind::text) {
        out += "complete -c millrace" + condition + fish_source(argument) + "\n";
      }
    }
  }
  return out;
}

}  // namespace millrace::cli
