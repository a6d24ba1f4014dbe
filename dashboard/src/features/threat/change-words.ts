import type { Change } from "@/shared/api/types";
import { verdictWords } from "@/shared/domain/words";

/** What somebody did, after their name. */
export function changeWords(change: Change): string {
  switch (change.action) {
    case "acknowledge":
      return "acknowledged it";
    case "assign":
      return change.assignee ? `assigned it to ${change.assignee}` : "took it from its assignee";
    case "close":
      return `closed it as ${verdictWords(change.verdict ?? "undetermined").toLowerCase()}`;
    case "reopen":
      return "reopened it";
    case "note":
      return "wrote a note";
  }
}
