#!/bin/sh
# Installs the npm packages of package-lock.json if any is missing or has another version. Changes no tracked file.
root=$(cd "$(dirname "$0")/.." && pwd) && cd "$root" || exit 1

for need in node npm; do
  if ! command -v "$need" >/dev/null 2>&1; then
    echo "install: $need is missing; Node.js 20 or newer with npm is needed" >&2
    exit 69
  fi
done
if ! node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)'; then
  echo "install: Node.js 20 or newer is needed, this is $(node --version)" >&2
  exit 69
fi

node tools/packages_ready.mjs && exit 0
echo "Installing npm packages ..." >&2
npm ci >&2 || {
  echo "'npm ci' failed; trying 'npm install' without saving." >&2
  npm install --no-save --no-audit >&2
}
node tools/packages_ready.mjs --explain
