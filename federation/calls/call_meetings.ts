/** Where the parties of calls meet when that is not each at its own relay: what this relay asks, and what it is asked. */
import { callRoomName } from "../../proto/room_name.ts";
import type { KnownSignal, SignalOf } from "../../proto/signal/mod.ts";
import type { Clock } from "../../quic/clock.ts";
import type { FederatedRooms, FederationHost } from "../../relay/ports/federation.ts";
import type {
  MeetingPlace,
  MeetingPlaces,
  PlacementRequest,
} from "../../relay/ports/remote_calls.ts";
import type { Link, RelayKey } from "../link.ts";
import { CallGuests } from "./call_guests.ts";
import type { CallLinks, CallMesh } from "./call_mesh.ts";
import { CallPlaces } from "./call_places.ts";
import type { CallWays } from "./call_ways.ts";

export interface CallMeetingsOptions
  extends Pick<FederationHost, "advertised" | "draining" | "load" | "mayVisit"> {
  readonly clock: Clock;
  readonly own: RelayKey;
  readonly mesh: CallMesh;
  readonly links: CallLinks;
  readonly ways: CallWays;
  readonly rooms: Pick<FederatedRooms, "participants">;
  /** Whether there is a call with this id of this relay's own clients. */
  readonly has: (callId: string) => boolean;
  /** Other relays have the room of this call than before. */
  readonly changed: (callId: string) => void;
}

export class CallMeetings implements MeetingPlaces {
  readonly #guests: CallGuests;
  readonly #places: CallPlaces;

  constructor(options: CallMeetingsOptions) {
    const { draining, load, rooms } = options;
    this.#places = new CallPlaces(options);
    this.#guests = new CallGuests({
      ...options,
      takesClients: () => !draining() && load() < 1,
      isOccupied: (callId) => rooms.participants(callRoomName(callId) ?? "").length > 0,
    });
  }

  /** The neighbour at which the parties of a call of this relay meet, beside the call's way. */
  aside(callId: string): RelayKey | null {
    return this.#places.aside(callId);
  }

  /** The neighbour for whose call the parties meet here. */
  askedBy(callId: string): RelayKey | null {
    return this.#guests.askedBy(callId);
  }

  /** An offer of this relay's client as others get it: it tells whether the callee could be let in here. */
  announced(offer: SignalOf<"DirectCallOffer">): SignalOf<"DirectCallOffer"> {
    return { ...offer, ext: this.#places.announced(offer) };
  }

  /** Whether the message was one of those that belong here. */
  signal(link: Link, message: KnownSignal): boolean {
    if (message.type === "CallPlace") this.#guests.asked(link, message);
    else if (message.type === "CallPlaced") this.#places.answered(link, message);
    else if (message.type === "CallUnplace") this.#guests.released(link, message);
    else return false;
    return true;
  }

  up(link: Link): void {
    this.#places.up(link);
  }

  /** Ends its timers. */
  stop(): void {
    this.#guests.stop();
    this.#places.stop();
  }

  find(request: PlacementRequest, done: (place: MeetingPlace | null) => void): void {
    this.#places.find(request, done);
  }

  decided(callId: string, addr: string): MeetingPlace | null {
    return this.#places.decided(callId, addr);
  }

  end(callId: string): void {
    this.#places.end(callId);
  }

  guests(callId: string): readonly string[] {
    return this.#guests.of(callId);
  }
}
