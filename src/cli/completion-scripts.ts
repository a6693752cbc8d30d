export type Shell = 'bash' | 'zsh' | 'fish'

/**
 * What each shell is given. All of them ask the hidden command `__complete`, which knows the commands; a line is a value,
 * and behind a tab what it is for; `:files` stands for the shell's own completion of paths.
 */
export const scripts: Readonly<Record<Shell, string>> = {
  bash: `# legwork completion for bash
_legwork() {
  local value about
  COMPREPLY=()
  while IFS=$'\\t' read -r value about; do
    if [ "$value" = ":files" ]; then
      compopt -o default 2>/dev/null
    else
      COMPREPLY+=("$value")
    fi
  done < <("\${COMP_WORDS[0]}" __complete line "\${COMP_LINE:0:$COMP_POINT}" 2>/dev/null)
}
complete -F _legwork legwork`,
  zsh: `#compdef legwork
# legwork completion for zsh
_legwork() {
  local value about
  local -a values
  while IFS=$'\\t' read -r value about; do
    if [[ "$value" == ":files" ]]; then
      _files
    else
      values+=("\${value//:/\\\\:}:$about")
    fi
  done < <("$words[1]" __complete words "\${(@)words[2,$CURRENT]}" 2>/dev/null)
  (( \${#values} )) && _describe 'legwork' values
}
if [[ "$funcstack[1]" == "_legwork" ]]; then
  _legwork "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
  compdef _legwork legwork
fi`,
  fish: `# legwork completion for fish
function __legwork_complete
  set -l current (commandline -ct)
  set -l words (commandline -opc) "$current"
  for line in ($words[1] __complete words $words[2..-1] 2>/dev/null)
    if test "$line" = ":files"
      __fish_complete_path "$current"
    else
      echo $line
    end
  end
end
complete -c legwork -f -a '(__legwork_complete)'`,
}
