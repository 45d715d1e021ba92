import { readdirSync } from 'node:fs';
import { native } from './native.ts';

/**
 * Marks every descriptor from 3 upwards close-on-exec, so that no child process inherits it. Libraries that open
 * descriptors without SOCK_CLOEXEC need this right after opening, before anything can be spawned. What a child is meant
 * to inherit is not affected: spawning duplicates it and the duplicate is not marked.
 */
export function closeOnExec(): void {
  for (const name of readdirSync('/proc/self/fd')) {
    // The descriptor that read the folder is in the list and closed by now; marking it fails with EBADF, harmlessly.
    if (Number(name) >= 3) native().closeOnExec(Number(name));
  }
}
