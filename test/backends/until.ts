/** Waits until `look` gives something; throws what it was waiting for, and what it saw last, when the deadline passes. */
export async function until<T>(what: string, look: () => T | undefined | false, deadline = 10_000): Promise<T> {
  const end = performance.now() + deadline;
  for (;;) {
    const seen = look();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() > end) throw new Error(`Not within ${deadline} ms: ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}
