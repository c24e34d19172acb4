#!/bin/sh
# Installs what is missing and builds the relay as one executable file.
usage='Usage: ./compile.sh [--with=auto|compile|pack] [--out=FILE]

  --with=compile  a true executable made by `deno compile`; needs the runtime "denort" of the Deno version in
                  package.json: named by DENORT_BIN, in Deno'"'"'s download cache, or downloaded by Deno
  --with=pack     a self-extracting file: shell script, program and Deno; works wherever Deno does
  --with=auto     compile if the runtime can be had within 10 s, else pack (default)
  --out=FILE      where the result goes (default: wzp-relay beside this script)

The result is tried before it replaces FILE.'

fail() {
  printf 'compile.sh: %s\n\n%s\n' "$1" "$usage" >&2
  exit 64
}

root=$(cd "$(dirname "$0")" && pwd) || exit 1
with=auto
out=$root/wzp-relay
for option in "$@"; do
  case $option in
    --with=auto | --with=compile | --with=pack) with=${option#--with=} ;;
    --out=?*) out=${option#--out=} ;;
    -h | --help) printf '%s\n' "$usage" && exit ;;
    --with=*) fail "--with is one of auto, compile, pack" ;;
    *) fail "cannot understand $option" ;;
  esac
done
case $out in /*) ;; *) out=$PWD/$out ;; esac
if [ -d "$out" ] || [ ! -w "$(dirname "$out")" ]; then
  echo "compile.sh: cannot write $out" >&2
  exit 73
fi

"$root/tools/install.sh" || exit
cd "$root" && exec tools/deno run --no-prompt -A tools/build/main.ts "$with" "$out"
