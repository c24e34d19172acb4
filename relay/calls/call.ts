/** One direct call as a state machine: who may do what, and when. No I/O; time comes with the events. */
import type { RelayRtts } from "../../proto/relay_rtts.ts";
import type { MeetingPlace } from "../ports/remote_calls.ts";
import type { CallOutcome, CallState, CallView } from "../ports/call_observer.ts";
import { type Contact, NO_CONTACT } from "./contact.ts";

export interface CallInit {
  readonly id: string;
  /** Fingerprints, two different ones. */
  readonly caller: string;
  readonly callee: string;
  /** Where the offer came from, as limits per source count; null when it is not known. */
  readonly source: string | null;
  /** What carries each party's signals: compared by identity, never used. */
  readonly callerLine: object;
  readonly calleeLine: object;
  readonly callerContact: Contact;
  /** The party that is at another relay, if one is. */
  readonly remote?: string | null;
  /** What the caller's client has measured, where that counts. */
  readonly callerRtts?: RelayRtts | null;
  readonly now: number;
  readonly timeoutMs: number;
  /** Told after every change. */
  readonly onChange: (call: Call, before: CallState) => void;
}

export interface Acceptance {
  readonly line: object;
  /** Whether the callee lets the parties know each other's addresses. */
  readonly trusted: boolean;
  readonly contact: Contact;
}

/** Every event answers whether it was allowed, and so happened; what is not allowed changes nothing. */
export class Call implements CallView {
  readonly id: string;
  readonly caller: string;
  readonly callee: string;
  readonly source: string | null;
  readonly offeredAt: number;
  /** From here on it can only time out. */
  readonly answerBy: number;
  /** Where the caller can be reached; for the callee only once it trusts the caller. */
  readonly callerContact: Contact;
  /** What the caller's client has measured; null when it has not said, or its relay cannot let the callee in. */
  readonly callerRtts: RelayRtts | null;
  /** Where the parties were told to meet; null for each at its own relay. */
  place: MeetingPlace | null = null;
  readonly #onChange: CallInit["onChange"];
  #state: CallState = "pending";
  #outcome: CallOutcome | null = null;
  #acceptedAt: number | null = null;
  #callerLine: object;
  #calleeLine: object;
  #remote: string | null;
  /** A party that came here from another relay, and the way to that relay as long as it is there. */
  #adopted: { readonly party: string; readonly line: object } | null = null;
  /** Parties have changed places: which of them the other relay has only that relay can say. */
  #crossed = false;
  /** Null unless the callee trusts the caller. */
  #calleeContact: Contact | null = null;

  constructor(init: CallInit) {
    if (init.caller === init.callee) throw new TypeError("A call has two different parties");
    this.id = init.id;
    this.caller = init.caller;
    this.callee = init.callee;
    this.source = init.source;
    this.offeredAt = init.now;
    this.answerBy = init.now + init.timeoutMs;
    this.#callerLine = init.callerLine;
    this.#calleeLine = init.calleeLine;
    this.callerContact = init.callerContact;
    this.callerRtts = init.callerRtts ?? null;
    this.#remote = init.remote ?? null;
    this.#onChange = init.onChange;
  }

  get state(): CallState {
    return this.#state;
  }

  get outcome(): CallOutcome | null {
    return this.#outcome;
  }

  get acceptedAt(): number | null {
    return this.#acceptedAt;
  }

  /** The party that is at another relay; null when both are here. */
  get remote(): string | null {
    return this.#remote;
  }

  /** The way to the relay that a party came from, as long as that relay has the call too. */
  get formerLine(): object | null {
    return this.#adopted?.line ?? null;
  }

  get isAnswered(): boolean {
    return this.#state === "active" || this.#state === "ended";
  }

  isParty(fingerprint: string): boolean {
    return fingerprint === this.caller || fingerprint === this.callee;
  }

  /** Whether it is a party, and one at this relay. */
  isHere(fingerprint: string): boolean {
    return this.isParty(fingerprint) && fingerprint !== this.remote;
  }

  /** Whether it is a party that may join the call's room at this relay. */
  mayJoin(fingerprint: string): boolean {
    return this.isHere(fingerprint) || (this.isParty(fingerprint) && (this.place?.here ?? false));
  }

  /** The other party; only for a party. */
  peerOf(fingerprint: string): string {
    if (!this.isParty(fingerprint)) throw new TypeError("Only a party has a peer in a call");
    return fingerprint === this.caller ? this.callee : this.caller;
  }

  /** What this party may know of the other: nothing unless the callee accepted trustingly. */
  peerContact(fingerprint: string): Contact {
    const peer = this.peerOf(fingerprint);
    if (this.#calleeContact === null) return NO_CONTACT;
    return peer === this.caller ? this.callerContact : this.#calleeContact;
  }

  /** The line a party speaks on. */
  lineOf(fingerprint: string): object {
    return this.peerOf(fingerprint) === this.callee ? this.#callerLine : this.#calleeLine;
  }

  /** A party goes on with the call on another line. */
  move(fingerprint: string, line: object): void {
    if (this.peerOf(fingerprint) === this.callee) this.#callerLine = line;
    else this.#calleeLine = line;
  }

  /** The party at another relay is at this one from now on. Only of a call that is set up. */
  adopt(party: string, line: object): boolean {
    if (this.#state !== "active" || party !== this.#remote) return false;
    this.#adopted = { party, line: this.lineOf(party) };
    this.#remote = null;
    this.move(party, line);
    return true;
  }

  /** The party has left here while the other relay still has it: it is there again. */
  giveBack(party: string): boolean {
    if (this.#state !== "active" || this.#adopted?.party !== party || this.#crossed) return false;
    this.move(party, this.#adopted.line);
    this.#remote = party;
    this.#adopted = null;
    return true;
  }

  /** The party has left here, and may be at the relay that a party came from: it speaks on this line from there. */
  cross(party: string, line: object): boolean {
    if (this.#state !== "active" || this.#adopted === null || !this.isHere(party)) return false;
    this.#adopted = null;
    this.#remote = party;
    this.#crossed = true;
    this.move(party, line);
    return true;
  }

  /** The other relay asks for a party that has left it, so that its parties are no longer those it had. */
  markCrossed(): void {
    this.#crossed = true;
  }

  /** Whether its parties have changed places, as far as this relay knows. */
  get crossed(): boolean {
    return this.#crossed;
  }

  /** The relay that a party came from has the call no more. */
  settle(): void {
    this.#adopted = null;
  }

  /** The callee has been told. */
  ring(): boolean {
    if (this.#state !== "pending") return false;
    return this.#enter("ringing");
  }

  /** The callee takes the call. An answer may overtake the news that it rings. */
  accept(by: string, { line, trusted, contact }: Acceptance, now: number): boolean {
    if (by !== this.callee || this.isAnswered || now >= this.answerBy) return false;
    this.#acceptedAt = now;
    this.#calleeLine = line;
    if (trusted) this.#calleeContact = contact;
    return this.#enter("active");
  }

  /** The callee does not take the call. */
  reject(by: string): boolean {
    if (by !== this.callee || this.isAnswered) return false;
    return this.#end("rejected");
  }

  /** Either party has had enough. */
  hangUp(by: string): boolean {
    if (!this.isParty(by) || this.#state === "ended") return false;
    if (this.#state === "active") return this.#end("completed");
    return this.#end(by === this.caller ? "cancelled" : "rejected");
  }

  /** Nobody answered, if it is time. */
  expire(now: number): boolean {
    if (this.isAnswered || now < this.answerBy) return false;
    return this.#end("timeout");
  }

  /** A party is not there any more. */
  disconnect(party: string): boolean {
    if (!this.isParty(party) || this.#state === "ended") return false;
    return this.#end("disconnected");
  }

  /** The offer did not reach the callee, or what it takes to begin an accepted call did not reach a party. */
  fail(): boolean {
    if (this.#state !== "pending" && this.#state !== "active") return false;
    return this.#end("undelivered");
  }

  #end(outcome: CallOutcome): true {
    this.#outcome = outcome;
    return this.#enter("ended");
  }

  #enter(state: CallState): true {
    const before = this.#state;
    this.#state = state;
    this.#onChange(this, before);
    return true;
  }
}
