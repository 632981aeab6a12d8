#!/bin/sh
# npm.sh ARGUMENTS: npm in js/, after a check that says what is missing.
set -eu
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo "nnwidgets needs Node.js 20.19 or newer and npm on the PATH" >&2
    exit 1
fi
if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
    echo "nnwidgets needs Node.js 20.19 or newer, found $(node --version)" >&2
    exit 1
fi
cd "$(dirname "$0")/../js"
exec npm "$@"
