#!/bin/sh
# Prints the first Python that nnwidgets can be developed with: 3.10 to 3.13 (torch and tensorflow have wheels for these).
for name in "${PYTHON:-python3}" python3.13 python3.12 python3.11 python3.10; do
    if "$name" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
        command -v "$name"
        exit 0
    fi
done
echo "nnwidgets needs Python 3.10 to 3.13, and found none on the PATH (set PYTHON=/path/to/python)" >&2
exit 1
