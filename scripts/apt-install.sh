#!/bin/sh
# apt-install.sh PACKAGE...: installs Debian packages as root or through sudo; fails where neither is possible.
set -eu
command -v apt-get >/dev/null || exit 1

as_root=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || exit 1
    as_root=sudo
    [ -t 0 ] || as_root="sudo -n"
fi

export DEBIAN_FRONTEND=noninteractive
echo "+ $as_root apt-get install -y $*"
# An image without package lists needs an update first, any other does not.
$as_root apt-get install -y --no-install-recommends "$@" </dev/null || {
    $as_root apt-get update </dev/null
    $as_root apt-get install -y --no-install-recommends "$@" </dev/null
}
