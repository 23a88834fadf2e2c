import { expect, it, type Mock, vi } from "vitest";
import { excessOf, Moves } from "./moves.ts";
import type { ViewerSocket } from "./sockets/viewer-server.ts";

function socket(): ViewerSocket & {
  readonly emit: Mock<ViewerSocket["emit"]>;
  readonly close: Mock<ViewerSocket["close"]>;
} {
  return {
    on: () => {},
    onClose: () => {},
    emit: vi.fn<ViewerSocket["emit"]>(),
    close: vi.fn<ViewerSocket["close"]>(),
  };
}

it("asks nobody to move while pods are about alike, or small, or alone", () => {
  expect(excessOf(1_200, [1_000, 1_000], 5_000)).toBe(0);
  expect(excessOf(150, [10, 10], 5_000)).toBe(0);
  expect(excessOf(10_000, [], 5_000)).toBe(0);
});

it("asks a hundredth a second, and never more than is too many", () => {
  expect(excessOf(10_000, [1_000, 1_000], 5_000)).toBe(500);
  expect(excessOf(1_300, [900, 900], 60_000)).toBe(267);
});

it("asks as many as wanted, each once", () => {
  let seed = 1;
  const random = (): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const counts: number[] = [];
  const moves = new Moves(0, random, (count) => counts.push(count));
  const sockets = Array.from({ length: 1_000 }, socket);
  for (const one of sockets) moves.enter(one, one, 0);
  moves.ask(50, 0);
  expect(counts).toEqual([50]);
  expect(sockets.filter(({ emit }) => emit.mock.calls.length > 0)).toHaveLength(50);
  moves.askAll(60_000);
  for (const { emit } of sockets) expect(emit).toHaveBeenLastCalledWith("move", expect.anything());
});

it("asks whoever has been here for long, at moments of their own", () => {
  const moves = new Moves(
    1_000,
    () => 0.5,
    () => {},
  );
  const one = socket();
  moves.enter(one, one, 0);
  moves.ask(0, 999);
  expect(one.emit).not.toHaveBeenCalled();
  moves.ask(0, 1_000);
  moves.ask(0, 2_000);
  expect(one.emit).toHaveBeenCalledTimes(1);
});

it("closes a replaced socket at once, but lets one that was asked to move overlap for 30 s", () => {
  vi.useFakeTimers();
  try {
    const moves = new Moves(
      0,
      () => 0.5,
      () => {},
    );
    const [plain, moving] = [socket(), socket()];
    moves.enter(plain, plain, 0);
    moves.replaced(plain);
    expect(plain.close).toHaveBeenCalled();
    moves.enter(moving, moving, 0);
    moves.askAll(1_000);
    moves.replaced(moving);
    vi.advanceTimersByTime(29_999);
    expect(moving.close).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(moving.close).toHaveBeenCalled();
  } finally {
    vi.useRealTimers();
  }
});
