_evsrep_completion() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        case ${line%%,*} in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("${line#*,}") ;;
        esac
    done < <(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_WORDBREAKS="$COMP_WORDBREAKS" \
        _EVSREP_COMPLETE=bash_complete "${1/#\~/$HOME}" 2>/dev/null)
}

complete -o nosort -F _evsrep_completion evsrep
