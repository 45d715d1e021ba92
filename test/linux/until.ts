/** Waits until `look` says yes; throws what it was waiting for when the deadline passes. */
export async function until(what: string, look: () => boolean, deadline = 10_000): Promise<void> {
  const end = performance.now() + deadline;
  while (!look()) {
    if (performance.now() > end) throw new Error(`Not within ${deadline} ms: ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 1);
    });
  }
}
