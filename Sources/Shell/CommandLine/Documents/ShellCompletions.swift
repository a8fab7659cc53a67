/// Completions of the command line for bash, zsh and fish.
enum ShellCompletions {
  /// Options of every command.
  private static let always = ["--help", "--version"]

  static func bash(_ tool: ToolInfo) -> String {
    let cases = tool.commands.map { command in
      "    \(command.commandName)) words=\"\(words(command))\" ;;"
    }
    let values = valued(tool).map { option in
      "    \(option.typed.joined(separator: "|"))) \(bashValues(option)); return ;;"
    }
    return """
      # bash completion for ward. Written by `make docs` from the declarations in the sources; changes here are lost.

      _ward() {
        local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} words word
        local commands="\(tool.commands.map(\.commandName).joined(separator: " "))"
        COMPREPLY=()
        case $previous in
      \(values.joined(separator: "\n"))
        esac
        case ${COMP_WORDS[1]} in
      \(cases.joined(separator: "\n"))
          *) words="\(words(tool.run))" ;;
        esac
        if [[ $current == -* ]]; then
          COMPREPLY=($(compgen -W "$words" -- "$current"))
        else
          if [[ $COMP_CWORD -eq 1 ]]; then COMPREPLY=($(compgen -W "$commands" -- "$current")); fi
          # Folders, to go on into, and scripts.
          while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -d -- "$current"; compgen -f -X '!*.ward' -- "$current")
        fi
      }
      complete -o filenames -F _ward ward

      """
  }

  static func zsh(_ tool: ToolInfo) -> String {
    let names = tool.commands.map { "    \(quoted("\($0.commandName):\(sentence($0.abstract))"))" }
    let cases = tool.commands.map { command in
      "        \(command.commandName))\n          _arguments \(arguments(command, from: 2)) ;;"
    }
    return """
      #compdef ward
      # Written by `make docs` from the declarations in the sources; changes here are lost.

      _ward() {
        local -a commands
        commands=(
      \(names.joined(separator: "\n"))
        )
        if (( CURRENT == 2 )); then
          _describe -t commands 'command' commands
        fi
        case ${words[2]} in
      \(cases.joined(separator: "\n"))
        *)
          _arguments \(arguments(tool.run, from: 1)) ;;
        esac
      }

      _ward "$@"

      """
  }

  static func fish(_ tool: ToolInfo) -> String {
    let names = tool.commands.map(\.commandName).joined(separator: " ")
    var lines = [
      "# fish completion for ward. Written by `make docs` from the declarations in the sources; changes here are lost.",
      "", "set -l commands \(names)",
      "complete -c ward -n \"not __fish_seen_subcommand_from $commands\" -k -xa '(__fish_complete_suffix .ward)'",
    ]
    lines += tool.commands.map {
      "complete -c ward -n __fish_use_subcommand -a \($0.commandName) -d \(quoted(sentence($0.abstract)))"
    }
    lines += tool.run.options.map { fish($0, when: "not __fish_seen_subcommand_from $commands") }
    for command in tool.commands {
      lines += command.options.map { fish($0, when: "__fish_seen_subcommand_from \(command.commandName)") }
      let takesFiles = command.positionals.contains(where: \.isFile)
      lines.append(
        "complete -c ward -n \"__fish_seen_subcommand_from \(command.commandName)\" -f"
          + (takesFiles ? " -a '(__fish_complete_suffix .ward)'" : ""))
    }
    lines += ["complete -c ward -l help -s h -d 'Show help.'", "complete -c ward -l version -d 'Show the version.'"]
    return lines.joined(separator: "\n") + "\n"
  }

  // MARK: - Parts

  private static func words(_ command: ToolInfo.Command) -> String {
    (command.options.flatMap(\.typed) + always).joined(separator: " ")
  }

  /// Every option that takes a value, once by name.
  private static func valued(_ tool: ToolInfo) -> [ToolInfo.Argument] {
    var seen: Set<String> = []
    return (tool.run.options + tool.commands.flatMap(\.options)).filter {
      $0.isOption && seen.insert($0.longest).inserted
    }
  }

  private static func bashValues(_ option: ToolInfo.Argument) -> String {
    if let values = option.allValues {
      return "COMPREPLY=($(compgen -W \"\(values.joined(separator: " "))\" -- \"$current\"))"
    }
    return option.isFile ? "COMPREPLY=($(compgen -f -- \"$current\"))" : "COMPREPLY=()"
  }

  /// What zsh's `_arguments` is given for a command whose own arguments begin at word `first`.
  private static func arguments(_ command: ToolInfo.Command, from first: Int) -> String {
    let options = command.options.map { option in
      let value = option.isOption ? ":\(option.valueName ?? ""):\(zshValues(option))" : ""
      return option.typed.map { quoted("\($0)[\(sentence(option.abstract))]\(value)") }.joined(separator: " ")
    }
    let files = command.positionals.contains(where: \.isFile) ? [quoted("*:file:_files -g \"*.ward(-.) *(-/)\"")] : []
    let skip = first == 2 ? ["'1: :'"] : []
    return (options + ["'--help[Show help.]'", "'--version[Show the version.]'"] + skip + files)
      .joined(separator: " \\\n            ")
  }

  private static func zshValues(_ option: ToolInfo.Argument) -> String {
    if let values = option.allValues { return "(\(values.joined(separator: " ")))" }
    return option.isFile ? "_files" : ""
  }

  private static func fish(_ option: ToolInfo.Argument, when condition: String) -> String {
    let names = (option.names ?? []).map { $0.kind == "long" ? "-l \($0.name)" : "-s \($0.name)" }.joined(
      separator: " ")
    let values =
      option.allValues.map { " -xa \(quoted($0.joined(separator: " ")))" } ?? (option.isFile ? " -rF" : " -x")
    return
      "complete -c ward -n \"\(condition)\" \(names)\(option.isOption ? values : "") -d \(quoted(sentence(option.abstract)))"
  }

  /// Without what means something to the shells inside quotes and brackets.
  private static func sentence(_ text: String?) -> String { (text ?? "").filter { !"`[]".contains($0) } }

  private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
}
