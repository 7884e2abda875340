#!/bin/sh
# Make the environment: scripts/setup.sh [FOLDER]. Versions come from constraints.txt.
#
#   PYTHON        interpreter to use (python3)
#   TORCH_INDEX   index to take torch from, such as https://download.pytorch.org/whl/cpu or .../cu128
set -eu

cd "$(dirname "$0")/.."
venv=${1:-.venv}
python=${PYTHON:-python3}
torch=$(grep '^torch==' constraints.txt)

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "setup: framecls needs Python 3.11 or newer, found $("$python" --version); set PYTHON" >&2
    exit 1
}
"$python" -m venv "$venv"
pip="$venv/bin/python -m pip --disable-pip-version-check"

# On Linux the registry's default torch brings several GB of CUDA packages. Where there is no NVIDIA GPU and the torch
# on offer is such a build, the CPU build is taken from PyTorch's own index instead.
if [ -z "${TORCH_INDEX:-}" ] && ! command -v nvidia-smi >/dev/null 2>&1; then
    if $pip install --quiet --dry-run --no-deps --ignore-installed --report - "$torch" 2>/dev/null |
        grep -q '"\(nvidia\|cuda\)-[^"]*"'; then
        TORCH_INDEX=https://download.pytorch.org/whl/cpu
    fi
fi
if [ -n "${TORCH_INDEX:-}" ]; then
    $pip install --quiet --no-deps --index-url "$TORCH_INDEX" "$torch"
fi
$pip install --quiet --constraint constraints.txt "$torch"
$pip install --quiet --constraint constraints.txt --editable '.[dev]'
