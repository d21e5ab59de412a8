import { useEffect, useRef, useState } from "react";

const DURATION_MS = 600;

/** Moves a shown number to its new value; at once for people who asked for less motion. */
export function useTween(target: number): number {
  const [shown, setShown] = useState(target);
  const from = useRef(target);
  useEffect(() => {
    const start = from.current;
    if (start === target || matchMedia("(prefers-reduced-motion: reduce)").matches) {
      from.current = target;
      setShown(target);
      return;
    }
    const startedAt = performance.now();
    let frame = requestAnimationFrame(function step(now) {
      const part = Math.min(1, (now - startedAt) / DURATION_MS);
      const value = start + (target - start) * (1 - (1 - part) ** 3);
      from.current = part === 1 ? target : value;
      setShown(from.current);
      if (part < 1) frame = requestAnimationFrame(step);
    });
    return () => cancelAnimationFrame(frame);
  }, [target]);
  return shown;
}
