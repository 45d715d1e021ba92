import type { CodeEntry } from '../code.ts';

/** Their names. */
export type ProxyCode = 'PORT-TAKEN' | 'PORT-ADDRESS';

/** Codes about the proxy, its ports, and what is behind it. */
export const PROXY_CODES: Readonly<Record<ProxyCode, CodeEntry>> = {
  'PORT-TAKEN': {
    severity: 'error',
    what: 'Another program listens where the proxy is to listen.',
    why: 'The proxy cannot start or reload, or shares its connections with a stranger.',
    fix: 'Stop that program and disable its unit.',
  },
  'PORT-ADDRESS': {
    severity: 'error',
    what: 'The proxy is to listen on an address that this host cannot bind.',
    why: 'On the host that does not hold the VIP the proxy does not start.',
    fix: 'Set `ip_nonlocal_bind`, let the proxy listen on all addresses, or use `mode: managed`.',
  },
};
