#!/usr/bin/env bash
# Make the pairs of a spreadsheet exist, once all of them can be made.
#
#     apply-spreadsheet.sh pairs.csv
#
# CSV as a spreadsheet saves it will do: semicolons, a byte-order mark, CRLF. Rows that are not
# there in the end are named on stderr; the same file applied again tries these alone.
set -uo pipefail

evsrep apply "$1" --dry-run -q -o jsonl >plan.jsonl || exit
evsrep apply "$1" --wait -q -o jsonl >result.jsonl
code=$?
jq -r 'select(.result == "created" or .result == "exists" | not)
  | "line \(.line): \(.result): \(.error.message)"' result.jsonl >&2
jq -rs 'group_by(.result)[] | "\(length) \(.[0].result)"' result.jsonl
exit "$code"
