/** Flags and keys of the original relay that this version does not have. */

/** Why a name is refused, or that it does nothing. */
interface NotHere {
  /** Follows the name in a sentence. */
  readonly text: string;
  /** False: accepted with a warning. */
  readonly refused: boolean;
  readonly key?: string;
  readonly flag?: string;
  /** The flag is followed by a value. */
  readonly takesValue?: boolean;
}

const NO_FORWARD = "is not part of this version: relays work together through federation " +
  "instead of forwarding everything to one other relay";
const NO_TRUNKING = "is not part of this version: clients cannot read trunk frames, and packets " +
  "to one receiver already share UDP packets";
const NO_WEB =
  "is not part of this version: browsers need a bridge of their own in front of the relay";
const NO_FILES = "is not part of this version: any web server can serve the files";
const NO_JITTER =
  "has no effect: a relay forwards packets as they come, jitter buffers are in the clients";

export const NOT_HERE: readonly NotHere[] = [
  { flag: "--remote", takesValue: true, refused: true, text: NO_FORWARD },
  {
    key: "remote_relay",
    refused: false,
    text: "has no effect: relays work together through federation",
  },
  { flag: "--trunking", refused: true, text: NO_TRUNKING },
  { key: "trunking_enabled", refused: false, text: "has no effect: this version has no trunking" },
  { flag: "--ws-port", key: "ws_port", takesValue: true, refused: true, text: NO_WEB },
  { flag: "--static-dir", key: "static_dir", takesValue: true, refused: true, text: NO_FILES },
  { key: "jitter_target_depth", refused: false, text: NO_JITTER },
  { key: "jitter_max_depth", refused: false, text: NO_JITTER },
];

/** What there is to say about a TOML key, or its environment variable, that is not in the schema. */
export function keyNotHere(name: string): NotHere | undefined {
  return NOT_HERE.find((item) => item.key === name);
}

export function flagNotHere(flag: string): NotHere | undefined {
  return NOT_HERE.find((item) => item.flag === flag);
}
