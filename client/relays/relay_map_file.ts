/** What a client remembers of relays between runs: its map, and what registries said last. */
import type { Clock } from "../../quic/clock.ts";
import { MAX_ENTRIES, RelayMap, type StoredEntry } from "./relay_map.ts";

/** The content of the file. */
export interface RelayMemory {
  readonly relays: readonly StoredEntry[];
  /** By the URL that was asked; checked when used. */
  readonly registries: Readonly<Record<string, unknown>>;
}

export interface LoadedMemory {
  readonly map: RelayMap;
  readonly registries: Map<string, unknown>;
  /** One sentence when something is not as it should be. */
  readonly problem: string | null;
  /** False when the file is in the way and could not be set aside: then it is left alone. */
  readonly writable: boolean;
}

const VERSION = 1;
const MAX_BYTES = 4 << 20;
const MAX_REGISTRIES = 8;
const MAX_REMEMBERED = MAX_ENTRIES / 2;

/** In the directory where the relay keeps its identity; null without a home. */
export function defaultMapPath(home: string | undefined): string | null {
  return home === undefined || home === "" ? null : `${home}/.wzp/relays.json`;
}

/** Never throws. A file that is damaged or of another program is renamed, and nothing is lost; devices are left alone. */
export function loadMemory(path: string, clock: Clock): LoadedMemory {
  const nothing = { map: new RelayMap(clock), registries: new Map<string, unknown>() };
  let text: string;
  try {
    const { isFile, size } = Deno.statSync(path);
    // Reading a pipe or a device may never end, and nobody wants /dev/null renamed.
    if (!isFile) {
      return {
        ...nothing,
        problem: `Cannot read ${path}: It is no regular file.`,
        writable: false,
      };
    }
    if (size > MAX_BYTES) return { ...nothing, ...setAside(path, clock) };
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { ...nothing, problem: null, writable: true };
    return { ...nothing, problem: `Cannot read ${path}: ${reason(error)}.`, writable: false };
  }
  const content = parse(text);
  if (content === null) return { ...nothing, ...setAside(path, clock) };
  // The far end makes room for those that this run finds.
  const { map, leftOut } = RelayMap.fromJSON(clock, content.relays.slice(0, MAX_REMEMBERED));
  const registries = new Map(Object.entries(content.registries).slice(-MAX_REGISTRIES));
  const problem = leftOut === 0 ? null : `${path} had ${leftOut} entries that are no relays.`;
  return { map, registries, problem, writable: true };
}

/** The answer is one sentence when it could not be written. Readers see the old file or the new one, never a part. */
export function saveMemory(
  path: string,
  map: RelayMap,
  registries: ReadonlyMap<string, unknown>,
): string | null {
  const memory: RelayMemory & { version: number } = {
    version: VERSION,
    relays: map.toJSON(),
    registries: Object.fromEntries([...registries].slice(-MAX_REGISTRIES)),
  };
  const draft = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    const directory = path.slice(0, path.lastIndexOf("/") + 1);
    if (directory !== "") Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
    Deno.writeTextFileSync(draft, `${JSON.stringify(memory)}\n`, { mode: 0o600, createNew: true });
    Deno.renameSync(draft, path);
    return null;
  } catch (error) {
    try {
      Deno.removeSync(draft);
    } catch {
      // There may be none.
    }
    return `Cannot write ${path}: ${reason(error)}.`;
  }
}

function parse(text: string): RelayMemory | null {
  try {
    const { version, relays, registries } = JSON.parse(text) ?? {};
    const good = version === VERSION && Array.isArray(relays) &&
      typeof registries === "object" && registries !== null && !Array.isArray(registries);
    return good ? { relays, registries } : null;
  } catch {
    return null;
  }
}

function setAside(path: string, clock: Clock): { problem: string; writable: boolean } {
  const aside = `${path}.set-aside-${clock.wall()}`;
  try {
    Deno.renameSync(path, aside);
    return { problem: `${path} is no map of relays; it was moved to ${aside}.`, writable: true };
  } catch (error) {
    const problem = `${path} is no map of relays and cannot be moved: ${reason(error)}.`;
    return { problem, writable: false };
  }
}

function reason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  // Deno adds the number of the error, and the call and path once more.
  return text.replace(/ \(os error \d+\).*$/s, "");
}
