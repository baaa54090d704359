#!/usr/bin/env bash
# Resolve locks/run.txt (what runs) and locks/dev.txt (the tools of the tests, beside it), hashed, for every platform.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${VENV:-.venv}/bin
compile() {
  "$bin/uv" pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
    --no-emit-package torch --group build "$@" pyproject.toml
}
# Packages that the override in pyproject.toml rules out on every platform leave no line.
drop_never() { awk '/^[a-z]/ { keep = !/sys_platform == .never./ } keep'; }
compile -o "$bin/run.txt" && drop_never <"$bin/run.txt" >locks/run.txt
compile --group dev -c locks/run.txt -o "$bin/dev.txt" && drop_never <"$bin/dev.txt" >"$bin/all.txt"
# dev.txt holds only what run.txt does not.
awk 'NR == FNR { if (/^[a-z]/) seen[$1] = 1; next } /^[a-z]/ { keep = !($1 in seen) } keep' locks/run.txt "$bin/all.txt" >locks/dev.txt
sed -n 's/^ *"\(torch==[0-9.]*\)".*/\1/p' pyproject.toml >locks/torch.txt
