#!/bin/sh
# Measure the recipe of configs/best.toml: teachers, a student for each of the five folds, the record of all of them.
# Whatever is there already is not made again, so it goes on where it was stopped.
#
#   benchmarks/recipes/taught.sh BASE DOCUMENTS OFFICIAL WORK
#
#   BASE       folder of all-mpnet-base-v2; not looked at where benchmarks/recipes/said has all three teachers
#   DOCUMENTS  the official documents: a file, or a folder
#   OFFICIAL   the corpus that 'framecls corpus hydrate' made of them
#   WORK       folder for models and labels; the record is WORK/evaluation
#
# Then the model itself is trained: distil.py with all three teachers and --output data/taught, framecls train.
set -eu

base=$1 documents=$2 official=$3 work=$4
here=$(dirname "$0")
python=${PYTHON:-.venv/bin/python}
kept=""

# An epoch that was finished is not trained again.
unfinished() {
    if ls -d "$1"/checkpoints/checkpoint-* > /dev/null 2>&1; then echo --resume; fi
}

for held in 1 0+2 3+4; do
    name=without-$(echo "$held" | tr + -)
    teacher=$here/said/$name.npz
    if [ ! -f "$teacher" ]; then
        teacher=$work/$name
        [ -f "$teacher/framecls.json" ] || "$python" "$here/run.py" --official "$official" --folds "$held" \
            --thin 0.5 --config configs/official.toml --keep "$teacher" --name "teacher $name" \
            --set "base=$base" learning_rate=5e-5 head_learning_rate=5e-4 \
            $(unfinished "$teacher")
    fi
    for fold in $(echo "$held" | tr + ' '); do
        student=$work/student$fold
        # What a student said of its fold is kept, too.
        said=$here/students/fold$fold.npz
        [ -f "$said" ] || said=$student/fold$fold.npz
        kept="$kept $said"
        [ ! -f "$said" ] || continue
        "$python" "$here/distil.py" "$teacher" --documents "$documents" --official "$official" \
            --leave-out "$fold" --cache "$work/said" --output "$work/soft$fold"
        "$python" "$here/run.py" --official "$official" --folds "$fold" --soft "$work/soft$fold" \
            --config configs/best.toml --keep "$student" --name "best.toml, taught by all-mpnet-base-v2" \
            $(unfinished "$student")
    done
done
# shellcheck disable=SC2086  # each is a path of its own
"$python" "$here/record.py" $kept --official "$official" --config configs/best.toml --output "$work/evaluation"
