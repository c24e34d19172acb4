/** A made-up registry and UDP relay beside the made-up relay, for looking at the console. The same every time. */
import type { OperateOutcome, Operations } from "../../../relay/ports/admin.ts";
import type { UdpPeerView, UdpRelayView } from "../../../relay/ports/udp_relay.ts";
import { testingRecord, TestingRegistry } from "../../../admin/registry/testing_registry.ts";
import { TestingRelay, testingUdpRelay } from "../../../admin/testing_host.ts";

const CITIES = "Oslo Dublin Virginia Lima Singapore Lagos Tokyo Perth".split(" ");
const REGIONS = "eu-north eu-west us-east sa-west ap-southeast af-west ap-northeast ap-south".split(
  " ",
);
const PER_CITY = 16;
const HOSTILE = "<img src=x onerror=alert(1)>";
const PARTIES = ["office", null, "lab", HOSTILE] as const;

export class LivelyCompanions {
  readonly registry = new TestingRegistry();
  readonly #relay: TestingRelay;
  #seconds = 0;

  constructor(relay: TestingRelay) {
    this.#relay = relay;
    for (const [place, city] of CITIES.entries()) {
      for (let n = 1; n <= PER_CITY; n++) {
        const name = `${city.toLowerCase()}-${n}`;
        this.registry.add(testingRecord(name, REGIONS[place]!, {
          addr: `198.51.${100 + place}.${n}:4433`,
          load: n === 3 ? 1_000 : (n * 137 + place * 61) % 900,
          draining: n === 5,
          udp_port: n % 2 === 0 ? 51_820 : null,
        }));
      }
    }
    this.registry.add(testingRecord(HOSTILE, "", { addr: "[2001:db8::7]:4433" }));
    this.registry.ages = { "oslo-2": 41_000, "lima-7": 77_000 };
    this.registry.more = { refused: { stale: 14, not_admitted: 3, bad_signature: 0 } };
    for (const name of PARTIES) {
      void this.registry.createParty({ ...(name !== null && { name }) }, "203.0.113.1");
    }
    void this.registry.join("party-1", "token-of-party-1", { name: "laptop" }, "203.0.113.1");
    relay.registry = this.registry;
    relay.registration = {
      url: "https://registry.example.org",
      state: "registered",
      registeredAt: relay.clock.wall(),
      problem: null,
      relays: 41,
    };
    relay.udpRelay = testingUdpRelay({
      groups: 3,
      keys: 14,
      peers: Array.from({ length: 9 }, (_, place) => peer(place)),
      peersTotal: 9,
      sessions: 6,
    });
  }

  /** What an operator does to the UDP relay, done. */
  operations(operations: Operations): Operations {
    return {
      ...operations,
      blockUdp: (ip, ms) => {
        const until = ms === null ? null : this.#relay.clock.wall() + ms;
        const block = { ip, by: "operator", reason: "blocked by the operator", until } as const;
        this.#change(({ blocked }) => ({
          blocked: [...blocked.filter((one) => one.ip !== ip), block],
        }));
        return done(`${ip} is blocked.`);
      },
      unblockUdp: (ip) => {
        this.#change(({ blocked }) => ({ blocked: blocked.filter((one) => one.ip !== ip) }));
        return done(`${ip} may send again.`);
      },
    };
  }

  /** A second passes. */
  second(): void {
    this.#seconds += 1;
    const { clock } = this.#relay;
    if (this.#seconds % 30 === 0 && this.#relay.registration !== null) {
      this.#relay.registration = { ...this.#relay.registration, registeredAt: clock.wall() };
    }
    this.#change((view) => ({
      packetsIn: view.packetsIn + 420,
      bytesIn: view.bytesIn + 420 * 148,
      packetsForwarded: view.packetsForwarded + 400,
      bytesForwarded: view.bytesForwarded + 400 * 148,
      drops: { ...view.drops, rate: view.drops["rate"]! + 20 },
      peers: view.peers.map((one, place) => ({
        ...one,
        packetsIn: one.packetsIn + 40 + place,
        packetsOut: one.verified ? one.packetsOut + 40 : 0,
      })),
    }));
  }

  #change(change: (view: UdpRelayView) => Partial<UdpRelayView>): void {
    const view = this.#relay.udpRelay;
    if (view !== null) this.#relay.udpRelay = { ...view, ...change(view) };
  }
}

function peer(place: number): UdpPeerView {
  return {
    group: place < 5 ? "office" : place < 8 ? "lab" : HOSTILE,
    key: place === 4 ? null : "mC3lRbQwXz".slice(0, 8 - place % 2) + place,
    endpoint: place === 6 ? "[2001:db8:77::40]:41006" : `203.0.113.${40 + place}:4100${place}`,
    verified: place !== 4,
    ageMs: 300 + place * 700,
    packetsIn: 4_000 + place * 500,
    packetsOut: place === 4 ? 0 : 3_900 + place * 480,
  };
}

function done(detail: string): OperateOutcome {
  return { ok: true, detail };
}
