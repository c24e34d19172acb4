/** What the calls and the federation ask of each other when one party of a call is at another relay. */
import type { RelayEntry } from "../../proto/relay_entry.ts";
import type { RelayRtts } from "../../proto/relay_rtts.ts";
import type { HangupReason, SignalOf } from "../../proto/signal/mod.ts";

/** What the two relays of a call tell each other once it is offered. */
export type CallNews = SignalOf<
  "CallRinging" | "DirectCallAnswer" | "Hangup" | "MediaPathReport" | "CallParties"
>;

/** Where both parties of a call are to meet, when that is not each at its own relay. */
export interface MeetingPlace {
  /** Canonical `ip:port`. */
  readonly addr: string;
  /** Whether it is this relay. */
  readonly here: boolean;
  /** How clients are told of it. */
  readonly entry: RelayEntry;
}

/** An accepted call whose place is to be found. */
export interface PlacementRequest {
  readonly callId: string;
  /** Fingerprints. */
  readonly caller: string;
  readonly callee: string;
  /** Whether the caller is at this relay too. */
  readonly callerHere: boolean;
  /** What their clients have measured. */
  readonly callerRtts: RelayRtts;
  readonly calleeRtts: RelayRtts;
}

/** Where the parties of calls meet. Nothing of it waits or throws. */
export interface MeetingPlaces {
  /**
   * At which relay the parties of a call that is accepted here should meet; null for the usual rule. Answered once, at
   * once or within half a second, while another relay is asked.
   */
  find(request: PlacementRequest, done: (place: MeetingPlace | null) => void): void;
  /** The same as the relay of the callee has decided it, by its address; null for what cannot be used from here. */
  decided(callId: string, addr: string): MeetingPlace | null;
  /** A call for which a place was to be found is over. */
  end(callId: string): void;
  /** Who may join the room of a call between others here, because they meet at this relay: fingerprints. */
  guests(callId: string): readonly string[];
}

/** Ways to people at other relays. Nothing of it waits or throws. */
export interface RemoteCalls {
  /** Whether there is any relay that can be asked for somebody who is not here. */
  canAsk(): boolean;
  /** Whether the id belongs to a call between others that passes through this relay. */
  passes(callId: string): boolean;
  /**
   * Sends an offer on its way, with the caller's addresses. What becomes of it is told to `LocalCalls`, perhaps before
   * this returns; so the call is to be open by then. When the call ends here, the other relay is told a Hangup.
   */
  offer(offer: SignalOf<"DirectCallOffer">): void;
  /**
   * Tells the other relay of a call; whether that is on its way. A Hangup ends the way. CallParties may be told again
   * while the way is being repaired: false means that the way is gone, or the other relay would not understand.
   */
  tell(callId: string, news: CallNews): boolean;
  /** Where parties meet when that is not each at its own relay. */
  readonly places: MeetingPlaces;
}

/** The calls of this relay as the federation sees them. Nothing of it waits or throws. */
export interface LocalCalls {
  /** Whether this fingerprint is registered here, and so can be called. */
  isRegistered(fingerprint: string): boolean;
  /** Whether there is a call with this id here, whoever its parties are. */
  has(callId: string): boolean;
  /** An offer from another relay. Null when it is a call now, else what its caller is to be told. */
  offered(offer: SignalOf<"DirectCallOffer">): HangupReason | null;
  /** The other relay of a call says this. */
  heard(callId: string, news: CallNews): void;
  /** The way to the other party is gone, or nobody knew one. */
  lost(callId: string): void;
}
