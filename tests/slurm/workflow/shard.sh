#!/bin/sh
# shard.sh SHARD OUTPUT: write OUTPUT in two halves, on purpose not atomically, and keep a diary.
# faults/SHARD (or faults/task_N, for array task N) may hold one line: `sleep N`; `fail` or `hang`, the first time only;
# `clock`: write down the time, and give the output this clock's time, as a node's own file system would;
# `half` or `late`: wait for the file faults/go, with half of the output or before any of it.
set -eu
shard=$1 output=$2 task=${SLURM_ARRAY_JOB_ID:-local}_${SLURM_ARRAY_TASK_ID:-}
mkdir -p diary faults
exec 9>>"diary/$shard.lock"
flock --nonblock 9 || echo "two writers" >>"diary/$shard"
echo "start $task" >>"diary/$shard"
fault=$(cat "faults/$shard" "faults/task_${SLURM_ARRAY_TASK_ID:-}" 2>/dev/null || true)
echo "modules: ${LOADEDMODULES:-}" >&2
wait_for_go() { until [ -e faults/go ]; do sleep 0.5; done; }

if [ "$fault" = late ]; then wait_for_go; fi
echo "shard $shard begins" >"$output"
case $fault in
fail) rm "faults/$shard" && sleep 1 && echo "shard $shard fails" >&2 && exit 1 ;;
hang) rm "faults/$shard" && sleep 3600 9>&- ;;
half) wait_for_go ;;
sleep*) $fault 9>&- ;;
esac
echo "shard $shard ends" >>"$output"
if [ "$fault" = clock ]; then echo "$(date +%s) $(/bin/date +%s)" >"diary/clock_$shard" && touch -d "@$(date +%s)" "$output"; fi
echo "end $task" >>"diary/$shard"
