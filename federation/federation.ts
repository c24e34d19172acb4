/** The federation put together: links, what is told over them, rooms, media and calls. */
import { formatSocketAddress } from "../proto/socket_address.ts";
import { callIdOf } from "../proto/room_name.ts";
import type { RelayEntry } from "../proto/relay_entry.ts";
import type { KnownSignal, SignalOf } from "../proto/signal/mod.ts";
import type {
  Federation,
  FederationHost,
  FederationView,
  LinkView,
} from "../relay/ports/federation.ts";
import { carriersOf } from "./carriers.ts";
import { FederatedCalls } from "./calls/federated_calls.ts";
import { Gossip } from "./gossip/gossip.ts";
import type { Link, LinkHandler } from "./link.ts";
import { LinkTable } from "./links/link_table.ts";
import { CallRooms } from "./media/call_rooms.ts";
import { MediaBridge } from "./media/media_bridge.ts";
import { FederatedRooms } from "./rooms/federated_rooms.ts";
import { SharedRooms } from "./rooms/shared_rooms.ts";
import { CallMedia } from "./sessions/call_media.ts";
import { SessionLinks } from "./sessions/session_links.ts";
import { OwnRelay } from "./trust/own_relay.ts";
import { ProvenNonces } from "./trust/proven_nonces.ts";

export function openFederation(host: FederationHost): Federation {
  return new OpenFederation(host);
}

class OpenFederation implements Federation {
  readonly services: Federation["services"];
  readonly calls: FederatedCalls;
  readonly view: FederationView;
  readonly #links: LinkTable;
  readonly #gossip: Gossip;
  readonly #rooms: FederatedRooms;
  readonly #sessions: SessionLinks;
  readonly #media: MediaBridge;
  readonly #shared: SharedRooms;
  readonly #host: FederationHost;
  readonly #linkListeners = new Set<(link: LinkView, up: boolean) => void>();

  constructor(host: FederationHost) {
    this.#host = host;
    const own = new OwnRelay(host);
    const { certificate, crypto } = host;
    // Handlers work in this order: what is known of the mesh first, since the others ask for it.
    const handlers: LinkHandler[] = [];
    this.#links = new LinkTable({
      ...host,
      own,
      handlers,
      onSignal: (link, message) => this.#signal(link, message),
      onDatagram: (link, bytes) => this.#media.receive(link, bytes),
    });
    this.#gossip = new Gossip({ ...host, log: host.log.area("federation"), self: own.key });
    const { mesh } = this.#gossip;
    this.#rooms = new FederatedRooms({ host, mesh, labelOf: (relay) => mesh.labelOf(relay) });
    this.#shared = new SharedRooms(crypto);
    this.calls = new FederatedCalls({
      ...host,
      log: host.log.area("calls"),
      own: own.key,
      local: host.calls,
      mesh,
      links: this.#links,
    });
    const callMedia = new CallMedia({
      find: (relay) => this.#links.find(relay),
      sessions: {
        register: (callId) => this.#sessions.register(callId),
        unregister: (callId) => this.#sessions.unregister(callId),
        link: (callId) => this.#sessions.link(callId),
      },
    });
    this.#sessions = new SessionLinks({
      ...host,
      log: host.log.area("federation"),
      own,
      proven: new ProvenNonces(),
      addressOf: (relay) => mesh.addressOf(relay),
      labelOf: (relay) => mesh.labelOf(relay),
      route: (callId) => this.calls.route(callId),
      hasCallWith: (relay) => callMedia.hasCallWith(relay),
      onDatagram: (link, bytes) => this.#media.receive(link, bytes),
      changed: (callId) => callMedia.sessionChanged(callId),
    });
    this.#media = new MediaBridge({
      ...host,
      log: host.log.area("federation"),
      routing: new CallRooms(this.#rooms.routing, callMedia),
      mesh,
      fingerprint: certificate.fingerprintBytes,
      crypto,
    });
    const tell = (link: Link, up: boolean) => {
      for (const listener of this.#linkListeners) listener(linkView(link), up);
    };
    handlers.push(this.#gossip, this.#rooms, this.#shared, this.calls, callMedia, {
      up: (link) => tell(link, true),
      down: (link) => tell(link, false),
    });
    this.calls.watch(callMedia);
    this.calls.watch({
      changed: ({ callId, neighbours, aside = null }) =>
        this.#rooms.setCallScope(callId, aside === null ? neighbours : [...neighbours, aside]),
      closed: (callId) => this.#rooms.clearCallScope(callId),
    });
    this.services = { federation: this.#links.service, relay: this.#sessions };
    this.view = {
      links: () => this.#links.links().map(linkView),
      mesh: () => mesh.relays(),
      directory: () => mesh.entries(),
    };
    this.#gossip.start();
  }

  get presence() {
    return this.#gossip.mesh;
  }

  apply(): void {
    this.#rooms.apply();
    this.#shared.configure(this.#host.settings().globalRooms);
    this.#links.apply();
    this.#gossip.refresh();
  }

  canonicalRoom(room: string): string {
    return this.#rooms.canonicalRoom(room);
  }

  onMeshChange(listener: () => void): () => void {
    return this.#gossip.mesh.onChange(listener);
  }

  onLink(listener: (link: LinkView, up: boolean) => void): () => void {
    this.#linkListeners.add(listener);
    return () => void this.#linkListeners.delete(listener);
  }

  closeLink(relay: string, reason: string): boolean {
    const link = this.#links.find(relay);
    link?.close(reason);
    return link !== null;
  }

  remote(room: string) {
    return this.#rooms.remote(room);
  }

  carriers(room: string): RelayEntry[] {
    const callId = callIdOf(room);
    const relays = callId === null
      ? this.#shared.sharing(this.canonicalRoom(room)).map(({ relay }) => relay)
      : this.calls.relaysOf(callId);
    return carriersOf(relays, this.#gossip.mesh);
  }

  further(fingerprint: string): readonly string[] | null {
    return this.#gossip.mesh.further(fingerprint) ?? this.calls.further(fingerprint);
  }

  drain(notice: Omit<SignalOf<"RelayDraining">, "type">): void {
    this.#links.drain();
    this.#gossip.refresh();
    for (const link of this.#links.links()) {
      if (link.can("drain")) link.send({ type: "RelayDraining", ...notice });
    }
  }

  async close(reason: string): Promise<void> {
    this.calls.stop();
    this.#sessions.close(reason);
    await this.#links.close(reason);
    this.#gossip.stop();
    this.#rooms.close();
    this.#media.close();
  }

  #signal(link: Link, message: KnownSignal): void {
    switch (message.type) {
      case "RoomState":
      case "GlobalRoomActive":
      case "GlobalRoomInactive":
        return this.#rooms.signal(link, message);
      case "SharedRooms":
        return this.#shared.heard(link, message);
      default:
        // Whatever belongs to nobody has been counted when it came; originals send pings to be heard of.
        if (!this.#gossip.signal(link, message)) this.calls.signal(link, message);
    }
  }
}

function linkView(link: Link): LinkView {
  const { relay, label, legacy, dialled, remoteAddress, since, rttMs, lossPct } = link;
  const address = formatSocketAddress(remoteAddress);
  const { ip } = remoteAddress;
  return { relay, label, legacy, dialled, address, ip, since, rttMs, lossPct };
}
