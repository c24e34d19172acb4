/** One real relay of a mesh: its identity, address and configuration, over as many lives as a test wants. */
import { RelayCertificate } from "../../proto/certificate.ts";
import { formatSeed } from "../../proto/identity.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { formatSocketAddress, type SocketAddress } from "../../proto/socket_address.ts";
import { type RelayProcess, startRelay } from "../harness/relay_process.ts";
import { TestClients } from "../harness/test_client.ts";

/** What a relay is told of another one. */
export interface Acquaintance {
  readonly label: string;
  /** With colons. */
  readonly fingerprint: string;
  /** Given when it is dialled. */
  readonly url?: string;
  readonly allowLegacy?: boolean;
}

export interface MeshNodeOptions {
  /** Its label at all others. */
  readonly name: string;
  readonly address: SocketAddress;
  /** It listens on all addresses. */
  readonly everywhere: boolean;
  readonly globalRooms: readonly string[];
  /** Further lines, before the tables. */
  readonly config: string;
  /** Program and arguments the relay is started through. */
  readonly through: readonly string[];
}

export class MeshNode implements AsyncDisposable {
  readonly name: string;
  address: SocketAddress;
  readonly certificate: RelayCertificate;
  /** Whom it knows; counts at the next start or reload. */
  acquaintances: Acquaintance[] = [];
  globalRooms: readonly string[];
  /** Further lines of its configuration. */
  config: string;
  readonly #seed = nodeCrypto.random(32);
  readonly #options: MeshNodeOptions;
  #home: string | null = null;
  #relay: RelayProcess | null = null;
  #clients: TestClients | null = null;
  /** What its former lives printed. */
  #history = "";

  constructor(options: MeshNodeOptions) {
    this.#options = options;
    this.name = options.name;
    this.address = options.address;
    this.globalRooms = options.globalRooms;
    this.config = options.config;
    this.certificate = new RelayCertificate(nodeCrypto, this.#seed);
  }

  /** TLS fingerprint with colons. */
  get fingerprint(): string {
    return this.certificate.fingerprint;
  }

  get url(): string {
    return formatSocketAddress(this.address);
  }

  get running(): boolean {
    return this.#relay !== null;
  }

  get relay(): RelayProcess {
    if (this.#relay === null) throw new Error(`Relay ${this.name} is not running`);
    return this.#relay;
  }

  /** Everything it printed, in all its lives. */
  get output(): string {
    return this.#history + (this.#relay?.stdout.text ?? "") + (this.#relay?.stderr.text ?? "");
  }

  /** Starts it and waits until it is ready. */
  async start(): Promise<void> {
    if (this.#relay !== null) throw new Error(`Relay ${this.name} is running`);
    const home = this.#home ??= await this.#makeHome();
    const { everywhere, through } = this.#options;
    const { ip, port } = this.address;
    // Its own loopback address: on the usual one any program may have the port by chance.
    const http = ip.startsWith("127.") ? ["--http-listen", ip] : [];
    const args = ["--listen", everywhere ? `:${port}` : this.url, ...http];
    this.#relay = await startRelay({ home, through, args, config: this.toml() });
  }

  /** Ends it as a power failure would. */
  async kill(): Promise<void> {
    const relay = this.relay;
    relay.signal("SIGKILL");
    await this.#end(relay);
  }

  /** Ends it as an operator does. */
  async stop(): Promise<void> {
    const relay = this.relay;
    await relay.stop();
    await this.#end(relay);
  }

  /** It is to be found there in its next life. */
  async moveTo(address: SocketAddress): Promise<void> {
    if (this.#relay !== null) throw new Error(`Relay ${this.name} is running`);
    this.address = address;
    await this.#clients?.close();
    this.#clients = null;
  }

  async reload(): Promise<void> {
    await this.relay.reload(this.toml());
  }

  /** Clients on a socket of their own, for all its lives. */
  async clients(): Promise<TestClients> {
    const pin = this.certificate.fingerprintBytes;
    return this.#clients ??= await TestClients.open(this.address, { pin });
  }

  /** Its configuration file. */
  toml(): string {
    const text = JSON.stringify;
    return [
      `relay_name = ${text(this.name)}`,
      this.config,
      ...this.acquaintances.map(({ label, fingerprint, url, allowLegacy }) =>
        [
          url === undefined ? "[[trusted]]" : `[[peers]]\nurl = ${text(url)}`,
          `fingerprint = ${text(fingerprint)}`,
          `label = ${text(label)}`,
          ...allowLegacy === true ? ["allow_legacy = true"] : [],
        ].join("\n")
      ),
      ...this.globalRooms.map((name) => `[[global_rooms]]\nname = ${text(name)}`),
    ].join("\n") + "\n";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#clients?.close();
    if (this.#relay !== null) await this.#end(this.#relay);
    if (this.#home !== null) await Deno.remove(this.#home, { recursive: true });
  }

  async #end(relay: RelayProcess): Promise<void> {
    this.#relay = null;
    await relay[Symbol.asyncDispose]();
    this.#history += `${relay.stdout.text}${relay.stderr.text}--- ended\n`;
  }

  async #makeHome(): Promise<string> {
    const home = await Deno.makeTempDir({ prefix: "wzp-mesh-test-" });
    await Deno.mkdir(`${home}/.wzp`);
    await Deno.writeTextFile(`${home}/.wzp/relay-identity`, formatSeed(this.#seed), {
      mode: 0o600,
    });
    return home;
  }
}
