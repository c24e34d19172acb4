/** What the relay's thread and the one of HTTP say to each other. */
import type { SocketAddress } from "../../relay/ports/addresses.ts";
import type { AdminHost, AdminSettings } from "../../relay/ports/admin.ts";
import type { Fields, Level } from "../../relay/ports/log.ts";
import type { StartError } from "../../relay/ports/start_error.ts";
import type { TokenDigest } from "../guard/tokens.ts";
import type { Part } from "../site_host.ts";
import type { PartRow } from "./parts.ts";
import type { QuestionName, Questions } from "./questions.ts";

/** What never changes of a relay. */
export interface FixedFacts
  extends Pick<AdminHost, "build" | "tlsFingerprint" | "startedAt" | "quicPort"> {
  readonly isRegistry: boolean;
}

/** Rows of a part; of several messages the last one says so. */
export type Piece = {
  readonly [Name in Part]: {
    readonly part: Name;
    readonly rows: readonly PartRow<Name>[];
    readonly last: boolean;
  };
}[Part];

/** Answers. */
export type FromDesk =
  | { readonly kind: "pieces"; readonly pieces: readonly Piece[] }
  | { readonly kind: "answer"; readonly id: number; readonly value: unknown }
  | { readonly kind: "failure"; readonly id: number; readonly message: string };

export type FromRelay =
  | { readonly kind: "listen"; readonly settings: Pick<AdminSettings, "listen" | "implied"> }
  | {
    readonly kind: "serve";
    readonly facts: FixedFacts;
    readonly settings: AdminSettings;
    readonly tokens: readonly TokenDigest[];
    /** Time of the relay's clock, which has another origin than that of this thread. */
    readonly now: number;
  }
  | { readonly kind: "settings"; readonly settings: AdminSettings }
  | FromDesk
  | { readonly kind: "close" };

/** Orders. `after` is the number of the last record known, for the parts that are records. */
export type ToDesk =
  | {
    readonly kind: "read";
    readonly parts: readonly { readonly part: Part; readonly after: number }[];
  }
  | {
    readonly [Name in QuestionName]: {
      readonly kind: "ask";
      readonly id: number;
      readonly what: Name;
      readonly args: Parameters<Questions[Name]>;
    };
  }[QuestionName]
  | {
    readonly kind: "log";
    readonly level: Level;
    readonly message: string;
    readonly fields: Fields;
  }
  | { readonly kind: "fault"; readonly error: Error }
  | { readonly kind: "audit"; readonly message: string; readonly fields: Fields };

export type FromHttp =
  /** Messages sent before this one are lost. */
  | { readonly kind: "ready" }
  | { readonly kind: "listening"; readonly addresses: readonly SocketAddress[] }
  | { readonly kind: "serving" }
  | ({ readonly kind: "failed" } & Pick<StartError, "code" | "message" | "exitCode">)
  | ToDesk
  | { readonly kind: "closed" };
