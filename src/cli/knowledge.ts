import type { Knowledge } from '../watchdog/settings.ts';

/** What a watchdog may ask: users of this host, and the proxies that this program knows. */
export const knowledge: Knowledge = {
  uidOf: async (name) => {
    const { findUser } = await import('../linux/user.ts');
    return (await findUser(name))?.uid;
  },
  profileOf: async (process) => {
    const { profiles } = await import('../../profiles/registry.ts');
    return Object.values(profiles).find(({ processName }) => processName === process);
  },
};
