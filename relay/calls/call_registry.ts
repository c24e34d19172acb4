/** The calls there are, by id and by party: bounded, each with its time limit. */
import { callRoomName } from "../../proto/room_name.ts";
import type { Clock, Timer } from "../../quic/clock.ts";
import type { CallAccess } from "../ports/call_access.ts";
import type { CallObserver, CallState } from "../ports/call_observer.ts";
import type { RemoteCalls } from "../ports/remote_calls.ts";
import type { Counters } from "../ports/counters.ts";
import { Call, type CallInit } from "./call.ts";

/** A drained relay that stopped with the last call would overtake the hangup that tells the other party. */
export const FAREWELL_MS = 250;

/**
 * Unanswered calls of one caller to one callee: one that was given up a moment ago and its repetition. More would let
 * a single caller keep everybody else's calls from somebody.
 */
const MAX_RINGING_BETWEEN_TWO = 2;

export interface CallRules {
  /** How long a call may stay unanswered. */
  readonly timeoutMs: number;
  readonly oneAtATime: boolean;
  /** Calls one fingerprint may have placed or answered; apart from them, calls that may ring at it. */
  readonly maxPerClient: number;
  /** Calls in all. */
  readonly maxCalls: number;
}

/** Why there can be no such call. */
export type OfferRefusal =
  /** `call-<id>` could not be asked for in TLS, or not in this spelling. */
  | "call_id_invalid"
  | "call_id_in_use"
  | "to_oneself"
  | "busy"
  | "too_many_calls";

/** What an offer asks for. */
export type Offered = Pick<CallInit, "id" | "caller" | "callee" | "source">;

export interface CallRegistryOptions {
  readonly clock: Clock;
  readonly counters: Counters;
  /** Asked for every offer, so that a reload counts at once. */
  readonly rules: () => CallRules;
  /** Keeps a drain waiting; the answer is called once the call ended and the parties could be told. */
  readonly hold: () => () => void;
  /** A call ended because nobody answered it. */
  readonly onTimeout: (call: Call) => void;
  readonly isAuthenticated: (fingerprint: string) => boolean;
  /** Calls between others that meet here; none by default. */
  readonly remote?: () => Pick<RemoteCalls, "places"> | null;
  readonly observer?: CallObserver | undefined;
}

interface Present {
  readonly call: Call;
  readonly timer: Timer;
  readonly release: () => void;
  /** Called when it is answered, or over. */
  readonly waiting: (() => void)[];
}

/** A party's connections that come before its call is set up. */
const MAX_WAITING = 4;
const NOBODY: readonly string[] = [];

export class CallRegistry implements CallAccess {
  readonly #options: CallRegistryOptions;
  readonly #calls = new Map<string, Present>();
  readonly #byParty = new Map<string, Set<Call>>();

  constructor(options: CallRegistryOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#calls.size;
  }

  /** Calls that are not ended, oldest first. */
  *all(): Generator<Call> {
    for (const { call } of this.#calls.values()) yield call;
  }

  find(id: string): Call | null {
    return this.#calls.get(id)?.call ?? null;
  }

  /** The calls of a party at this moment. */
  of(fingerprint: string): Call[] {
    return [...this.#byParty.get(fingerprint) ?? []];
  }

  /**
   * Why this offer cannot be a call, or null. What rings at a client is not of its doing, so it keeps nobody from
   * placing or answering calls.
   */
  refusal({ id, caller, callee, source }: Offered): OfferRefusal | null {
    const { oneAtATime, maxPerClient, maxCalls } = this.#options.rules();
    if (callRoomName(id) === null) return "call_id_invalid";
    if (this.#calls.has(id)) return "call_id_in_use";
    if (caller === callee) return "to_oneself";
    const ringing = this.of(callee).filter((call) => ringsAt(call, callee));
    const ofCallee = this.#own(callee);
    if (oneAtATime && this.#own(caller) + ofCallee + ringing.length > 0) return "busy";
    const ofPair = ringing.filter((call) => call.caller === caller).length;
    const ofSource = source === null ? 0 : ringing.filter((call) => call.source === source).length;
    const full = ofPair >= MAX_RINGING_BETWEEN_TWO ||
      ofSource >= Math.ceil(maxPerClient / 2) ||
      Math.max(this.#own(caller), ofCallee, ringing.length) >= maxPerClient ||
      this.#calls.size >= maxCalls;
    return full ? "too_many_calls" : null;
  }

  /** Begins a call for which there is no `refusal`. */
  open(init: Omit<CallInit, "now" | "timeoutMs" | "onChange">): Call {
    const { clock, rules, hold, onTimeout, counters } = this.#options;
    if (this.#calls.has(init.id)) throw new TypeError("A call id in use cannot be overwritten");
    const { timeoutMs } = rules();
    const call = new Call({
      ...init,
      now: clock.now(),
      timeoutMs,
      onChange: (_, before) => this.#changed(call, before),
    });
    const timer = clock.after(timeoutMs, () => {
      // Timers may run a fraction of a millisecond early.
      if (call.expire(Math.max(clock.now(), call.answerBy))) onTimeout(call);
    });
    this.#calls.set(call.id, { call, timer, release: hold(), waiting: [] });
    for (const party of [call.caller, call.callee]) {
      const calls = this.#byParty.get(party);
      if (calls === undefined) this.#byParty.set(party, new Set([call]));
      else calls.add(call);
    }
    counters.activeCalls.add("pending");
    this.#options.observer?.changed(call);
    return call;
  }

  isSetUp(callId: string): boolean {
    return this.find(callId)?.state === "active" || this.#guests(callId).length > 0;
  }

  mayJoin(callId: string, fingerprint: string): boolean {
    const call = this.find(callId);
    if (call === null) return this.#guests(callId).includes(fingerprint);
    return call.state === "active" && call.mayJoin(fingerprint);
  }

  /** The callee at another relay may be told to come here sooner than this relay hears that it has accepted. */
  answered(callId: string, fingerprint: string): Promise<void> | null {
    const present = this.#calls.get(callId);
    if (present === undefined || present.call.isAnswered) return null;
    if (fingerprint !== present.call.remote || present.waiting.length >= MAX_WAITING) return null;
    return new Promise((resolve) => present.waiting.push(resolve));
  }

  isAuthenticated(fingerprint: string): boolean {
    return this.#options.isAuthenticated(fingerprint);
  }

  #guests(callId: string): readonly string[] {
    return this.#options.remote?.()?.places.guests(callId) ?? NOBODY;
  }

  /** Calls that a party placed or answered. */
  #own(party: string): number {
    return this.of(party).filter((call) => !ringsAt(call, party)).length;
  }

  #changed(call: Call, before: CallState): void {
    const { activeCalls, calls } = this.#options.counters;
    const { state, outcome } = call;
    if (before !== "ended") activeCalls.add(before, -1);
    if (state !== "ended") activeCalls.add(state);
    if (call.isAnswered) {
      const { timer, waiting } = this.#calls.get(call.id)!;
      timer.cancel();
      // Whoever waits is to find everything as it is when whoever accepts it is done.
      for (const resolve of waiting.splice(0)) resolve();
    }
    if (outcome !== null) {
      calls.add(outcome);
      this.#forget(call);
    }
    this.#options.observer?.changed(call);
  }

  #forget(call: Call): void {
    const { release } = this.#calls.get(call.id)!;
    this.#calls.delete(call.id);
    for (const party of [call.caller, call.callee]) {
      const calls = this.#byParty.get(party)!;
      calls.delete(call);
      if (calls.size === 0) this.#byParty.delete(party);
    }
    this.#options.clock.after(FAREWELL_MS, release);
  }
}

/** Whether the call waits for this party's answer. */
function ringsAt(call: Call, party: string): boolean {
  return call.callee === party && !call.isAnswered;
}
