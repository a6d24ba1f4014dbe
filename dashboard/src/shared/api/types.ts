import type { Readable } from "openapi-typescript-helpers";
import type { components } from "./schema";

/** Short names for the API's models; `schema.ts` is generated from its OpenAPI document. */
type Models = { [Name in keyof components["schemas"]]: Readable<components["schemas"][Name]> };

export type Action = Models["Action"];
export type Attack = Models["Attack"];
export type Change = Models["Change"];
export type Contribution = Models["Contribution"];
export type Counts = Models["Counts"];
export type Entity = Models["Entity"];
export type Group = Models["Group"];
export type Groups = Models["Groups"];
export type Latency = Models["Latency"];
export type Links = Models["Links"];
export type Match = Models["Match"];
export type Me = Models["Me"];
export type Preview = Models["Preview"];
export type RiskPoint = Models["RiskPoint"];
export type Stats = Models["Stats"];
export type Status = Models["Status"];
export type Suppression = Models["Suppression"];
export type Threat = Models["Threat"];
export type ThreatClass = Models["ThreatClass"];
export type ThreatDetail = Models["ThreatDetail"];
export type ThreatItem = Models["ThreatItem"];
export type Threats = Models["Threats"];
export type Timeline = Models["Timeline"];
export type TokenRequest = Models["TokenRequest"];
export type Triage = Models["Triage"];
export type TriageRequest = Models["TriageRequest"];
export type TriageResult = Models["TriageResult"];

export type ServerFrame =
  | Models["HelloFrame"]
  | Models["ThreatsFrame"]
  | Models["TriageFrame"]
  | Models["GapFrame"]
  | Models["StatsFrame"]
  | Models["PingFrame"];
export type ClientFrame = Models["FilterFrame"] | Models["PongFrame"];
