#!/bin/sh
# make-venv.sh PYTHON FOLDER: makes a virtual environment; on Debian it first installs the package that venv lives in.
set -eu
python=$1
folder=$2

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    version=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    echo "$python has no venv: installing $version"
    sh "$(dirname "$0")/apt-install.sh" "$version" || {
        echo "please install Python's venv module (on Debian: apt-get install $version) and try again" >&2
        exit 1
    }
fi
exec "$python" -m venv "$folder"
