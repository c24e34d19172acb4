/** The registry this relay keeps, and its own entry in one. */
import { get } from "../api.ts";
import { count, number, words } from "../model/format.ts";
import { byCount, total } from "../model/registry.ts";
import type { Registration, RegistryPage, RegistryStats } from "../model/shapes.ts";
import { useLoaded } from "../parts/loaded.ts";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { Clock, Since } from "../parts/time.tsx";
import { Parties } from "./registry_parties.tsx";
import { RegisteredRelays } from "./registry_relays.tsx";

export const REFRESH_MS = 2_000;

export function RegistryView() {
  const { state, load } = useLoaded(
    () => get<RegistryPage>("registry", { limit: 1 }),
    "registry",
    REFRESH_MS,
  );
  const loaded = state.value;
  if (loaded.state === "loading") return <Loading what="the registry" />;
  if (loaded.state === "failed") return <Failed sentence={loaded.sentence} retry={load} />;
  const { registry, registration } = loaded.value;
  return (
    <>
      <OwnEntry registration={registration} />
      {registry === null ? <NoRegistry /> : (
        <>
          <Standing stats={registry} />
          <RegisteredRelays stats={registry} />
          <Parties />
        </>
      )}
    </>
  );
}

function NoRegistry() {
  return (
    <Empty title="This relay is no registry">
      <p>
        With <code>enabled = true</code> below <code>[registry]</code>{" "}
        in the configuration, relays register here, clients ask it for the nearest, and WireGuard
        peers find each other.
      </p>
    </Empty>
  );
}

/** A sign of its own for each word, as for paths. */
const STATES = {
  registered: ["good", "\u25cf", "registered"],
  trying: ["fair", "\u25d0", "trying"],
  refused: ["poor", "\u2716", "refused"],
} as const;

function OwnEntry({ registration }: { readonly registration: Registration | null }) {
  return (
    <section class="own-entry" aria-labelledby="own-entry">
      <h2 id="own-entry">This relay's own entry</h2>
      {registration === null
        ? (
          <p class="soft">
            It registers nowhere. <code>url</code> below <code>[registry]</code>{" "}
            in the configuration names a registry.
          </p>
        )
        : <Entry registration={registration} />}
    </section>
  );
}

function Entry({ registration }: { readonly registration: Registration }) {
  const { url, state, registeredAt, problem, relays } = registration;
  const [colour, sign, word] = STATES[state];
  return (
    <>
      <dl class="facts">
        <div>
          <dt>State</dt>
          <dd class={`health ${colour}`}>
            <span aria-hidden="true">{sign}</span> {word}
          </dd>
        </div>
        <div class="wide">
          <dt>At</dt>
          <dd>
            <code class="long">{url}</code>
          </dd>
        </div>
        <div>
          <dt>Last success</dt>
          <dd>
            {registeredAt === null ? "none yet" : (
              <>
                <Since at={registeredAt} /> ago, <Clock at={registeredAt} />
              </>
            )}
          </dd>
        </div>
        <div>
          <dt>It named</dt>
          <dd>{count(relays, "other relay")}</dd>
        </div>
      </dl>
      {problem !== null && (
        <ul class="warnings">
          <li>{problem}</li>
        </ul>
      )}
    </>
  );
}

function Standing({ stats }: { readonly stats: RegistryStats }) {
  const { setAside, storeProblem } = stats;
  const refusals = byCount(stats.refused);
  return (
    <section aria-labelledby="registry">
      <h2 id="registry">The registry</h2>
      <dl class="facts">
        <Fact title="Open to" value={stats.public ? "everybody" : "who has a token"} />
        <Fact title="Relays" value={number(stats.relays)} />
        <Fact title="Parties" value={number(stats.parties)} />
        <Fact title="Peers" value={number(stats.peers)} />
        <Fact title="Accepted" value={number(stats.accepted)} />
        <Fact title="Refused" value={number(total(stats.refused))} />
        <Fact title="Fallen silent" value={number(stats.expired)} />
      </dl>
      {refusals.length > 0 && (
        <p class="soft">
          Refused since the start:{" "}
          {refusals.map(([reason, times]) => `${words(reason)} ${number(times)}`).join(", ")}.
        </p>
      )}
      {(setAside !== null || storeProblem !== null) && (
        <ul class="warnings">
          {storeProblem !== null && <li>It cannot be written just now: {storeProblem}</li>}
          {setAside !== null && (
            <li>
              Its file was damaged and lies in <code class="long">{setAside}</code>{" "}
              now. Relays register anew by themselves; parties that were in it are gone.
            </li>
          )}
        </ul>
      )}
    </section>
  );
}

function Fact({ title, value }: { readonly title: string; readonly value: string }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{value}</dd>
    </div>
  );
}
