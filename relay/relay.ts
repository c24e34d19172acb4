/** A running relay: opens what it needs, serves, follows its operator, and closes everything again. */
import type { Crypto } from "../proto/crypto_port.ts";
import { formatSocketAddress, type SocketAddress } from "../proto/socket_address.ts";
import type { Clock } from "../quic/clock.ts";
import type { Endpoint, Listener, Transport } from "../quic/port.ts";
import { MAX_STREAMS_AHEAD } from "../quic/signal_intake.ts";
import { Acceptor } from "./acceptor.ts";
import { adminHost } from "./admin_host.ts";
import { adminServices } from "./admin_services.ts";
import { adminSettings } from "./admin_settings.ts";
import { type CompanionDoors, Companions } from "./companions.ts";
import { type Input, type Loaded, reloadConfig, type Reloaded } from "./config/mod.ts";
import { connectionIds } from "./connection_ids.ts";
import { createCounters, snapshot } from "./counters/counters.ts";
import { watchEventLoop } from "./counters/event_loop_delay.ts";
import { offerExample } from "./example_file.ts";
import { asError, recordFault, surviveFaults } from "./faults.ts";
import { LifeCycle, type LifeState } from "./life_cycle.ts";
import { openEndpoints } from "./listening.ts";
import type { Logger } from "./log/logger.ts";
import { colourFor, logFileProblem, openLog } from "./log/open_log.ts";
import { listenToSignals } from "./operator_signals.ts";
import { advertisedAddress, type Outbound, outboundAddress } from "./outbound_address.ts";
import { ownEntries } from "./own_entry.ts";
import { openIdentity, type OwnIdentity } from "./own_identity.ts";
import { pingService } from "./services/ping.ts";
import { VersionService } from "./services/version.ts";
import { logStartup, READY } from "./startup_lines.ts";
import { EXIT_INTERNAL, StartError } from "./start_error.ts";
import type { Admin, OpenAdmin, OperateOutcome } from "./ports/admin.ts";
import type { Counters } from "./ports/counters.ts";
import type { Federation, FederationHost } from "./ports/federation.ts";
import type { Printer } from "./printer.ts";
import { RecentEvents } from "./recent_events.ts";
import { reloadOutcome } from "./operations.ts";
import { acceptLimits, logSettings } from "./running_settings.ts";
import { openStateDir, type StateDir } from "./state_dir.ts";
import { type ServiceManager, serviceManager } from "./systemd.ts";
import { DEBUG_TAP_AREA } from "./tap/debug_tap.ts";
import { udpBufferAdvice } from "./udp_buffer.ts";
import { Voice } from "./voice.ts";

/** How long the last lines, of the log and then of the counters, may take to leave. */
const FLUSH_MS = 1_000;

/** No client of the protocol opens one; each that is left unread could hold a megabyte of memory. */
const CLIENT_UNI_STREAMS = 1;

/** The same holds for these while they are not read, so there are no more than are read at a time. */
const CLIENT_BIDI_STREAMS = MAX_STREAMS_AHEAD;

export interface RelayParts {
  readonly loaded: Loaded;
  /** Where the configuration came from; read again on SIGHUP. */
  readonly input: Input;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly build: string;
  /** Standard output, for the counters. */
  readonly printer: Printer;
  /** Standard error, for sentences to the operator; never throws. */
  readonly complain: (sentence: string) => void;
  /** Makes the federation. */
  readonly federate: (host: FederationHost) => Federation;
  /** Makes the HTTP server. */
  readonly openAdmin: OpenAdmin;
  /** Make what runs beside the voice. */
  readonly companions: CompanionDoors;
}

export class Relay {
  /** Resolves with the exit code once everything is closed. */
  readonly ended: Promise<number>;
  readonly #parts: RelayParts;
  readonly #log: Logger;
  readonly #counters: Counters;
  readonly #stateDir: StateDir;
  readonly #own: OwnIdentity;
  readonly #outbound: Outbound;
  readonly #advertised: SocketAddress;
  readonly #events: RecentEvents;
  readonly #voice: Voice;
  readonly #systemd: ServiceManager;
  readonly #life: LifeCycle;
  readonly #endpoints: readonly Endpoint[];
  readonly #acceptor: Acceptor;
  readonly #admin: Admin;
  #companions: Companions | null = null;
  /** What was wrong when the configuration was last reloaded. */
  #misconfigured: readonly string[] = [];
  #loaded: Loaded;
  #listeners: Listener[] = [];
  #exitCode = 0;
  #reloading: Promise<unknown> = Promise.resolve();
  #finish: (exitCode: number) => void = () => {};

  /** Starts a relay. Throws `StartError` when something stands in the way. */
  static async start(parts: RelayParts): Promise<Relay> {
    const { config } = parts.loaded;
    // The ports come first: when one is taken, nothing has been written yet.
    const endpoints = await openEndpoints(parts.transport, config.listen_addr);
    let admin: Admin | null = null;
    try {
      admin = await parts.openAdmin(adminSettings(config, config.listen_addr.port));
      const relay = new Relay(parts, endpoints, admin);
      try {
        const [mistake] = await relay.#ownEntries(parts.loaded);
        if (mistake !== undefined) throw new StartError("own_relay_configured", mistake);
        await relay.#openCompanions();
        await relay.#start();
      } catch (error) {
        relay.#own.release();
        relay.#stateDir.close();
        throw error;
      }
      return relay;
    } catch (error) {
      await Promise.all([...endpoints.map((endpoint) => endpoint.close()), admin?.close()]);
      throw error;
    }
  }

  private constructor(parts: RelayParts, endpoints: readonly Endpoint[], admin: Admin) {
    const { clock, crypto } = parts;
    const { config } = parts.loaded;
    this.#parts = parts;
    this.#endpoints = endpoints;
    this.#admin = admin;
    this.#loaded = parts.loaded;
    this.#counters = createCounters();
    this.#log = openLog({
      ...logSettings(config),
      file: () => this.#loaded.config.log_file,
      unlimitedAreas: [DEBUG_TAP_AREA],
      counters: this.#counters,
      clock,
    });
    this.#stateDir = openStateDir(config.state_dir);
    this.#own = openIdentity(config.identity_file, crypto);
    this.#systemd = serviceManager(parts.input.env["NOTIFY_SOCKET"], this.#log);
    this.#life = new LifeCycle({
      clock,
      drainTimeoutMs: () => this.#loaded.config.drain_timeout * 1000,
      onState: (state, reason) => this.#onState(state, reason),
    });
    this.#outbound = outboundAddress(config.listen_addr.ip);
    this.#advertised = advertisedAddress({
      advertised: config.advertised_addr,
      listen: config.listen_addr,
      boundPort: endpoints[0]!.localAddress.port,
      outbound: this.#outbound.ip,
    });
    this.#events = new RecentEvents({
      clock,
      addresses: () => this.#loaded.config.log_addresses,
    });
    this.#voice = this.#newVoice();
    this.#acceptor = this.#newAcceptor();
    this.ended = new Promise((resolve) => this.#finish = resolve);
  }

  async #start(): Promise<void> {
    const { clock, build } = this.#parts;
    const { certificate } = this.#own;
    surviveFaults((error) => recordFault(error, this.#counters, this.#log));
    listenToSignals({
      onStop: (signal, exitCode) => this.#onStop(signal, exitCode),
      onReload: () => void this.#reloadNext(),
      onCounters: () => this.#printCounters(),
    });
    this.#announce();
    // What is reloaded must be there.
    await (this.#reloading = this.#serveAdmin());
    // A signal may have ended it already.
    if (this.#life.state !== "starting") return;

    this.#counters.buildInfo.child(build).value = 1;
    this.#counters.startTime = Math.round(clock.wall() / 1000);
    watchEventLoop(clock, this.#counters.eventLoopDelay);
    this.#listeners = this.#endpoints.map((endpoint) =>
      endpoint.listen({
        certificate: certificate.der,
        privateKey: certificate.privateKeyDer(),
        maxBidiStreams: CLIENT_BIDI_STREAMS,
        maxUniStreams: CLIENT_UNI_STREAMS,
      })
    );
    this.#voice.apply();
    for (const listener of this.#listeners) {
      this.#acceptor.run(listener).catch((error) => this.#fail("the accept loop ended", error));
    }
    this.#life.serve();
    udpBufferAdvice().then((advice) => advice !== null && this.#log.warn(advice));
  }

  async #openCompanions(): Promise<void> {
    this.#companions = await Companions.open({
      ...this.#parts,
      doors: this.#parts.companions,
      log: this.#log,
      counters: this.#counters,
      certificate: this.#own.certificate,
      config: () => this.#loaded.config,
      advertised: this.#advertised,
      sessions: () => this.#voice.view.taken(),
      // One that is still starting will take clients in a moment.
      draining: () => this.#life.state === "draining" || this.#life.state === "stopped",
    });
  }

  #serveAdmin(): Promise<void> {
    return this.#admin.serve(adminHost({
      ...this.#parts,
      log: this.#log,
      counters: this.#counters,
      certificate: this.#own.certificate,
      advertised: this.#advertised,
      quicPort: this.#endpoints[0]!.localAddress.port,
      loaded: () => this.#loaded,
      life: () => this.#life.state,
      misconfigured: () => this.#misconfigured,
      voice: this.#voice.view,
      companions: this.#companions!,
      services: adminServices({
        ...this.#parts,
        log: this.#log,
        events: this.#events,
        fault: (error) => recordFault(error, this.#counters, this.#log),
        life: this.#life,
        reload: () => this.#reloadNext(),
        kick: (session, refuseMs) => this.#voice.kick(session, refuseMs),
        closeLink: (relay, reason) => this.#voice.closeLink(relay, reason),
        udpRelay: () => this.#companions!.udpRelay,
      }),
    }));
  }

  #newVoice(): Voice {
    return new Voice({
      ...this.#parts,
      log: this.#log,
      counters: this.#counters,
      identity: this.#own.identity,
      certificate: this.#own.certificate,
      config: () => this.#loaded.config,
      hold: () => this.#life.hold(),
      advertised: this.#advertised,
      listening: this.#endpoints.map(({ localAddress }) => localAddress),
      endpoints: this.#endpoints,
      events: this.#events,
      companions: () => this.#companions,
    });
  }

  #newAcceptor(): Acceptor {
    const { clock, crypto, build } = this.#parts;
    const { services } = this.#voice;
    services.register("ping", pingService);
    services.register("version", new VersionService(build, clock));
    return new Acceptor({
      clock,
      log: this.#log.area("accept"),
      counters: this.#counters,
      services,
      limits: () => acceptLimits(this.#loaded.config),
      newId: connectionIds(crypto.random),
    });
  }

  #announce(): void {
    const { build, complain } = this.#parts;
    const { config, warnings } = this.#loaded;
    const { identity, certificate, created } = this.#own;
    const { ip } = this.#advertised;
    offerExample(this.#loaded, {
      ...this.#advertised,
      listenPort: this.#endpoints[0]!.localAddress.port,
      tlsFingerprint: certificate.fingerprint,
      complain,
    });
    logStartup(this.#log, {
      build,
      identityFile: config.identity_file,
      identityCreated: created,
      fingerprint: identity.fingerprint,
      tlsFingerprint: certificate.fingerprint,
      listening: this.#endpoints.map((endpoint) => formatSocketAddress(endpoint.localAddress)),
      advertised: formatSocketAddress(this.#advertised),
      alternatives: ip === this.#outbound.ip ? this.#outbound.others : [],
      warnings: [...warnings, ...this.#own.warnings, ...this.#stateDir.warnings],
    });
  }

  #onStop(signal: string, exitCode: number): void {
    if (this.#life.state === "draining") {
      this.#exitCode = exitCode;
      this.#life.stop(`second signal, ${signal}`);
    } else if (this.#life.state === "stopped") {
      // Somebody who does not read (the log's reader, the service manager) holds the end up.
      this.#finish(exitCode);
    } else this.#life.drain(signal);
  }

  #onState(state: LifeState, reason: string): void {
    this.#log.info(state === "stopped" ? "stopping" : state, { reason });
    this.#events.state(state, reason);
    if (state === "serving") {
      this.#log.announce(READY);
      this.#systemd.ready("serving");
    } else if (state === "draining") {
      this.#acceptor.drain();
      this.#voice.drain(reason, this.#loaded.config.drain_timeout * 1000);
      this.#companions?.drain();
      this.#systemd.stopping(`draining: ${reason}`);
    } else {
      this.#close().catch((error) => {
        this.#parts.complain(`Closing failed: ${asError(error).stack}`);
        this.#finish(EXIT_INTERNAL);
      });
    }
  }

  async #close(): Promise<void> {
    this.#acceptor.stop();
    for (const listener of this.#listeners) listener.stop();
    await this.#voice.close("shutdown");
    await Promise.all(this.#endpoints.map((endpoint) => endpoint.close(0, "shutdown")));
    await Promise.all([this.#admin.close(), this.#companions?.close()]);
    await this.#systemd.stopping("stopped");
    this.#log.info("stopped");
    await this.#log.flush(FLUSH_MS);
    this.#printCounters();
    await this.#parts.printer.flush(FLUSH_MS);
    this.#systemd.close();
    this.#own.release();
    this.#stateDir.close();
    this.#finish(this.#exitCode);
  }

  /** After the reloads that were asked for before. */
  #reloadNext(): Promise<OperateOutcome> {
    const next = this.#reloading.then(() => this.#reload());
    this.#reloading = next;
    return next;
  }

  async #reload(): Promise<OperateOutcome> {
    if (this.#life.state === "serving") await this.#systemd.reloading();
    const result = await reloadConfig(this.#loaded, this.#parts.input);
    const problems = "errors" in result ? result.errors : [
      ...[logFileProblem(result.loaded.config.log_file)].filter((problem) => problem !== null),
      ...await this.#ownEntries(result.loaded),
    ];
    this.#misconfigured = problems;
    this.#counters.configReloads.add(problems.length > 0 ? "fail" : "ok");
    if ("errors" in result || problems.length > 0) {
      for (const problem of problems) this.#log.error(problem);
      this.#log.error("configuration not reloaded, the old one stays in force");
      this.#log.reopen();
      this.#voice.reopen();
    } else this.#apply(result);
    if (this.#life.state === "serving") await this.#systemd.ready("serving");
    return reloadOutcome(result, problems);
  }

  #apply({ loaded, applied, needRestart }: Reloaded): void {
    this.#loaded = loaded;
    const { config } = loaded;
    this.#log.configure({ ...logSettings(config), colour: colourFor(config.log_file) });
    this.#log.reopen();
    this.#voice.reopen();
    this.#voice.apply();
    this.#companions?.apply();
    this.#admin.apply();
    for (const warning of loaded.warnings) this.#log.warn(warning);
    this.#log.info("configuration reloaded", {
      applied: applied.join(" ") || undefined,
      need_restart: needRestart.join(" ") || undefined,
    });
  }

  #ownEntries(loaded: Loaded): Promise<string[]> {
    const fingerprint = this.#own.certificate.fingerprintBytes.toHex();
    return ownEntries(loaded, this.#parts.input, fingerprint);
  }

  #printCounters(): void {
    this.#parts.printer.print(JSON.stringify(snapshot(this.#counters)));
  }

  #fail(what: string, error: unknown): void {
    this.#log.error(what, { error: asError(error) });
    this.#exitCode = EXIT_INTERNAL;
    this.#life.stop(what);
  }
}
