import createClient, { type Middleware } from "openapi-fetch";
import { problemOf } from "./problem";
import type { paths } from "./schema";

const TIMEOUT_MS = 20_000;

/** Every answer that is no success becomes an ApiError; a request without an answer throws TypeError. */
const errors: Middleware = {
  async onResponse({ response }) {
    if (response.ok) return;
    throw problemOf(response.status, await response.json().catch(() => undefined));
  },
};

export const client = createClient<paths>({
  baseUrl: location.origin,
  credentials: "same-origin",
  // With a cookie of SameSite=Strict this keeps other sites from acting in the analyst's name.
  headers: { "X-Requested-With": "ironcore" },
  fetch: (request) => fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT_MS)]) }),
});
client.use(errors);

/** The body of an answer that is known to be a success: the middleware threw for the others. */
export function bodyOf<T>(answer: { data?: T }): T {
  return answer.data as T;
}
