/** The registry as the relay's thread has it: it checks rates, shares long answers, and leaves the work to a worker. */
import { join } from "node:path";
import type {
  OpenedRegistry,
  OpenRegistry,
  RegisteredPartyView,
  RegistryAnswer,
  RegistryHost,
  RegistryList,
  RegistryStats,
} from "../relay/ports/registry.ts";
import { batchedPost } from "../relay/ports/batched_post.ts";
import { sourceKey } from "../relay/ports/addresses.ts";
import { StartError } from "../relay/ports/start_error.ts";
import type { UdpGroup } from "../relay/ports/udp_relay.ts";
import { workerUrl } from "../relay/ports/worker_source.ts";
import { refused } from "./answers.ts";
import type { RegistryOrder } from "./registry_core.ts";
import { RegistryReadings } from "./registry_readings.ts";
import type { RelayQuery } from "./relay_roll.ts";
import { SharedLists } from "./shared_lists.ts";
import { SourceRates } from "./source_rates.ts";
import { OpenFailure, type SpawnWorker, WorkerLink } from "./worker_link.ts";
import type { FromWorker, ToWorker } from "./worker_messages.ts";

const FILE = "registry.sqlite";
/** Of relays: 10,000 behind a proxy beat 333 times a second. A quarter of a core is spent on as many signatures. */
const REGISTRATIONS_PER_S = 500;
const REGISTRATIONS_BURST = 2_000;
/** Of parties and their peers, heart-beats not counted. */
const PARTIES_PER_S = 5;
const PARTIES_BURST = 100;

export const openRegistry: OpenRegistry = (host) => openRegistryWith(host, startWorker);

/** `openRegistry` with a worker of the caller's. */
export async function openRegistryWith(
  host: RegistryHost,
  spawn: SpawnWorker,
): Promise<OpenedRegistry> {
  const registry = new WorkerRegistry(host, spawn);
  await registry.open();
  return registry;
}

const startWorker: SpawnWorker = (onMessage, onDeath) => {
  const url = workerUrl("registry", new URL("./store_worker.ts", import.meta.url));
  const worker = new Worker(url, { type: "module", name: "registry" });
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => onMessage(data);
  worker.onerror = (event) => {
    // Otherwise the fault of the worker would be one of the relay.
    event.preventDefault();
    worker.terminate();
    onDeath(event.message);
  };
  return {
    post: batchedPost<ToWorker>((messages) => worker.postMessage(messages)),
    end: () => worker.terminate(),
  };
};

class WorkerRegistry implements OpenedRegistry {
  readonly #host: RegistryHost;
  readonly #path: string;
  readonly #link: WorkerLink;
  readonly #lists: SharedLists;
  readonly #readings: RegistryReadings;
  readonly #registrations: SourceRates;
  readonly #partyChanges: SourceRates;
  readonly #listeners = new Set<(groups: readonly UdpGroup[]) => void>();
  #groups: readonly UdpGroup[] = [];
  #ticking: { cancel(): void } | null = null;

  constructor(host: RegistryHost, spawn: SpawnWorker) {
    const { clock, counters, stateDir, settings } = host;
    const log = host.log.area("registry");
    this.#host = host;
    this.#path = join(stateDir, FILE);
    this.#readings = new RegistryReadings(counters);
    this.#registrations = new SourceRates(clock, REGISTRATIONS_PER_S, REGISTRATIONS_BURST);
    this.#partyChanges = new SourceRates(clock, PARTIES_PER_S, PARTIES_BURST);
    this.#link = new WorkerLink({
      clock,
      log,
      path: this.#path,
      settings,
      spawn,
      onNews: (news) => {
        if (news.kind === "log") log[news.level](news.message, news.fields);
        else if (news.kind === "stats") this.#readings.heard(news.stats);
        else this.#tell(news.groups);
      },
    });
    this.#lists = new SharedLists((region, known) =>
      this.#link.question({ ask: "list", region, known })
    );
  }

  async open(): Promise<void> {
    try {
      await this.#link.open();
    } catch (error) {
      if (!(error instanceof OpenFailure)) throw error;
      throw unusable(this.#path, error);
    }
    this.#ticking = this.#host.clock.every(1_000, () => this.#link.tick());
  }

  relays(region: string | null): Promise<RegistryList> {
    return this.#lists.get(region);
  }

  async register(body: unknown, source: string): Promise<RegistryAnswer> {
    const key = sourceKey(source);
    const answer = this.#registrations.take(key)
      ? await this.#link.order({ op: "register", body, source: key })
      : tooMany();
    this.#readings.registration(answer);
    return answer;
  }

  remove(fingerprint: string, body: unknown, source: string): Promise<RegistryAnswer> {
    if (!this.#registrations.take(sourceKey(source))) return Promise.resolve(tooMany());
    return this.#link.order({ op: "remove", fingerprint, body });
  }

  createParty(body: unknown, source: string): Promise<RegistryAnswer> {
    return this.#partyChange({ op: "createParty", body, source: sourceKey(source) }, source);
  }

  removeParty(party: string, token: string): Promise<RegistryAnswer> {
    return this.#party({ op: "removeParty", party, token });
  }

  join(party: string, token: string, body: unknown, source: string): Promise<RegistryAnswer> {
    return this.#partyChange({ op: "join", party, token, body }, source);
  }

  beat(party: string, peer: string, token: string, body: unknown): Promise<RegistryAnswer> {
    return this.#party({ op: "beat", party, peer, token, body });
  }

  leave(party: string, peer: string, token: string): Promise<RegistryAnswer> {
    return this.#party({ op: "leave", party, peer, token });
  }

  peers(party: string, token: string): Promise<RegistryAnswer> {
    return this.#party({ op: "peers", party, token });
  }

  parties(after: string, limit: number): Promise<readonly RegisteredPartyView[]> {
    return this.#link.question({ ask: "parties", after, limit });
  }

  page(query: RelayQuery) {
    return this.#link.question({ ask: "page", query });
  }

  stats(): RegistryStats {
    return this.#readings.stats();
  }

  onGroups(listener: (groups: readonly UdpGroup[]) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#groups);
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#ticking?.cancel();
    await this.#link.close();
  }

  #partyChange(order: RegistryOrder, source: string): Promise<RegistryAnswer> {
    if (this.#partyChanges.take(sourceKey(source))) return this.#party(order);
    const answer = tooMany();
    this.#readings.partyRequest(answer);
    return Promise.resolve(answer);
  }

  async #party(order: RegistryOrder): Promise<RegistryAnswer> {
    const answer = await this.#link.order(order);
    this.#readings.partyRequest(answer);
    return answer;
  }

  #tell(groups: readonly UdpGroup[]): void {
    this.#groups = groups;
    for (const listener of this.#listeners) listener(groups);
  }
}

function tooMany(): RegistryAnswer {
  return refused("too_many", "This address asks too often; try again in a few seconds.");
}

function unusable(path: string, { message, newer }: OpenFailure): StartError {
  const advice = newer
    ? "Run the newer version, or move the file away to begin a new registry"
    : "Let this user create and write it, or move it away to begin a new registry";
  return new StartError(
    "registry_unusable",
    `Cannot use the registry file ${path}: ${message}. ${advice}`,
  );
}
