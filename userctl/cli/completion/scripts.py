"""The scripts that shells run once, to ask userctl for completions from then on."""

_BASH = r"""# userctl completion bash
_userctl_completion() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done < <(_USERCTL_COMPLETE=words_bash _USERCTL_LINE="${COMP_LINE:0:COMP_POINT}" \
        _USERCTL_BREAKS="$COMP_WORDBREAKS" "$1" 2>/dev/null </dev/null)
}
complete -o default -F _userctl_completion userctl
"""

_ZSH = r"""#compdef userctl
# userctl completion zsh
_userctl() {
    local -a found meanings
    local line
    while IFS= read -r line; do
        found+=("${line%%$'\t'*}")
        meanings+=("${line/$'\t'/  -- }")
    done < <(_USERCTL_COMPLETE=words_zsh _USERCTL_LINE="${(j: :)words[1,CURRENT]}" \
        "${(Q)words[1]}" 2>/dev/null </dev/null)
    if (( ${#found} )); then
        compadd -l -d meanings -a found
    else
        _files
    fi
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -D; }
compdef _userctl userctl
"""

_FISH = r"""# userctl completion fish
function __userctl_complete
    set -l found (_USERCTL_COMPLETE=words_fish _USERCTL_LINE=(commandline -cp | string collect) \
        userctl 2>/dev/null </dev/null)
    if set -q found[1]
        printf '%s\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete --command userctl --no-files --arguments '(__userctl_complete)'
"""

SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
"""The scripts by shell."""
