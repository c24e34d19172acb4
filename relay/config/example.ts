/** The example configuration that is written when `-c` names a missing file. */
import { type ListenAddress, printAddress } from "./address.ts";
import { defaultText } from "./help.ts";
import { relaySchema } from "./relay_schema.ts";
import { entriesOf, isDerived, type Key, type Schema } from "./schema.ts";
import { printable } from "./sentences.ts";
import { tomlText } from "./toml_text.ts";
import type { Raw } from "./value_types.ts";
import { wrap } from "./wrap.ts";

const WIDTH = 94;
const SECTIONS = "Keys below the name of a section belong to it, so all others stand above.";

export interface ExampleOptions {
  /** The effective one; the only active line. */
  readonly listenAddr: ListenAddress;
  /** Address others reach this relay at; null when it could not be found out. */
  readonly ip: string | null;
  readonly port: number;
  /** Colon form. */
  readonly tlsFingerprint: string;
}

/** Every key as a comment that works when its `#` is removed; only `listen_addr` and names of sections are active. */
export function exampleConfig(options: ExampleOptions, schema: Schema = relaySchema): string {
  const { listenAddr, ip, port, tlsFingerprint } = options;
  const lines = [
    ...comment(
      'Configuration of wzp-relay. Every key is optional. Remove the "#" in front of a key to set it, ' +
        "then restart the relay, or send it SIGHUP where the key says so.",
    ),
    "#",
    ...comment(
      "For operators of other relays: this block in their configuration links to this relay.",
    ),
    "#",
    "#     [[peers]]",
    `#     url = ${tomlText(printAddress({ ip: printable(ip ?? "this-relay-ip"), port }))}`,
    `#     fingerprint = ${tomlText(printable(tlsFingerprint))}`,
    '#     label = "This Relay"',
  ];
  let section = "";
  for (const { path, key } of entriesOf(schema)) {
    const parent = path.slice(0, -1).join(".");
    if (parent !== section) {
      if (section === "") lines.push("", ...comment(SECTIONS));
      lines.push("", `[${parent}]`);
    }
    section = parent;

    const name = path.at(-1)!;
    const unit = key.unit && !isDerived(key.default) ? ` ${key.unit}` : "";
    lines.push(
      "",
      ...comment(key.help),
      ...comment(`Default: ${defaultText(key)}${unit}. Reason: ${key.reason}.`),
      ...(key.reload ? comment("A change applies on SIGHUP.") : []),
    );
    if (name === "listen_addr") lines.push(`listen_addr = ${tomlText(printAddress(listenAddr))}`);
    else lines.push(`#${name} = ${tomlText(sampleOf(key))}`);
  }
  return lines.join("\n") + "\n";
}

function sampleOf({ sample, default: standard }: Key<unknown>): Raw {
  if (sample !== undefined) return sample;
  if (standard === null || isDerived(standard)) {
    throw new TypeError("A key without a plain default needs a sample");
  }
  return standard;
}

function comment(text: string): string[] {
  return wrap(text, WIDTH).map((line) => `# ${line}`);
}
