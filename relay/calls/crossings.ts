/**
 * Parties of a call that change places: each has come to the other one's relay and leaves its own. Who has left here is
 * asked for at the other relay, and the call goes on over the way there still is; it ends when that relay says no, or
 * nothing for as long as a way may be broken.
 */
import type { SignalOf } from "../../proto/signal/mod.ts";
import type { Clock, Timer } from "../../quic/clock.ts";
import type { Log } from "../ports/log.ts";
import type { Call } from "./call.ts";
import { RemoteLine } from "./remote_line.ts";

/** A question may be lost with a link; the way is then broken for 5 s at most. */
const ASK_EVERY_MS = 1_000;
const GIVE_UP_MS = 5_000;

/** No question has this number. */
const HUNG_UP = 0;

type CallParties = SignalOf<"CallParties">;

export interface CrossingsOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** The party is at neither relay. */
  readonly onMissing: (call: Call, party: string) => void;
  /** A party has hung up at the other relay. */
  readonly onHangup: (call: Call) => void;
}

interface Crossing {
  readonly party: string;
  readonly seq: number;
  readonly until: number;
  readonly timer: Timer;
}

export class Crossings {
  readonly #options: CrossingsOptions;
  /** Calls of which a party is looked for. */
  readonly #open = new Map<Call, Crossing>();
  #asked = 0;

  constructor(options: CrossingsOptions) {
    this.#options = options;
  }

  /** The party has left here. Whether the call waits for the relay that the other one, or it, came from. */
  begin(call: Call, party: string): boolean {
    const { clock } = this.#options;
    const line = call.remote === null ? lineOf(call)?.to(party) : undefined;
    if (line === undefined) return false;
    const question = {
      type: "CallParties",
      call_id: call.id,
      here: [call.peerOf(party)],
      asks: true,
      seq: ++this.#asked,
    } as const;
    if (!line.send(question) || !call.cross(party, line)) return false;
    const until = clock.now() + GIVE_UP_MS;
    const timer = clock.every(ASK_EVERY_MS, () => {
      if (clock.now() < until && line.send(question)) return;
      this.end(call);
      this.#options.onMissing(call, party);
    });
    this.#open.set(call, { party, seq: question.seq, until, timer });
    return true;
  }

  /** The other relay says who is with it, or asks for somebody who has left it. */
  heard(call: Call, { asks, here, seq }: CallParties): void {
    const line = lineOf(call);
    if (call.state !== "active" || line === null) return;
    if (seq === HUNG_UP) {
      // Where only one is, the Hangup that follows says it all.
      if (call.remote === null) this.#options.onHangup(call);
      return;
    }
    if (!asks) return this.#answered(call, here, seq);
    call.markCrossed();
    const present = [call.caller, call.callee].filter((party) => call.isHere(party));
    line.send({ type: "CallParties", call_id: call.id, here: present, asks: false, seq });
  }

  /**
   * A party hangs up here. To a relay that has both parties too, one of them over a connection that is dead, the Hangup
   * alone would say that the other one has left here.
   */
  hangUp(call: Call): void {
    const line = lineOf(call);
    if (call.remote !== null && !call.crossed) return;
    line?.send({ type: "CallParties", call_id: call.id, here: [], asks: false, seq: HUNG_UP });
  }

  /** The party is found, or the call is over. */
  end(call: Call): void {
    this.#open.get(call)?.timer.cancel();
    this.#open.delete(call);
  }

  /** Only the answer to the last question tells of the time after it. */
  #answered(call: Call, here: readonly string[], seq: number): void {
    const crossing = this.#open.get(call);
    if (crossing?.seq !== seq) return;
    this.end(call);
    const { party } = crossing;
    if (!here.includes(party)) return this.#options.onMissing(call, party);
    this.#options.log.info("a party of a call goes on at the other one's former relay", {
      call_id: call.id,
      fingerprint: party,
    });
  }
}

/** The way to the other relay, if there is one. */
function lineOf(call: Call): RemoteLine | null {
  const line = call.remote === null ? call.formerLine : call.lineOf(call.remote);
  return line instanceof RemoteLine ? line : null;
}
