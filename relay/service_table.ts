/** Finds the service for a connection by the name it asked for in TLS. */
import type { Service } from "./ports/service.ts";

/** The name of a connection that asked for none. */
export const DEFAULT_NAME = "default";

export class ServiceTable {
  readonly #byName = new Map<string, Service>();
  readonly #byPrefix: (readonly [prefix: string, service: Service])[] = [];
  readonly #otherwise: Service;

  /** `otherwise` answers every name that nobody registered: room names, usually. */
  constructor(otherwise: Service) {
    this.#otherwise = otherwise;
  }

  register(name: string, service: Service): void {
    if (name !== name.toLowerCase()) throw new TypeError(`Service name ${name} is not lower case`);
    if (this.#byName.has(name)) throw new TypeError(`Service ${name} is registered twice`);
    this.#byName.set(name, service);
  }

  /** For all names that begin like this and are not registered themselves. */
  registerPrefix(prefix: string, service: Service): void {
    this.#byPrefix.push([prefix, service]);
  }

  find(name: string): Service {
    return this.#byName.get(name) ??
      this.#byPrefix.find(([prefix]) => name.startsWith(prefix))?.[1] ?? this.#otherwise;
  }
}
