#compdef evsrep

_evsrep_completion() {
    local -a matches displays
    local kind match about
    (( $+commands[evsrep] )) || return 1
    while IFS= read -r kind && IFS= read -r match && IFS= read -r about; do
        case $kind in
            dir) _path_files -/ ;;
            file) _path_files -f ;;
            plain) matches+=("$match"); displays+=("$match${about:+  -- $about}") ;;
        esac
    done < <(env COMP_WORDS="${(F)${(@Q)words[1,CURRENT-1]}}" COMP_WORD="$PREFIX" \
        COMP_QUOTE="$compstate[quote]" _EVSREP_COMPLETE=zsh_complete evsrep 2>/dev/null)
    (( $#matches )) && compadd -l -V unsorted -d displays -a matches
}

if [[ $funcstack[1] == _evsrep ]]; then
    _evsrep_completion "$@"
else
    compdef _evsrep_completion evsrep
fi
