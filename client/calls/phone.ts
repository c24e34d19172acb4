/** A client's side of direct calls, one at a time: what each signal means, and what is said next. No I/O. */
import { PROFILES } from "../../proto/codec.ts";
import {
  type HangupReason,
  type KnownSignal,
  MAX_RTTS,
  type SignalOf,
} from "../../proto/signal/mod.ts";
import type { Clock, Timer } from "../../quic/clock.ts";
import type { CallSignal } from "./signal_session.ts";

/** A relay that neither rings nor hangs up within this time has lost the offer. */
const RING_LIMIT_MS = 10_000;
/** Longer than relays let a call ring. */
const ANSWER_LIMIT_MS = 120_000;
/** From the acceptance to the setup. */
const SETUP_LIMIT_MS = 10_000;

export interface Call {
  readonly id: string;
  /** Fingerprint of the other party, as the relay or the user wrote it. */
  readonly peer: string;
  readonly role: "caller" | "callee";
}

export type CallStage =
  /** The relay has our offer. */
  | "offered"
  /** It has told the callee. */
  | "ringing"
  /** Somebody calls us. */
  | "incoming"
  /** We or they have accepted. */
  | "accepted"
  /** Both know where the media goes. */
  | "set up";

/** How a call ended, and where it stood. */
export interface CallEnd {
  readonly by: "us" | "them" | "timeout";
  readonly reason: HangupReason;
  readonly stage: CallStage;
  /** The relay did not know the call: the callee cannot be reached. */
  readonly unreachable: boolean;
}

export type PhoneEvent =
  | { readonly type: "ringing"; readonly call: Call }
  | {
    readonly type: "incoming";
    readonly call: Call;
    readonly offer: SignalOf<"DirectCallOffer">;
  }
  | {
    readonly type: "answered";
    readonly call: Call;
    readonly answer: SignalOf<"DirectCallAnswer">;
  }
  | { readonly type: "setup"; readonly call: Call; readonly setup: SignalOf<"CallSetup"> }
  | { readonly type: "path"; readonly call: Call; readonly directOk: boolean }
  | { readonly type: "ended"; readonly call: Call; readonly end: CallEnd };

export interface PhoneOptions {
  readonly clock: Clock;
  readonly fingerprint: string;
  readonly publicKey: Uint8Array;
  readonly alias?: string;
  /** Milliseconds to relays, by `ip:port`; told with every offer and acceptance. */
  readonly rtts?: () => ReadonlyMap<string, number>;
  /** False when the message was dropped. */
  readonly send: (message: KnownSignal) => boolean;
  /** Must not throw. */
  readonly onEvent: (event: PhoneEvent) => void;
}

/** Where we can be reached without a relay. */
export interface Contact {
  readonly reflexive: string | null;
  readonly locals: readonly string[];
  /** What both sides need besides the addresses. */
  readonly ext: SignalOf<"DirectCallOffer">["ext"];
}

export const NO_CONTACT: Contact = { reflexive: null, locals: [], ext: null };

export class Phone {
  readonly #options: PhoneOptions;
  #call: Call | null = null;
  #stage: CallStage = "offered";
  #limit: Timer | null = null;

  constructor(options: PhoneOptions) {
    this.#options = options;
  }

  /** The call there is. */
  get call(): Call | null {
    return this.#call;
  }

  /** Null without a call. */
  get stage(): CallStage | null {
    return this.#call && this.#stage;
  }

  /** Calls somebody. The id must be new to the relay. */
  place(target: string, id: string, contact: Contact = NO_CONTACT): Call {
    if (this.#call !== null) throw new TypeError("There is a call already");
    const { fingerprint, alias, publicKey } = this.#options;
    const call = this.#begin({ id, peer: target, role: "caller" }, "offered", RING_LIMIT_MS);
    this.#options.send({
      type: "DirectCallOffer",
      caller_fingerprint: fingerprint,
      caller_alias: alias ?? null,
      target_fingerprint: target,
      call_id: id,
      identity_pub: publicKey,
      ephemeral_pub: new Uint8Array(32),
      signature: new Uint8Array(0),
      supported_profiles: [PROFILES.GOOD],
      caller_reflexive_addr: contact.reflexive,
      caller_local_addrs: [...contact.locals],
      caller_build_version: null,
      ext: this.#ext(contact),
    });
    return call;
  }

  /** Takes an incoming call, if it is still there. Without a contact the caller learns no address of ours. */
  accept(call: Call, contact: Contact | null): void {
    if (this.#call !== call || this.#stage !== "incoming") return;
    this.#turn("accepted", SETUP_LIMIT_MS);
    this.#answer(call.id, contact === null ? "AcceptGeneric" : "AcceptTrusted", contact);
  }

  /** Turns an incoming call away. */
  reject(call: Call): void {
    if (this.#call !== call || this.#stage !== "incoming") return;
    this.#answer(call.id, "Reject", null);
    this.#end({ by: "us", reason: "Declined" });
  }

  /** Ends the call there is. */
  hangUp(reason: HangupReason = "Normal"): void {
    if (this.#call === null) return;
    this.#options.send({ type: "Hangup", reason, call_id: this.#call.id });
    this.#end({ by: "us", reason });
  }

  /** The connection to the relay is gone, and with it the call. */
  lost(): void {
    this.#end({ by: "them", reason: "Error" });
  }

  handle(signal: CallSignal): void {
    if (signal.type === "DirectCallOffer") return this.#offered(signal);
    const call = this.#call;
    if (call === null || (signal.call_id ?? call.id) !== call.id) return;
    const emit = this.#options.onEvent;
    switch (signal.type) {
      case "CallRinging":
        if (this.#stage !== "offered") return;
        this.#turn("ringing", ANSWER_LIMIT_MS);
        return emit({ type: "ringing", call });
      case "DirectCallAnswer":
        if (call.role !== "caller" || !this.#isOpen) return;
        if (signal.accept_mode === "Reject") return this.#end({ by: "them", reason: "Declined" });
        this.#turn("accepted", SETUP_LIMIT_MS);
        return emit({ type: "answered", call, answer: signal });
      case "CallSetup":
        // A caller may get it without the answer when relays lie between.
        if (this.#stage === "set up" || this.#stage === "incoming") return;
        this.#turn("set up", null);
        return emit({ type: "setup", call, setup: signal });
      case "MediaPathReport":
        return emit({ type: "path", call, directOk: signal.direct_ok });
      case "Hangup":
        return this.#end({
          by: "them",
          reason: signal.reason,
          unreachable: this.#stage === "offered" && signal.call_id === null,
        });
    }
  }

  get #isOpen(): boolean {
    return this.#stage === "offered" || this.#stage === "ringing";
  }

  #offered(offer: SignalOf<"DirectCallOffer">): void {
    const { call_id: id, caller_fingerprint: peer } = offer;
    if (this.#call?.id === id) return;
    if (this.#call !== null) return this.#answer(id, "Reject", null);
    const call = this.#begin({ id, peer, role: "callee" }, "incoming", ANSWER_LIMIT_MS);
    this.#options.onEvent({ type: "incoming", call, offer });
  }

  #answer(
    id: string,
    mode: SignalOf<"DirectCallAnswer">["accept_mode"],
    contact: Contact | null,
  ): void {
    const accepts = mode !== "Reject";
    const ext = accepts ? this.#ext(contact) : null;
    this.#options.send({
      type: "DirectCallAnswer",
      call_id: id,
      accept_mode: mode,
      identity_pub: accepts ? this.#options.publicKey : null,
      ephemeral_pub: null,
      signature: null,
      chosen_profile: accepts ? PROFILES.GOOD : null,
      callee_reflexive_addr: contact?.reflexive ?? null,
      callee_local_addrs: [...contact?.locals ?? []],
      callee_build_version: null,
      ext: ext && { ...ext, relay: null },
    });
  }

  /** What is told beside the addresses; relays compare the figures of both sides. */
  #ext(contact: Contact | null): Contact["ext"] {
    const ext = contact?.ext ?? null;
    const figures = [...this.#options.rtts?.() ?? []].slice(0, MAX_RTTS);
    if (figures.length === 0) return ext;
    const caps = [...ext?.caps ?? [], "rtts"];
    return { v: 1, direct_cert: ext?.direct_cert ?? null, caps, rtts: new Map(figures) };
  }

  #begin(call: Call, stage: CallStage, limitMs: number): Call {
    this.#call = call;
    this.#turn(stage, limitMs);
    return call;
  }

  #turn(stage: CallStage, limitMs: number | null): void {
    this.#stage = stage;
    this.#limit?.cancel();
    this.#limit = limitMs === null ? null : this.#options.clock.after(limitMs, () => {
      this.#options.send({ type: "Hangup", reason: "Timeout", call_id: this.#call?.id ?? null });
      this.#end({ by: "timeout", reason: "Timeout" });
    });
  }

  #end(end: Pick<CallEnd, "by" | "reason"> & Partial<CallEnd>): void {
    const call = this.#call;
    if (call === null) return;
    this.#limit?.cancel();
    this.#call = null;
    this.#options.onEvent({
      type: "ended",
      call,
      end: { stage: this.#stage, unreachable: false, ...end },
    });
  }
}

/** An id as clients make them: Unix time in nanoseconds, hexadecimal. Milliseconds are all a clock tells. */
export function newCallId(wallMs: number, random: Uint8Array): string {
  const below = ((random[0]! << 16) | (random[1]! << 8) | random[2]!) % 1_000_000;
  const nanoseconds = BigInt(Math.trunc(wallMs)) * 1_000_000n + BigInt(below);
  return nanoseconds.toString(16).padStart(16, "0");
}
