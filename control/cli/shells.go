package cli

import (
	"fmt"
	"strings"
)

// bash writes the completions for bash. Names may hold spaces, so they are read
// line by line and quoted.
func bash(all []completion) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# kith completion bash
_kith_names() {
  local name
  while IFS= read -r name; do
    [[ "$name" == "$cur"* ]] && COMPREPLY+=("$(printf %%q "$name")")
  done < <(kith __names "$1" 2>/dev/null)
}
_kith() {
  local cur="${COMP_WORDS[COMP_CWORD]}" cmd= w
  COMPREPLY=()
  for w in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ "$w" != -* ]] && cmd="$w" && break
  done
  case "$cmd" in
    "") COMPREPLY=($(compgen -W %q -- "$cur")) ;;
`, strings.Join(commandNames(all), " "))
	for _, c := range all {
		fmt.Fprintf(&b, "    %s)\n", c.name)
		fmt.Fprintf(&b, "      if [[ \"$cur\" == -* ]]; then COMPREPLY=($(compgen -W %q -- \"$cur\")); return; fi\n", strings.Join(flagNames(c), " "))
		if c.dirs {
			b.WriteString("      COMPREPLY=($(compgen -d -- \"$cur\"))\n")
		}
		if c.files {
			b.WriteString("      COMPREPLY=($(compgen -f -- \"$cur\"))\n")
		}
		if len(c.words) > 0 {
			fmt.Fprintf(&b, "      COMPREPLY=($(compgen -W %q -- \"$cur\"))\n", strings.Join(c.words, " "))
		}
		if c.names != "" {
			fmt.Fprintf(&b, "      _kith_names %s\n", c.names)
		}
		b.WriteString("      ;;\n")
	}
	b.WriteString("  esac\n}\ncomplete -o filenames -F _kith kith\n")
	return b.String()
}

// zsh writes the completions for zsh.
func zsh(all []completion) string {
	var b strings.Builder
	b.WriteString("#compdef kith\n_kith_names() { local -a n; n=(${(f)\"$(kith __names $1 2>/dev/null)\"}); compadd -a n }\n")
	b.WriteString("_kith() {\n  local -a cmds\n  cmds=(\n")
	for _, c := range all {
		fmt.Fprintf(&b, "    %s\n", single(c.name+":"+strings.ReplaceAll(c.help, ":", `\:`)))
	}
	b.WriteString("  )\n  if (( CURRENT == 2 )); then _describe command cmds; return; fi\n  case $words[2] in\n")
	for _, c := range all {
		fmt.Fprintf(&b, "    %s)\n      if [[ $PREFIX == -* ]]; then compadd -- %s; return; fi\n", c.name, strings.Join(flagNames(c), " "))
		if c.dirs {
			b.WriteString("      _files -/\n")
		}
		if c.files {
			b.WriteString("      _files\n")
		}
		if len(c.words) > 0 {
			fmt.Fprintf(&b, "      compadd -- %s\n", strings.Join(c.words, " "))
		}
		if c.names != "" {
			fmt.Fprintf(&b, "      _kith_names %s\n", c.names)
		}
		b.WriteString("      ;;\n")
	}
	b.WriteString("  esac\n}\ncompdef _kith kith\n")
	return b.String()
}

// fish writes the completions for fish.
func fish(all []completion) string {
	var b strings.Builder
	b.WriteString("complete -c kith -f\n")
	for _, c := range all {
		fmt.Fprintf(&b, "complete -c kith -n __fish_use_subcommand -a %s -d %s\n", c.name, single(c.help))
		when := fmt.Sprintf("complete -c kith -n '__fish_seen_subcommand_from %s'", c.name)
		for _, f := range c.flags {
			fmt.Fprintf(&b, "%s -l %s -d %s\n", when, strings.TrimPrefix(f.name, "--"), single(f.help))
		}
		if c.dirs {
			fmt.Fprintf(&b, "%s -a '(__fish_complete_directories)'\n", when)
		}
		if c.files {
			fmt.Fprintf(&b, "%s -F\n", when)
		}
		if len(c.words) > 0 {
			fmt.Fprintf(&b, "%s -a %s\n", when, single(strings.Join(c.words, " ")))
		}
		if c.names != "" {
			fmt.Fprintf(&b, "%s -a '(kith __names %s 2>/dev/null)'\n", when, c.names)
		}
	}
	return b.String()
}

func commandNames(all []completion) []string {
	var out []string
	for _, c := range all {
		out = append(out, c.name)
	}
	return out
}

func flagNames(c completion) []string {
	var out []string
	for _, f := range c.flags {
		out = append(out, f.name)
	}
	return out
}

// single quotes text for zsh and fish.
func single(s string) string {
	return "'" + strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), "'", `'\''`) + "'"
}
