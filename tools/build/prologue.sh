#!/bin/sh
# wzp-relay for @platform@ in one file: this script, then the packed program and the packed Deno runtime.
# The first start unpacks both into a private cache directory; every start then becomes the runtime (exec).
# Deno cannot start where there is no directory, and would say so in its own words. Shells tell it by one or the other.
if [ -z "$PWD" ] || ! pwd -P >/dev/null 2>&1; then
  echo "wzp-relay: the working directory does not exist any more. Change to another one first." >&2
  exit 78
fi

self=$0
program=program-@program_id@/main.js
runtime=runtime-@runtime_id@/wzp-relay

# safe DIR: a real directory of our own
safe() {
  [ -d "$1" ] && [ ! -L "$1" ] && [ -O "$1" ]
}

# whole DIR: DIR is closed to others and holds both files in full size. One fork, because every start does this.
whole() {
  safe "$1" && [ -x "$1/$runtime" ] || return 1
  set -- $(cd "$1" && LC_ALL=C TIME_STYLE=locale PATH="$PATH:/usr/bin:/bin" \
    ls -lnd . "$program" "$runtime" 2>/dev/null)
  # Nine words a line: mode links owner group size month day time name.
  [ "$#" -eq 27 ] || return 1
  case $1 in drwx------*) ;; *) return 1 ;; esac
  [ "${14}" = @program_size@ ] && [ "${23}" = @runtime_size@ ]
}

# intact FILE SUM: FILE has this SHA-256
intact() {
  [ -f "$1" ] || return 1
  if command -v sha256sum >/dev/null; then
    sum=$(sha256sum <"$1")
  else
    sum=$(shasum -a 256 <"$1")
  fi
  [ "${sum%% *}" = "$2" ]
}

# take FILE MODE SUM AT PACKED: puts one file of this script in its place, whole or not at all
take() {
  if intact "$1" "$3"; then
    chmod "$2" "$1"
    return
  fi
  if ! tail -c "+$4" "$self" | head -c "$5" | gzip -dc >"$new/part" || ! intact "$new/part" "$3"; then
    echo "no room, or this program's file is damaged (wrong checksum)"
    return 1
  fi
  chmod "$2" "$new/part" && mkdir -p "${1%/*}" && mv -f "$new/part" "$1"
}

# unpack DIR: makes DIR whole or prints why not. For a command substitution: umask, PATH and traps stay in there.
unpack() {
  exec 2>/dev/null
  umask 077
  PATH=$PATH:/usr/bin:/bin
  case $self in /*) ;; *) self=$PWD/$self ;; esac
  if ! { mkdir -p "$1" && safe "$1" && chmod 700 "$1" && cd "$1" && new=$PWD/$(mktemp -d new.XXXXXX); }; then
    echo "not a directory of our own that can be written to"
    exit 1
  fi
  trap 'rm -rf "$new"' EXIT
  trap 'exit 1' HUP INT TERM
  # Leftovers of interrupted starts, and what was unpacked long ago: who still needs it unpacks it again.
  find . -mindepth 1 -maxdepth 1 \( -name 'new.*' -mmin +60 -o -name '*-*' -mtime +90 \) -exec rm -rf {} +
  take "$program" 600 @program_sum@ @program_at@ @program_packed@ &&
    take "$runtime" 700 @runtime_sum@ @runtime_at@ @runtime_packed@ || exit 1
  if ! "./$runtime" --version >/dev/null </dev/null; then
    echo "programs cannot run from there (noexec), or this machine is not @platform@"
    exit 1
  fi
}

# each CHECK: calls CHECK with every place the cache may be, best first, until it succeeds
each() {
  for base in "${CACHE_DIRECTORY:-}" "${XDG_CACHE_HOME:-}" "${HOME:-}"; do
    case $base in
      "" | [!/]*) continue ;;
      "${HOME:-}") [ -O "$base" ] && "$1" "$base/.cache/wzp-relay" && return ;;
      *) { [ -O "$base" ] || [ ! -e "$base" ]; } && "$1" "$base/wzp-relay" && return ;;
    esac
  done
  : "${uid:=$(PATH="$PATH:/usr/bin:/bin" id -u)}"
  for base in "${TMPDIR:-}" /var/tmp /tmp /dev/shm; do
    case $base in
      /*) [ -d "$base" ] && "$1" "$base/wzp-relay-$uid" && return ;;
    esac
  done
  return 1
}

found() {
  whole "$1" && dir=$1
}

made() {
  why=$(unpack "$1") && found "$1" && return
  tried="$tried
  $1: ${why:-interrupted}"
  return 1
}

uid='' tried=''
if ! each found && ! each made; then
  printf 'wzp-relay: cannot unpack itself (@room@ MB). Tried:%s\n%s\n' "$tried" \
    'Set XDG_CACHE_HOME to a directory of yours that has room and may hold programs.' >&2
  exit 73
fi
export DENO_DIR="$dir/deno" DENO_NO_UPDATE_CHECK=1
# With these Deno asks another program for the permissions below, fails for want of a Node.js parent, writes down keys.
unset DENO_PERMISSION_BROKER_PATH NODE_CHANNEL_FD SSLKEYLOGFILE
exec "$dir/$runtime" run @flags@ "$dir/$program" "$@"
exit
