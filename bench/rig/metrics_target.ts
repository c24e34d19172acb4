/** The HTTP server of a made-up relay with many sessions and links, which watches its own event loop. */
import { metricsText } from "../../admin/metrics/text.ts";
import { openAdmin } from "../../admin/open.ts";
import { TestingRelay } from "../../admin/testing_host.ts";
import { systemClock } from "../../quic/clock.ts";

const [sessions = 500, links = 50] = Deno.args.map(Number);
/** Series there may be for each session and each link. */
const PER_SESSION = [
  "sessionLoss",
  "sessionRtt",
  "sessionDredReconstructions",
  "sessionClassicalPlc",
] as const;
const PER_LINK = ["probeUp", "probeRtt", "probeLoss", "probeJitter"] as const;

const relay = new TestingRelay();
const { counters } = relay;
counters.activeSessions = sessions;
for (let i = 0; i < sessions; i++) {
  const id = crypto.randomUUID().replaceAll("-", "");
  for (const family of PER_SESSION) counters[family].child(id).value = Math.random() * 100;
}
for (let i = 0; i < links; i++) {
  const label = `Relay ${i}, eu-central`;
  counters.federationPeerStatus.child(label).value = 1;
  counters.federationPeerRtt.child(label).value = Math.random() * 100;
  for (const way of ["in", "out"]) {
    counters.federationPacketsForwarded.child(label, way).value = Math.round(Math.random() * 1e9);
  }
  for (const family of PER_LINK) {
    counters[family].child(`192.0.2.${i}:4433`).value = Math.random() * 100;
  }
}
relay.settings = {
  ...relay.settings,
  sessionMetrics: "on",
  stateDir: Deno.makeTempDirSync({ prefix: "wzp-bench-" }),
};
const host = relay.host({ clock: systemClock });

/** The longest the loop was held since it was asked last: how far apart two turns of it were. */
let longest = 0;
let last = performance.now();
setInterval(() => {
  const now = performance.now();
  longest = Math.max(longest, now - last);
  last = now;
}, 1);

const admin = await openAdmin(relay.settings);
await admin.serve(host);
/** Tells of this thread, in which the relay would forward voice. */
const watcher = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async ({ url }) => {
  if (new URL(url).pathname === "/slices") return Response.json(await sliceTimes());
  const answer = String(longest);
  longest = 0;
  return new Response(answer);
});
console.log(`${admin.addresses[0]!.port} ${watcher.addr.port}`);
addEventListener("unload", () => Deno.removeSync(relay.settings.stateDir, { recursive: true }));
Deno.addSignalListener("SIGTERM", () => Deno.exit(0));

/** How long each slice of one page takes to make, in ms. While it is made no other request is answered. */
async function sliceTimes(): Promise<number[]> {
  const times: number[] = [];
  const slices = metricsText(host.metrics(), systemClock);
  for (;;) {
    const began = performance.now();
    const { done } = await slices.next();
    times.push(performance.now() - began);
    if (done) return times;
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}
