#!/usr/bin/env bash
# run.sh DIR [REVISION]: run the benchmarks of internal/bench in rounds, so that
# a disturbance hits all alike, and print a table of the best of each. With a
# revision, build its benchmarks in a temporary work tree and run both in turns.
# What was measured is left in DIR, for benchstat. BENCH selects benchmarks;
# ROUNDS and COUNT say how many rounds, and how many runs in each. With a Python
# that has exchangelib in GOEWS_PYTHON, that decodes the same bytes too.
set -euo pipefail
dir=$1 base=${2-} rounds=${ROUNDS:-3} count=${COUNT:-6} match=${BENCH:-Decode|Encode}
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
if [ -z "${BENCH-}" ]; then # 1 GiB up and down, once
	(cd "$root/internal/bench" && "$dir/new.test" -test.run '^$' -test.bench Stream -test.benchtime 1x) | tee -a "$dir/new.txt" | grep ^Benchmark
fi
if [ -n "${GOEWS_PYTHON-}" ]; then
	GOEWS_BENCH_PEERS=1 go test -count=1 -v -run TestPeerExchangelib ./internal/bench | grep ^Benchmark >>"$dir/new.txt"
fi
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
