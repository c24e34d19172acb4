/** Groups of WireGuard keys as configuration values. */
import { relayLabel } from "./relay_entries.ts";
import { list, type Problem, table, textual, type ValueType, wrong } from "./value_types.ts";

const KEY_BYTES = 32;
const KEY = "a WireGuard public key, 32 bytes in base64 as `wg pubkey` prints it";

/** A public key in the one text form all parts agree on. */
export const wireguardKey: ValueType<string> = textual({
  shape: "key",
  expected: KEY,
  read(raw) {
    const bytes = typeof raw === "string" ? bytesOf(raw) : null;
    return bytes?.length === KEY_BYTES ? { value: bytes.toBase64() } : wrong(KEY, raw);
  },
  raw: (value) => value,
});

function bytesOf(text: string): Uint8Array | null {
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    return null;
  }
}

const group = table({ name: relayLabel, keys: list(wireguardKey) });
type WireguardGroup = typeof group extends ValueType<infer T> ? T : never;

const groups = list(group);

/** Groups with different names, in each of which no key stands twice and nobody is alone. */
export const wireguardGroups: ValueType<readonly WireguardGroup[]> = {
  ...groups,
  read(raw) {
    const reading = groups.read(raw);
    if (!("value" in reading)) return reading;
    const problems: Problem[] = [];
    const names = new Map<string, number>();
    for (const [index, { name, keys }] of reading.value.entries()) {
      const namesake = names.get(name);
      if (namesake !== undefined) {
        const text = `is ${JSON.stringify(name)}, as that of [${namesake}]`;
        problems.push({ path: [index, "name"], text });
      }
      names.set(name, index);
      for (const [place, key] of keys.entries()) {
        if (keys.indexOf(key) < place) {
          problems.push({ path: [index, "keys", place], text: `is ${key} once more` });
        }
      }
      if (keys.length < 2) {
        problems.push({ path: [index, "keys"], text: "must be at least two, who are to meet" });
      }
    }
    return problems.length > 0 ? { problems } : reading;
  },
};
