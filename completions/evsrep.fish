function _evsrep_completion
    set -l words (commandline -opc | string collect)
    set -l word (commandline -ct)
    for line in (env COMP_WORDS="$words" COMP_WORD="$word" _EVSREP_COMPLETE=fish_complete \
            evsrep 2>/dev/null)
        set -l parts (string split --max 1 "," -- $line)
        switch $parts[1]
            case dir
                __fish_complete_directories "$parts[2]"
            case file
                __fish_complete_path "$parts[2]"
            case plain
                printf '%s\n' $parts[2]
        end
    end
end

complete --no-files --command evsrep --arguments "(_evsrep_completion)"
