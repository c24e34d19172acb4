import assert from "node:assert/strict";
import {
  listenToSignals,
  type OperatorSignals,
  outliveSignals,
  type SignalSource,
} from "./operator_signals.ts";

/** The operating system; some signals it does not have. */
class FakeSystem implements SignalSource {
  readonly listeners = new Map<Deno.Signal, () => void>();
  constructor(readonly missing: readonly Deno.Signal[] = []) {}

  addSignalListener = (signal: Deno.Signal, listener: () => void) => {
    if (this.missing.includes(signal)) throw new TypeError(`no ${signal} here`);
    this.listeners.set(signal, listener);
  };

  removeSignalListener = (signal: Deno.Signal, listener: () => void) => {
    if (this.listeners.get(signal) === listener) this.listeners.delete(signal);
  };
}

/** Handlers, and the promise of what came first. */
function handlers(more: Partial<OperatorSignals> = {}) {
  const came = Promise.withResolvers<string>();
  const told: OperatorSignals = {
    onStop: (name, exitCode) => came.resolve(`${name} ${exitCode}`),
    onReload: () => came.resolve("reload"),
    onCounters: () => came.resolve("counters"),
    ...more,
  };
  return { told, came: came.promise };
}

Deno.test("each signal does what operators know it for, with the exit code shells expect", async () => {
  for (
    const [signal, expected] of [
      ["SIGTERM", "SIGTERM 143"],
      ["SIGINT", "SIGINT 130"],
      ["SIGHUP", "reload"],
      ["SIGUSR1", "counters"],
    ] as const
  ) {
    const system = new FakeSystem();
    const { told, came } = handlers();
    listenToSignals(told, system);
    system.listeners.get(signal)!();
    assert.equal(await came, expected);
  }
});

Deno.test("a system without some signals is fine, and nothing listens after the end", () => {
  const system = new FakeSystem(["SIGHUP", "SIGUSR1"]);
  const stop = listenToSignals(handlers().told, system);
  assert.deepEqual([...system.listeners.keys()], ["SIGTERM", "SIGINT"]);
  stop();
  assert.equal(system.listeners.size, 0);
});

Deno.test("a handler that fails does not throw into the loop that waits for signals", async () => {
  const fault = Promise.withResolvers<string>();
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    fault.resolve(event.error.message);
  };
  addEventListener("error", onError);
  try {
    const system = new FakeSystem();
    const onReload = () => {
      throw new Error("cannot reload");
    };
    listenToSignals(handlers({ onReload }).told, system);
    system.listeners.get("SIGHUP")!();
    assert.equal(await fault.promise, "cannot reload");
  } finally {
    removeEventListener("error", onError);
  }
});

Deno.test("before there is a relay only signals to end it count, until it listens itself", () => {
  const system = new FakeSystem();
  const end = outliveSignals(system);
  assert.deepEqual([...system.listeners.keys()], ["SIGHUP", "SIGUSR1"]);
  end();
  assert.equal(system.listeners.size, 0);
  outliveSignals(new FakeSystem(["SIGHUP", "SIGUSR1"]))();
});
