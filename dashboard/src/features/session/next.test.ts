import { expect, it } from "vitest";
import { codeOf, safeNext } from "./next";

it.each([
  ["?next=%2Ftriage%3Fseverity%3Dhigh", "/triage?severity=high"],
  ["?next=https%3A%2F%2Fevil.example", "/"],
  ["?next=%2F%2Fevil.example", "/"],
  ["?next=%2F%5Cevil.example", "/"],
  ["?next=%2Flogin", "/"],
  ["", "/"],
])("after %s comes %s", (search, path) => expect(safeNext(search)).toBe(path));

it("takes the code from behind the hash", () => {
  expect(codeOf("#code=b")).toBe("b");
  expect(codeOf("")).toBeNull();
});
