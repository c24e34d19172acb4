/** Which commit this is: the short git hash put in at bundling, or read from `.git` when run from source. */

/** Replaced by a string when the program is bundled. */
declare const WZP_BUILD_HASH: string | undefined;

/** Seven hex digits, or `unknown`. */
export function buildHash(): string {
  if (typeof WZP_BUILD_HASH === "string") return WZP_BUILD_HASH;
  const { protocol, pathname } = new URL("..", import.meta.url);
  return protocol === "file:" ? gitHash(decodeURIComponent(pathname)) : UNKNOWN;
}

/** The short hash of what is checked out in `root`, without running git; `unknown` when there is none. */
export function gitHash(root: string): string {
  const dot = `${root}/.git`;
  // In a linked worktree `.git` is a file, and shared references live in the common directory it leads to.
  const linked = read(dot)?.match(/^gitdir: (.+)$/m)?.[1];
  const own = linked === undefined ? dot : resolve(root, linked);
  const shared = read(`${own}/commondir`);
  const common = shared === null ? own : resolve(own, shared.trim());

  let value = read(`${own}/HEAD`)?.trim();
  for (let depth = 0; depth < 5 && value !== undefined; depth++) {
    if (HASH.test(value)) return value.slice(0, 7);
    const name = value.match(/^ref: (\S+)$/)?.[1];
    if (name === undefined) break;
    value = (read(`${own}/${name}`) ?? read(`${common}/${name}`) ?? packed(common, name))?.trim();
  }
  return UNKNOWN;
}

const UNKNOWN = "unknown";
/** SHA-1 or SHA-256. */
const HASH = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

function packed(common: string, name: string): string | undefined {
  for (const line of read(`${common}/packed-refs`)?.split("\n") ?? []) {
    const [hash, ref] = line.split(" ");
    if (ref?.trim() === name) return hash;
  }
  return undefined;
}

function resolve(base: string, path: string): string {
  return path.startsWith("/") ? path : `${base}/${path}`;
}

function read(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return null;
  }
}
