/** Every part of the site. */
import { apiRoutes } from "./api/routes.ts";
import type { Routes } from "./app.ts";
import { consoleRoutes } from "./console.ts";
import { healthRoutes } from "./health.ts";
import { metricsRoutes } from "./metrics/routes.ts";
import { originalRoutes } from "./original/routes.ts";
import { registryRoutes } from "./registry/routes.ts";

/** Of two that have the same path the first answers. */
export const ROUTES: readonly Routes[] = [
  healthRoutes,
  originalRoutes,
  metricsRoutes,
  registryRoutes,
  apiRoutes,
  consoleRoutes,
];
