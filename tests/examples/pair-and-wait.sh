#!/usr/bin/env bash
# Pair two disks and wait until both hold the same data; print the pair's ID.
#
#     pair-and-wait.sh PRODUCTION_DISK DR_DISK NAME
#
# Ends with evsrep's own exit codes. Whatever happened before, it may be run again: a pair of
# these two disks that is there already is taken.
set -uo pipefail

id=$(evsrep create --production-disk "$1" --dr-disk "$2" --name "$3" \
  --if-not-exists --wait -q -o value -c id)
code=$?
case $code in
  0 | 10) ;; # there, or still being made: the wait below goes on
  8)
    echo "whether there is a pair now is not known; run this again, it makes no second one" >&2
    exit 8
    ;;
  9)
    evsrep explain "$(evsrep show "$id" -o value -c failure_detail)" >&2
    exit 9
    ;;
  *) exit "$code" ;; # nothing is there, and evsrep has said why and what helps
esac
exec evsrep wait "$id" --for active --wait-timeout "${WAIT:-2h}" -q -o value -c id
