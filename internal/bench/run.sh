#!/usr/bin/env bash
# run.sh DIR [REVISION]: run the benchmarks of internal/bench in rounds, so that
# a disturbance hits all alike, and print a table of the best of each. With a
# revision, build its benchmarks in a temporary work tree and run both in turns.
# What was measured is left in DIR, for benchstat.
set -euo pipefail
dir=$1 base=${2-} rounds=${ROUNDS:-3} count=${COUNT:-6} match=${BENCH:-.}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
root=$(git rev-parse --show-toplevel)
go test -c -o "$dir/new.test" ./internal/bench
: >"$dir/new.txt"
if [ -n "$base" ]; then
	tree=$(mktemp -d)
	trap 'git -C "$root" worktree remove --force "$tree"' EXIT
	git worktree add --quiet --detach "$tree" "$base"
	(cd "$tree" && go test -c -o "$dir/old.test" ./internal/bench)
	: >"$dir/old.txt"
fi
for _ in $(seq "$rounds"); do
	for which in new ${base:+old}; do
		at=$root
		[ $which = new ] || at=$tree
		(cd "$at/internal/bench" && "$dir/$which.test" -test.run '^$' -test.bench "$match" -test.benchtime 1x -test.count "$count" -test.benchmem) >>"$dir/$which.txt"
	done
done
if [ -n "$base" ]; then
	echo "$base:"
	go run ./internal/bench/ratios <"$dir/old.txt"
	echo
	echo "this tree:"
fi
go run ./internal/bench/ratios <"$dir/new.txt"
if [ -n "$base" ]; then
	echo
	go tool -modfile=internal/tools/go.mod benchstat old="$dir/old.txt" new="$dir/new.txt"
fi
