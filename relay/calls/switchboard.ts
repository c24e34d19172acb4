/**
 * What the call signals of registered clients do. Nothing here waits: a message is queued or it is lost, and what
 * matters to somebody is told to them.
 */
import { callRoomName } from "../../proto/room_name.ts";
import { rttsOf } from "../../proto/relay_rtts.ts";
import { type HangupReason, hasCapability, type SignalOf } from "../../proto/signal/mod.ts";
import type { Clock } from "../../quic/clock.ts";
import type { Counters } from "../ports/counters.ts";
import type { Log } from "../ports/log.ts";
import type { MeetingPlace, RemoteCalls } from "../ports/remote_calls.ts";
import { sourceKey } from "../source_key.ts";
import type { Call } from "./call.ts";
import { CallRegistry, type CallRegistryOptions, type Offered } from "./call_registry.ts";
import { placed, withoutAddresses } from "./answers.ts";
import { callSetup, type CallSetupOptions } from "./call_setup.ts";
import { boundedAlias, boundedContact } from "./contact.ts";
import { Crossings } from "./crossings.ts";
import { HANGUP_REASONS, type Refusal } from "./refusals.ts";
import { RemoteLine } from "./remote_line.ts";
import type { Departure, Registration } from "./signal_hub.ts";
import type { Line, Lines } from "./signal_line.ts";

export interface SwitchboardOptions
  extends Omit<CallRegistryOptions, "onTimeout" | "remote">, CallSetupOptions {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly log: Log;
  readonly lines: Lines;
  /** False while the relay drains. */
  readonly takesCalls: () => boolean;
  /** Ways to parties at other relays; null while there are none. */
  readonly remote: () => RemoteCalls | null;
}

/** Who says something: a client, or the other relay for the party that is there. */
type Speaker = Registration | RemoteLine;
type Offer = SignalOf<"DirectCallOffer">;
type Answer = SignalOf<"DirectCallAnswer">;

export class Switchboard {
  readonly registry: CallRegistry;
  /** Calls whose parties change places. */
  readonly crossings: Crossings;
  readonly #options: SwitchboardOptions;

  constructor(options: SwitchboardOptions) {
    this.#options = options;
    this.registry = new CallRegistry({ ...options, onTimeout: (call) => this.#timedOut(call) });
    this.crossings = new Crossings({
      ...options,
      onMissing: (call, party) => {
        if (call.disconnect(party)) this.#over(call, [call.caller, call.callee], "Normal");
      },
      onHangup: (call) => {
        if (call.hangUp(call.caller)) this.#over(call, [call.caller, call.callee], "Normal");
      },
    });
  }

  offer(from: Registration, offer: Offer): void {
    const offered = offeredBy(from, offer, sourceKey(from.line.connection.remoteAddress.ip));
    const refusal = this.#refusal(from, offer, offered) ?? this.#place(from, offer, offered);
    if (refusal !== null) this.#refuse(from, offer, refusal);
  }

  /** An offer from another relay. Null when it is a call now, else what its caller is to be told. */
  offered(from: RemoteLine, offer: Offer): HangupReason | null {
    const offered = offeredBy(from, offer, null);
    const refusal = this.#remoteRefusal(from, offered) ?? this.#place(from, offer, offered);
    if (refusal === null) return null;
    this.#count(from, offer, refusal);
    return HANGUP_REASONS[refusal];
  }

  answer(from: Speaker, answer: Answer): void {
    const { clock } = this.#options;
    const call = this.registry.find(answer.call_id);
    if (call === null) return this.#ignore(from, answer, "no_such_call");
    if (!isOn(call, from)) return this.#ignore(from, answer, "not_allowed");
    if (answer.accept_mode === "Reject") {
      if (!call.reject(from.fingerprint)) return this.#ignore(from, answer, "not_allowed");
      return this.#over(call, [call.caller], "Normal");
    }
    const trusted = answer.accept_mode === "AcceptTrusted";
    const contact = boundedContact(answer.callee_reflexive_addr, answer.callee_local_addrs);
    const p2pViable = call.callerContact.reflexive !== null && contact.reflexive !== null;
    const accepted = call.accept(from.fingerprint, { line: from, trusted, contact }, clock.now());
    if (!accepted) return this.#ignore(from, answer, "not_allowed");
    const shown = trusted ? answer : withoutAddresses(answer);
    this.#find(call, shown, (place) => {
      // A party may have hung up, or be gone, meanwhile.
      if (call.state !== "active") return;
      call.place = place;
      // Its connection may be another one by now.
      const callee = this.#lineOf(call, call.callee) ?? from;
      this.#setUp(call, callee, placed(shown, call, place), p2pViable);
    });
  }

  /** Without a call id, as original clients send it, it ends all calls of the client. */
  hangUp(from: Speaker, hangup: SignalOf<"Hangup">): void {
    const named = hangup.call_id === null ? null : this.registry.find(hangup.call_id);
    const calls = hangup.call_id === null
      ? this.registry.of(from.fingerprint).filter((call) => isOn(call, from))
      : named === null
      ? []
      : [named];
    if (calls.length === 0) return this.#ignore(from, hangup, "no_such_call");
    for (const call of calls) {
      if (!isOn(call, from) || !call.hangUp(from.fingerprint)) {
        this.#ignore(from, hangup, "not_allowed");
        continue;
      }
      if (!(from instanceof RemoteLine)) this.crossings.hangUp(call);
      this.#over(call, [call.peerOf(from.fingerprint)], hangup.reason);
    }
  }

  /** How a party's race for the media path ended is the business of the other party. */
  report(from: Speaker, report: SignalOf<"MediaPathReport">): void {
    const call = this.registry.find(report.call_id);
    if (call === null) return this.#ignore(from, report, "no_such_call");
    if (!isOn(call, from) || !call.isParty(from.fingerprint) || call.state !== "active") {
      return this.#ignore(from, report, "not_allowed");
    }
    this.#lineOf(call, call.peerOf(from.fingerprint))?.send(report);
  }

  /**
   * Somebody has registered. Whoever proves to be the party that another relay speaks for, and asks for it, goes on with
   * the call from here: that relay may be dead, which this one need not know yet, or about to stop. Another device of
   * the same person, which does not ask, would only cut off the one that talks.
   */
  entered(registration: Registration): void {
    const { comesOver, fingerprint, keyFingerprint, signed } = registration;
    // A token may stand for another fingerprint than the key that signed.
    if (!comesOver || !signed || keyFingerprint !== fingerprint) return;
    for (const call of this.registry.of(fingerprint)) {
      if (!call.adopt(fingerprint, registration)) continue;
      this.crossings.end(call);
      this.#options.log.info("a party of a call came over from another relay", {
        conn: registration.id,
        call_id: call.id,
        fingerprint,
      });
    }
  }

  /** A registration is gone. Its calls end, unless another one of the same fingerprint goes on with them. */
  left(gone: Registration, { wasCurrent, heir }: Departure): void {
    for (const call of this.registry.of(gone.fingerprint)) {
      if (!call.isHere(gone.fingerprint)) continue;
      const isIts = call.lineOf(gone.fingerprint) === gone;
      if (heir !== null && !(wasCurrent && isIts)) {
        if (isIts) call.move(gone.fingerprint, heir);
        continue;
      }
      // It may only have looked whether it could come over.
      if (call.giveBack(gone.fingerprint)) continue;
      if (this.crossings.begin(call, gone.fingerprint)) continue;
      if (call.disconnect(gone.fingerprint)) {
        this.#over(call, [call.peerOf(gone.fingerprint)], "Normal");
      }
    }
  }

  /** The party at the other relay rings. */
  ringing(call: Call): void {
    if (!call.ring()) return;
    this.#lineOf(call, call.caller)?.send({ type: "CallRinging", call_id: call.id });
  }

  /** The other relay gave up waiting for an answer. */
  expired(call: Call): void {
    if (call.remote === null || !call.expire(call.answerBy)) return;
    this.#over(call, [call.peerOf(call.remote)], "Timeout");
  }

  /** There is no way to the party at another relay, or none any more. */
  lost(call: Call): void {
    if (call.remote === null) return call.settle();
    const here = call.peerOf(call.remote);
    // That nobody found the callee is told as if it were offline here.
    const unreachable = call.state === "pending";
    const ended = unreachable ? call.fail() : call.disconnect(call.remote);
    if (ended) this.#over(call, [here], "Normal", unreachable ? null : call.id);
  }

  /** Rings the callee, or has it looked for at other relays, and opens the call. */
  #place(from: Speaker, offer: Offer, offered: Offered): "offline" | null {
    const { lines, log, remote } = this.#options;
    const { id, callee } = offered;
    // The callee sees who is calling as the relay knows it, and no address before it has trusted the caller.
    const shown = {
      ...offer,
      caller_fingerprint: from.fingerprint,
      caller_alias: boundedAlias(offer.caller_alias),
      caller_reflexive_addr: null,
      caller_local_addrs: [],
    };
    const line = lines.find(callee);
    const ways = line === null && !(from instanceof RemoteLine) ? remote() : null;
    const calleeLine = line ?? (ways?.canAsk() ? new RemoteLine(ways, id, callee) : null);
    if (calleeLine === null || (line !== null && !line.send(shown))) return "offline";
    // Another relay says with the offer whether it could let the callee in; clients cannot say so.
    const isPlaceable = !(from instanceof RemoteLine) || hasCapability(offer.ext, "place");
    const callerContact = boundedContact(offer.caller_reflexive_addr, offer.caller_local_addrs);
    const call = this.registry.open({
      ...offered,
      callerLine: from,
      calleeLine,
      callerContact,
      callerRtts: isPlaceable ? rttsOf(offer.ext) : null,
      remote: from instanceof RemoteLine ? from.fingerprint : line === null ? callee : null,
    });
    log.info("call offered", { conn: from.id, call_id: id, caller: call.caller, callee });
    if (line !== null) this.ringing(call);
    else {
      ways?.offer({
        ...shown,
        caller_reflexive_addr: callerContact.reflexive,
        caller_local_addrs: callerContact.local,
      });
    }
    return null;
  }

  /** The other relay of a call speaks for the party that is there; clients here speak for themselves. */
  #lineOf(call: Call, party: string): Line | null {
    const line = call.lineOf(party);
    return line instanceof RemoteLine ? line : this.#options.lines.find(party);
  }

  #remoteRefusal(from: RemoteLine, offered: Offered): Refusal | null {
    if (!this.#options.takesCalls()) return "draining";
    // Who is registered here calls from here, so that no relay can speak in the name of this one's clients.
    if (this.#options.lines.find(from.fingerprint) !== null) return "wrong_caller";
    return this.registry.refusal(offered);
  }

  #refusal(from: Registration, offer: Offer, offered: Offered): Refusal | null {
    if (!this.#options.takesCalls()) return "draining";
    // Where a service says who the client is, an original client still names itself by its key.
    const caller = offer.caller_fingerprint;
    if (from.anonymous || (caller !== from.fingerprint && caller !== from.keyFingerprint)) {
      return "wrong_caller";
    }
    if (this.#options.remote()?.passes(offer.call_id)) return "call_id_in_use";
    return this.registry.refusal(offered);
  }

  #count(from: Speaker, { call_id, target_fingerprint }: Offer, refusal: Refusal): void {
    const { counters, log } = this.#options;
    counters.callsRefused.add(refusal);
    log.info("call refused", {
      conn: from.id,
      call_id,
      callee: target_fingerprint,
      reason: refusal,
    });
  }

  #refuse(from: Registration, offer: Offer, refusal: Refusal): void {
    this.#count(from, offer, refusal);
    // Original clients know an offline target by a hangup that names no call.
    const offline = refusal === "offline";
    from.send({
      type: "Hangup",
      reason: HANGUP_REASONS[refusal],
      call_id: offline ? null : offer.call_id,
    });
  }

  /** The caller gets the answer, then the setup; the callee the setup. Without all three there is no call. */
  #setUp(call: Call, callee: Line, answer: Answer, p2pViable: boolean): void {
    const { log } = this.#options;
    log.info("call accepted, creating room", {
      call_id: call.id,
      room: callRoomName(call.id) ?? "",
      mode: answer.accept_mode,
      p2p_viable: p2pViable,
    });
    const caller = this.#lineOf(call, call.caller);
    const complete = caller !== null && caller.send(answer) &&
      caller.send(callSetup(call, call.caller, this.#options)) &&
      callee.send(callSetup(call, call.callee, this.#options));
    if (!complete && call.fail()) this.#over(call, [call.caller, call.callee], "Normal");
  }

  /** Where the parties meet: found here for a callee that is here, else told with its answer. */
  #find(call: Call, { ext }: Answer, done: (place: MeetingPlace | null) => void): void {
    const ways = this.#options.remote();
    const { callerRtts, id: callId } = call;
    const calleeRtts = rttsOf(ext);
    if (ways === null || callerRtts === null || calleeRtts === null) return done(null);
    if (call.remote === call.callee) {
      const addr = ext?.relay ?? null;
      return done(
        addr === null || !callerRtts.has(addr) ? null : ways.places.decided(callId, addr),
      );
    }
    const { caller, callee, remote } = call;
    const callerHere = remote === null;
    ways.places.find({ callId, caller, callee, callerHere, callerRtts, calleeRtts }, done);
  }

  #timedOut(call: Call): void {
    this.#over(call, [call.caller, call.callee], "Timeout");
  }

  #over(
    call: Call,
    tell: readonly string[],
    reason: HangupReason,
    call_id: string | null = call.id,
  ): void {
    const { clock, log } = this.#options;
    const talked = call.acceptedAt === null ? undefined : clock.now() - call.acceptedAt;
    log.info("call ended", {
      call_id: call.id,
      outcome: call.outcome,
      seconds: talked === undefined ? undefined : Math.round(talked / 1000),
    });
    for (const party of tell) {
      this.#lineOf(call, party)?.send({ type: "Hangup", reason, call_id });
    }
    // The relay that a party came from is to end it too.
    if (call.formerLine instanceof RemoteLine) {
      call.formerLine.send({ type: "Hangup", reason, call_id });
    }
    call.settle();
    this.crossings.end(call);
    if (call.callerRtts !== null) this.#options.remote()?.places.end(call.id);
  }

  #ignore(
    from: Speaker,
    message: Answer | SignalOf<"Hangup" | "MediaPathReport">,
    reason: "no_such_call" | "not_allowed",
  ): void {
    const { counters, log } = this.#options;
    counters.signalsIgnored.add(reason);
    const fields = { conn: from.id, signal: message.type, call_id: message.call_id, reason };
    log.debug("call signal ignored", fields);
  }
}

/** What an offer asks for; `source` is null for one that came from another relay, which has limits of its own. */
function offeredBy({ fingerprint }: Speaker, offer: Offer, source: string | null): Offered {
  const { call_id: id, target_fingerprint: callee } = offer;
  return { id, caller: fingerprint, callee, source };
}

/** Whether it speaks from where its party of this call is: nobody here can speak for somebody at another relay. */
function isOn(call: Call, from: Speaker): boolean {
  return (call.remote === from.fingerprint) === (from instanceof RemoteLine);
}
