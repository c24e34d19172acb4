/** What a relay says of itself when it starts: the facts that operators and scripts look for, in their order. */
import type { Fields, Log } from "./ports/log.ts";

export interface StartupFacts {
  readonly build: string;
  readonly identityFile: string;
  readonly identityCreated: boolean;
  /** Of the relay's identity key, `xxxx:...`. */
  readonly fingerprint: string;
  /** Of its certificate, `xx:...`. */
  readonly tlsFingerprint: string;
  readonly listening: readonly string[];
  readonly advertised: string;
  /** Addresses that were as likely as the advertised one. */
  readonly alternatives: readonly string[];
  readonly warnings: readonly string[];
}

/** Scripts wait for this line. */
export const READY = "Listening for connections...";

/** A log that can also write what is to be seen at every level. */
interface StartupLog extends Log {
  announce(message: string, fields?: Fields): void;
}

export function logStartup(log: StartupLog, facts: StartupFacts): void {
  log.info("wzp-relay", { version: facts.build });
  log.info(facts.identityCreated ? "identity generated" : "identity loaded", {
    path: facts.identityFile,
  });
  for (const addr of facts.listening) {
    log.announce("starting", { addr, fingerprint: facts.fingerprint });
  }
  log.announce("certificate", { tls_fingerprint: facts.tlsFingerprint });
  log.info("for the configuration of another relay that is to link to this one:");
  log.info("  [[peers]]");
  log.info(`  url = "${facts.advertised}"`);
  log.info(`  fingerprint = "${facts.tlsFingerprint}"`);
  log.info("advertised address", { advertised_addr_str: facts.advertised });
  if (facts.alternatives.length > 0) {
    log.warn("other addresses are as likely, set advertised_addr if this one is wrong", {
      others: facts.alternatives.join(" "),
    });
  }
  for (const warning of facts.warnings) log.warn(warning);
}
