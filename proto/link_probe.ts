/** Probes between our own relays (link datagrams version 2, kind 2): one a second, for round trip and loss. */
import { LINK_KIND_PROBE } from "./link_datagram.ts";
import { RoundTripFormat } from "./round_trip.ts";

export const linkProbe = new RoundTripFormat("link probe", LINK_KIND_PROBE);
