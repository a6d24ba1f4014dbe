/** An answer that is no success, after RFC 9457; `detail` is written for people. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
  ) {
    super(detail);
    this.name = "ApiError";
  }
}

const WORDS: Record<number, string> = {
  401: "You are not signed in.",
  403: "Your role does not allow this.",
  404: "There is nothing under this address.",
  409: "Somebody else changed it meanwhile.",
  429: "Too many requests; wait a moment.",
  503: "The service cannot answer now; it will be tried again.",
};

/** Make an error of a response's body, whatever that is. */
export function problemOf(status: number, body: unknown): ApiError {
  const detail = typeof body === "object" && body !== null && "detail" in body ? body.detail : undefined;
  const words = WORDS[status] ?? `The service answered with status ${status}.`;
  return new ApiError(status, typeof detail === "string" && detail !== "" ? detail : words);
}

/** What to tell a person about any error. */
export function messageOf(error: unknown): string {
  if (error instanceof ApiError) return error.detail;
  if (error instanceof TypeError) return "The service cannot be reached.";
  return error instanceof Error ? error.message : "Something went wrong.";
}

/** Whether asking again may help. */
export function isPassing(error: unknown): boolean {
  return error instanceof ApiError ? error.status >= 500 : error instanceof TypeError;
}
