#!/bin/sh
# install.sh PYTHON VENV: what requirements*.txt pin, in the virtual environment VENV. CPU_INDEX in the environment names an index of
# CPU builds of torch, which is used where there is no NVIDIA driver.
set -eu
python=$1 venv=$2
cd "$(dirname "$0")/.."

if [ -z "$python" ]; then
    echo "No Python 3.11, 3.12 or 3.13 that can make a virtual environment was found: install one (on Debian and Ubuntu:" \
        "apt-get install python3 python3-venv), or name one: make demo PYTHON=/opt/python3.12/bin/python3" >&2
    exit 1
fi
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])') || {
    echo "$python does not start: name a Python 3.11, 3.12 or 3.13, as in make demo PYTHON=python3.12" >&2
    exit 1
}
case $version in
3.11 | 3.12 | 3.13) ;;
*)
    echo "$python is Python $version: versions 3.11, 3.12 and 3.13 will do; name one, as in make demo PYTHON=python3.12" >&2
    exit 1
    ;;
esac

if [ "$version" = 3.13 ]; then # tinysoundfont has no wheel for it: pip compiles it
    headers=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
    if ! command -v c++ >/dev/null 2>&1 || [ ! -e "$headers/Python.h" ]; then
        echo "With Python 3.13 one package is compiled, which takes a C++ compiler and Python's headers: install them (on Debian" \
            "and Ubuntu: apt-get install g++ python3-dev), or take Python 3.11 or 3.12." >&2
        exit 1
    fi
fi

driver=no
if [ -e /proc/driver/nvidia/version ] || command -v nvidia-smi >/dev/null 2>&1; then driver=yes; fi
index=
if [ -n "${CPU_INDEX:-}" ] && [ $driver = no ]; then index="--extra-index-url=$CPU_INDEX"; fi
if [ "$(uname -s)" != Linux ] || [ -n "$index" ]; then
    download="0.7 GB" disk=2.3 build="a CPU build of torch"
else
    download="3.2 GB" disk=5.7 build="torch with CUDA"
    [ $driver = yes ] || build="$build, of no use here: CPU_INDEX=ADDRESS, an index of CPU builds, saves 2.5 GB of download and 3.4 GB of disk"
fi
free=$(df -Pk . | awk 'NR == 2 { printf "%.1f", $4 / 1048576 }')
echo "Installing into $venv with $python (Python $version): a download of up to $download, $disk GB of disk, $free GB are free ($build)."
if awk "BEGIN { exit !($free < $disk) }"; then
    echo "That is too little: free some space, or clone the repository to a larger disk." >&2
    exit 1
fi

# What another version made, or a cut left, is not built upon: pip keeps what it has downloaded.
found=$("$venv/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || echo none)
if [ -e "$venv/.installing" ] || [ "$found" != "$version" ]; then "$python" -m venv --clear "$venv"; fi
touch "$venv/.installing"
"$venv/bin/pip" install --quiet --disable-pip-version-check $index --requirement requirements.txt --constraint constraints.txt
"$venv/bin/pip" install --quiet --disable-pip-version-check $index --no-deps --requirement requirements-nodeps.txt
rm "$venv/.installing"
