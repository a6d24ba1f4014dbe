import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { postTriage } from "@/shared/api/endpoints";
import { ApiError } from "@/shared/api/problem";
import { Notices } from "@/shared/ui/Notices";
import { requestOf, resultWords } from "./act";
import { CloseDialog } from "./CloseDialog";

vi.mock("@/shared/api/endpoints");

function show(onClose: () => void): void {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <CloseDialog target={{ threat_ids: ["id-1"], version: 3 }} onClose={onClose} />
      <Notices />
    </QueryClientProvider>,
  );
}

describe("acts", () => {
  it("are asked for by name or by filter", () => {
    expect(requestOf("note", { threat_ids: ["a"], version: 2 }, { note: "x" })).toEqual({
      action: "note",
      threat_ids: ["a"],
      version: 2,
      note: "x",
    });
    expect(requestOf("acknowledge", { filter: { status: ["new"] }, total: 5 }, {})).toEqual({
      action: "acknowledge",
      filter: { status: ["new"] },
    });
  });

  it("tell all that became of them", () => {
    expect(resultWords("close", { changed: 1, unchanged: 2, missing: ["x"] })).toBe(
      "1 threat closed; 2 were so already; 1 are gone.",
    );
    expect(resultWords("close", { changed: 10_000, unchanged: 0, missing: [] })).toContain("repeat it");
  });
});

describe("closing", () => {
  it("needs a verdict, and sends it with the reason and the version that was seen", async () => {
    const onClose = vi.fn();
    vi.mocked(postTriage).mockResolvedValue({ changed: 1, unchanged: 0, missing: [] });
    show(onClose);
    const close = screen.getByRole("button", { name: "Close" });
    expect(close).toHaveProperty("disabled", true);
    await userEvent.click(screen.getByLabelText(/False positive/));
    await userEvent.type(screen.getByLabelText("Reason"), "  known scanner ");
    await userEvent.click(close);
    expect(vi.mocked(postTriage).mock.calls[0]?.[0]).toEqual({
      action: "close",
      threat_ids: ["id-1"],
      version: 3,
      verdict: "false_positive",
      reason: "known scanner",
    });
    expect(onClose).toHaveBeenCalledOnce();
    expect(await screen.findByText("1 threat closed.")).toBeTruthy();
  });

  it("tells when somebody was quicker", async () => {
    vi.mocked(postTriage).mockRejectedValue(new ApiError(409, "It is at version 4."));
    show(vi.fn());
    await userEvent.click(screen.getByLabelText(/Undetermined/));
    await userEvent.click(screen.getByRole("button", { name: "Close" }));
    expect(await screen.findByText(/Not changed: It is at version 4/)).toBeTruthy();
  });
});
