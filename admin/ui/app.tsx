/** The view that is open, or why there is none. */
import { useEffect, useRef } from "preact/hooks";
import { connection } from "./connection.ts";
import { TokenForm } from "./parts/token.tsx";
import { Empty } from "./parts/states.tsx";
import { route, TITLES, type View } from "./route.ts";
import { Shell } from "./shell.tsx";
import { overview } from "./store.ts";
import { CallsView } from "./views/calls.tsx";
import { ConfigView } from "./views/config.tsx";
import { DirectoryView } from "./views/directory.tsx";
import { LogsView } from "./views/logs.tsx";
import { MeshView } from "./views/mesh.tsx";
import { MetricsView } from "./views/metrics.tsx";
import { OverviewView } from "./views/overview.tsx";
import { RegistryView } from "./views/registry.tsx";
import { RoomsView } from "./views/rooms.tsx";
import { TapView } from "./views/tap.tsx";
import { UdpRelayView } from "./views/udp_relay.tsx";

const VIEW_OF: Readonly<Record<View, () => preact.JSX.Element>> = {
  overview: OverviewView,
  mesh: MeshView,
  rooms: RoomsView,
  calls: CallsView,
  tap: TapView,
  directory: DirectoryView,
  registry: RegistryView,
  "udp-relay": UdpRelayView,
  logs: LogsView,
  config: ConfigView,
  metrics: MetricsView,
};

export function App() {
  const { view } = route.value;
  const title = useRef<HTMLHeadingElement>(null);
  const first = useRef(true);
  useEffect(() => {
    // Who came here by a link goes on reading here; at the start the focus stays where the browser has it.
    if (!first.current) title.current?.focus();
    first.current = false;
  }, [view]);
  const Content = VIEW_OF[view];
  const now = connection.value;
  return (
    <Shell>
      <h1 ref={title} tabindex={-1}>{TITLES[view]}</h1>
      {now.state === "needs_token"
        ? <NeedsToken refused={now.refused} />
        : now.state === "lost" && overview.value === null
        ? <Unreachable />
        : <Content key={view} />}
    </Shell>
  );
}

function NeedsToken({ refused }: { readonly refused: boolean }) {
  return (
    <section class="gate" aria-labelledby="gate">
      <h2 id="gate">{refused ? "This token is not accepted" : "This relay asks for its token"}</h2>
      <p>
        From its own machine the console can be read without one. From elsewhere, or through a
        proxy, the relay wants to know that you are its operator.
      </p>
      <TokenForm onDone={() => {}} />
    </section>
  );
}

function Unreachable() {
  return (
    <Empty title="The relay does not answer">
      <p>The page appears by itself as soon as it does.</p>
    </Empty>
  );
}
