// stoker completions: a shell script that completes verbs, options and service names.

import ArgumentParser

extension StokerCommand {
  struct Completions: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print a script that makes a shell complete verbs, options and service names.",
      discussion: """
        The first lines of the script say where to install it. For the current shell only:

          source <(stoker completions bash)

        Service names come from the running Stoker; if none is running, from the service file.
        """)

    enum Shell: String, ExpressibleByArgument, CaseIterable {
      case bash, zsh, fish
    }

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell

    func run() {
      var lines = StokerCommand.completionScript(for: shell.generated).split(separator: "\n", omittingEmptySubsequences: false)
      // zsh needs `#compdef` on the very first line.
      let top = shell == .zsh && lines.first?.hasPrefix("#compdef") == true ? 1 : 0
      lines.insert(contentsOf: shell.comment.map { "# \($0)" }, at: top)
      Console.print(lines.joined(separator: "\n"))
    }
  }
}

extension StokerCommand.Completions.Shell {
  fileprivate var generated: CompletionShell {
    switch self {
    case .bash: .bash
    case .zsh: .zsh
    case .fish: .fish
    }
  }

  /// Instructions for its installation.
  fileprivate var comment: [Substring] {
    switch self {
    case .bash:
      [
        "Completes 'stoker' in bash. For one user, with the package bash-completion:",
        "  mkdir -p ~/.local/share/bash-completion/completions",
        "  stoker completions bash > ~/.local/share/bash-completion/completions/stoker",
        "Without that package, in ~/.bashrc:  source <(stoker completions bash)",
      ]
    case .zsh:
      [
        "Completes 'stoker' in zsh. Into a folder of $fpath, before compinit is called in ~/.zshrc:",
        "  mkdir -p ~/.zfunc && stoker completions zsh > ~/.zfunc/_stoker",
        "  fpath=(~/.zfunc $fpath); autoload -Uz compinit; compinit",
      ]
    case .fish:
      [
        "Completes 'stoker' in fish:",
        "  mkdir -p ~/.config/fish/completions && stoker completions fish > ~/.config/fish/completions/stoker.fish",
      ]
    }
  }
}
