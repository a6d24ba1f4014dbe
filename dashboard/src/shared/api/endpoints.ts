import type { ThreatFilter } from "@/shared/filter/filter";
import { bodyOf, client } from "./client";
import type * as Api from "./types";

/** Every request that the dashboard makes, one function each. */
const PAGE_ITEMS = 200;

export type Dimension = "severity" | "threat_class" | "status" | "entity" | "dst_port";

export const getMe = async (signal: AbortSignal): Promise<Api.Me> =>
  bodyOf(await client.GET("/api/v1/auth/me", { signal }));

export const signIn = async (body: Api.TokenRequest): Promise<void> => {
  await client.POST("/api/v1/auth/token", { body });
};

export const refreshSession = async (): Promise<void> => {
  await client.POST("/api/v1/auth/refresh");
};

export const signOut = async (): Promise<void> => {
  await client.POST("/api/v1/auth/logout");
};

export const getThreats = async (
  filter: ThreatFilter,
  cursor: string | null,
  signal: AbortSignal,
  limit = PAGE_ITEMS,
): Promise<Api.Threats> =>
  bodyOf(await client.GET("/api/v1/threats", { params: { query: { ...filter, cursor, limit } }, signal }));

export const getGroups = async (
  filter: ThreatFilter,
  cursor: string | null,
  signal: AbortSignal,
): Promise<Api.Groups> =>
  bodyOf(
    await client.GET("/api/v1/threats/groups", { params: { query: { ...filter, cursor, limit: PAGE_ITEMS } }, signal }),
  );

export const getCounts = async (filter: ThreatFilter, by: Dimension[], signal: AbortSignal): Promise<Api.Counts> =>
  bodyOf(await client.GET("/api/v1/threats/counts", { params: { query: { ...filter, by } }, signal }));

export const getTimeline = async (filter: ThreatFilter, buckets: number, signal: AbortSignal): Promise<Api.Timeline> =>
  bodyOf(await client.GET("/api/v1/threats/timeline", { params: { query: { ...filter, buckets } }, signal }));

/** The answer would be OCSF with `format=ocsf`, which is not asked for. */
export const getThreat = async (threat_id: string, signal: AbortSignal): Promise<Api.ThreatDetail> =>
  bodyOf(
    await client.GET("/api/v1/threats/{threat_id}", { params: { path: { threat_id } }, signal }),
  ) as Api.ThreatDetail;

export const getEntity = async (entity: string, signal: AbortSignal): Promise<Api.Entity> =>
  bodyOf(await client.GET("/api/v1/entities/{entity}", { params: { path: { entity } }, signal }));

export const getLinks = async (filter: ThreatFilter, signal: AbortSignal): Promise<Api.Links> =>
  bodyOf(await client.GET("/api/v1/entities/links", { params: { query: filter }, signal }));

export const postTriage = async (body: Api.TriageRequest): Promise<Api.TriageResult> =>
  bodyOf(await client.POST("/api/v1/triage", { body }));

export const getSuppressions = async (signal: AbortSignal): Promise<Api.Suppression[]> =>
  bodyOf(await client.GET("/api/v1/suppressions", { signal })).items;

export const postSuppression = async (match: Api.Match, reason: string, expires_time: number): Promise<void> => {
  await client.POST("/api/v1/suppressions", { body: { match, reason, expires_time } });
};

export const previewSuppression = async (
  match: Api.Match,
  window_s: number,
  signal: AbortSignal,
): Promise<Api.Preview> =>
  bodyOf(await client.POST("/api/v1/suppressions/preview", { body: { match, window_s }, signal }));

export const deleteSuppression = async (suppression_id: number): Promise<void> => {
  await client.DELETE("/api/v1/suppressions/{suppression_id}", { params: { path: { suppression_id } } });
};
