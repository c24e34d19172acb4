/** What is around every view: the way to the others, how the connection stands, and messages. */
import { effect } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { announced, dismiss, notices } from "./announce.ts";
import { token } from "./api.ts";
import { connection, retryNow } from "./connection.ts";
import { Dialog } from "./parts/dialog.tsx";
import { Icon } from "./parts/icon.tsx";
import { TokenForm } from "./parts/token.tsx";
import { count } from "./model/format.ts";
import { askingToken, operate } from "./operate.ts";
import { href, route, TITLES, type View, VIEWS } from "./route.ts";
import { calls, log, mesh, overview, ownLabel, rooms, tick } from "./store.ts";
import { tapping } from "./tapping.ts";
import { theme, THEMES } from "./theme.ts";

export function Shell({ children }: { readonly children: ComponentChildren }) {
  return (
    <>
      <a class="skip" href="#content" onClick={toContent}>Skip to content</a>
      <header class="top">
        <p class="brand">
          <Icon name="mark" />
          <span>
            wzp-relay
            {ownLabel.value && <bdi class="own-label">{ownLabel.value}</bdi>}
          </span>
        </p>
        <nav aria-label="Views">
          <ul>{VIEWS.map((view) => <NavItem key={view} view={view} />)}</ul>
        </nav>
        <div class="top-end">
          <ConnectionMark />
          <button
            type="button"
            class="quiet"
            aria-label={token.value === null ? "Enter token" : "Token set"}
            onClick={() => askingToken.value = { why: "" }}
          >
            <Icon name="key" />
            <span class="token-words" aria-hidden="true">
              {token.value === null ? "Enter token" : "Token set"}
            </span>
          </button>
          <ThemeSwitch />
        </div>
      </header>
      <main id="content" tabindex={-1}>
        <Banners />
        {children}
      </main>
      <p class="unseen" role="status">{announced}</p>
      <Notices />
      {askingToken.value !== null && (
        <Dialog
          title="Admin token"
          onClose={() => askingToken.value = null}
        >
          {askingToken.value.why !== "" && <p>{askingToken.value.why}</p>}
          <TokenForm focused onDone={() => askingToken.value = null} />
        </Dialog>
      )}
    </>
  );
}

/** The address names the view, so the link cannot lead to a place in the page. */
function toContent(event: Event): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

function NavItem({ view }: { readonly view: View }) {
  const current = route.value.view === view;
  const number = counts(view);
  const item = useRef<HTMLLIElement>(null);
  useEffect(() => {
    // On a narrow page the views are a line that scrolls.
    if (current) item.current?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [current]);
  return (
    <li ref={item}>
      <a href={href(view)} aria-current={current ? "page" : undefined}>
        {TITLES[view]}
        {number !== null && <span class="nav-count">{number}</span>}
      </a>
    </li>
  );
}

function counts(view: View): ComponentChildren {
  switch (view) {
    case "mesh":
      return mesh.value?.relays.length ?? null;
    case "rooms":
      return rooms.value?.length ?? null;
    case "calls":
      return calls.value?.length ?? null;
    case "tap": {
      const active = overview.value?.activeTaps.length ?? 0;
      return active > 0 ? <b class="alert">{active} active</b> : null;
    }
    case "logs": {
      const bad = log.value.items.filter(({ level }) => level === "error").length;
      return bad > 0 ? <b class="alert">{count(bad, "error")}</b> : null;
    }
    default:
      return null;
  }
}

function ConnectionMark() {
  const now = connection.value;
  const words = {
    connecting: "connecting",
    live: overview.value?.state ?? "live",
    lost: "disconnected",
    needs_token: "needs token",
  }[now.state];
  return (
    <p class={`connection ${now.state} ${now.state === "live" ? words : ""}`}>
      <span class="dot" aria-hidden="true" />
      {words}
    </p>
  );
}

function ThemeSwitch() {
  return (
    <fieldset class="theme">
      <legend class="unseen">Colours</legend>
      {THEMES.map((one) => (
        <label key={one}>
          <input
            type="radio"
            name="theme"
            checked={theme.value === one}
            onChange={() => theme.value = one}
          />
          <span>{one}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Banners() {
  const now = connection.value;
  void tick.value;
  const taps = overview.value?.activeTaps ?? [];
  return (
    <>
      {now.state === "lost" && (
        <p class="banner lost">
          <span>
            <b>Disconnected.</b>{" "}
            {now.why.replace(/\.$/, "")}. What is shown may be old; trying again{" "}
            {soon(now.retryAt)}.
          </span>
          <button type="button" onClick={retryNow}>Try now</button>
        </p>
      )}
      {overview.value?.state === "draining" && (
        <p class="banner draining">
          <span>
            <b>Draining.</b> Nobody can join; the relay ends when the last has left.
          </span>
        </p>
      )}
      {taps.map(({ id, room }) => (
        <p key={id} class="banner tapped">
          <span>
            <b>Debug tap active</b> on {room === null ? "all rooms" : <bdi>{room}</bdi>}
            {tapping.value?.tap?.id === id && " (yours)"}: packet headers are being watched.
          </span>
          <button
            type="button"
            onClick={() => void operate(`taps/${encodeURIComponent(id)}`, {}, "DELETE")}
          >
            End it
          </button>
        </p>
      ))}
    </>
  );
}

function soon(at: number): string {
  const seconds = Math.ceil((at - Date.now()) / 1_000);
  return seconds <= 1 ? "now" : `in ${seconds} s`;
}

function Notices() {
  return (
    <div class="notices" role="status" aria-label="Messages">
      {notices.value.map(({ id, ok, text }) => (
        <p key={id} class={ok ? "" : "failed"}>
          <span>
            {!ok && <b>Not done:</b>} {text}
          </span>
          <button type="button" class="quiet" aria-label="Dismiss" onClick={() => dismiss(id)}>
            <Icon name="close" />
          </button>
        </p>
      ))}
    </div>
  );
}

/** The title of the window names the view and the relay. */
effect(() => {
  const parts = [route.value.of, TITLES[route.value.view], ownLabel.value, "wzp-relay"];
  document.title = parts.filter((part) => part !== null && part !== "").join(" \u00b7 ");
});
