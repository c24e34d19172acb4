/** All messages as one type, derived from their descriptions. */
import { type Fields, type InferFields, type Struct, struct } from "./descriptor.ts";
import { EXTENSION_MESSAGES } from "./extension_messages.ts";
import { ORIGINAL_MESSAGES } from "./messages.ts";

const MESSAGES = { ...ORIGINAL_MESSAGES, ...EXTENSION_MESSAGES };

type Messages = typeof MESSAGES;

interface Nested {
  readonly message: Signal;
}

/** The name of a message that both codec directions know. */
export type SignalType = keyof Messages;

/** One message as an object: `type` and the fields as named on the wire. */
export type SignalOf<K extends SignalType> = K extends SignalType
  ? Messages[K] extends "unit" ? { readonly type: K }
  : { readonly type: K } & InferFields<Messages[K], Nested>
  : never;

/** Any message that can be sent. */
export type KnownSignal = SignalOf<SignalType>;

/** A well-formed message of a variant this version does not know; its content is dropped. */
export interface UnknownSignal {
  readonly type: "unknown";
  /** The variant's name, cut to `MAX_VARIANT_LENGTH`. Text from the peer. */
  readonly variant: string;
}

/** Any message that can arrive, at the top or inside a FederatedSignalForward. */
export type Signal = KnownSignal | UnknownSignal;

/** Most UTF-16 units kept of an unknown variant's name. */
export const MAX_VARIANT_LENGTH = 64;

/** Most bytes of a message as JSON, both ways. */
export const MAX_MESSAGE_BYTES = 1_048_576;

/** Variant name to its struct, or to `unit` for one without fields. */
export const VARIANTS: ReadonlyMap<string, Struct | "unit"> = new Map(
  Object.entries<Fields | "unit">(MESSAGES).map(([name, fields]) => [
    name,
    fields === "unit" ? fields : struct(name, fields),
  ]),
);

/** Whether every original peer understands this variant; of a forward, ask for its `inner` too. */
export function isOriginal(type: string): boolean {
  return Object.hasOwn(ORIGINAL_MESSAGES, type);
}
