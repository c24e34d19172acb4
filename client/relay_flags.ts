/** Flags that say among which relays to choose, and how. */
import type { Action, Flag } from "./flag.ts";
import { parseRelayWords } from "./relays/relay_words.ts";

const CHOOSING: readonly Action[] = [
  "room",
  "echo-test",
  "signal",
  "call",
  "netcheck",
  "wg-endpoint",
];
const MAX_REGION = 32;

export const RELAY_FLAGS: readonly Flag[] = [
  {
    name: "--relays",
    value: "LIST",
    help: "choose the nearest of these, [name=]host[:port][#TLS fingerprint] with commas between",
    with: CHOOSING,
    finds: true,
    apply: (settings, value) => settings.choices = parseRelayWords(value),
  },
  {
    name: "--registry",
    value: "URL",
    help: "choose among the relays that this registry lists",
    with: CHOOSING,
    finds: true,
    apply: (settings, value) => settings.registry = registryUrl(value),
  },
  {
    name: "--registry-token",
    value: "TOKEN",
    help: "for a registry that is not public; @FILE reads it from a file",
    with: CHOOSING,
    finds: true,
    apply: (settings, value) => settings.registryToken = secret("--registry-token", value),
  },
  {
    name: "--region",
    value: "REGION",
    help: "use relays of this region only",
    with: CHOOSING,
    finds: true,
    apply: (settings, value) => settings.region = region(value),
  },
  {
    name: "--prefer",
    value: "RELAY",
    help: "use the relay with this name or address while it answers",
    with: CHOOSING,
    finds: true,
    apply: (settings, value) => settings.prefer = value,
  },
  {
    name: "--relay-map",
    value: "FILE",
    help: "remember relays there (default: ~/.wzp/relays.json)",
    with: CHOOSING,
    finds: true,
    apply: (settings, value) => settings.relayMap = value,
  },
];

/** A secret, or with `@` before it the first line of that file. */
export function secret(flag: string, value: string): string {
  if (!value.startsWith("@")) return value;
  let text: string;
  try {
    text = Deno.readTextFileSync(value.slice(1)).split("\n", 1)[0]!.trim();
  } catch {
    throw new RangeError(`${flag}: the file ${value.slice(1)} cannot be read`);
  }
  if (text === "") throw new RangeError(`${flag}: the file ${value.slice(1)} is empty`);
  return text;
}

function registryUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new RangeError(`--registry wants http://host:port or https://host, not "${text}"`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new RangeError("--registry takes no user or password; use --registry-token");
  }
  if (url.search !== "" || url.hash !== "") {
    throw new RangeError("--registry wants a URL without ? and #");
  }
  return url.href.replace(/\/+$/, "");
}

function region(text: string): string {
  if (text === "" || text.length > MAX_REGION || /[\p{C}|]/u.test(text)) {
    throw new RangeError(`--region wants up to ${MAX_REGION} characters, not "${text}"`);
  }
  return text;
}
