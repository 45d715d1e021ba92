import type { CodeEntry } from '../code.ts';

/** Their names. */
export type ProxyCode =
  'PORT-TAKEN' | 'PORT-ADDRESS' | 'PROXY-MISSING' | 'PROXY-UNUSABLE' | 'PROXY-REFUSED' | 'BACKENDS-NONE';

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
  'PROXY-MISSING': {
    severity: 'error',
    what: 'The program of the proxy is not on this host.',
    why: 'Nothing serves the VIPs here.',
    fix: 'Install it, or name it in `proxy.binary`.',
  },
  'PROXY-UNUSABLE': {
    severity: 'error',
    what: 'The installed program of the proxy cannot be used.',
    why: 'It lacks what its profile needs.',
    fix: 'Install a version that can.',
  },
  'PROXY-REFUSED': {
    severity: 'error',
    what: 'The proxy refuses its own configuration.',
    why: 'It goes on with the former one until it is restarted, and then does not start.',
    fix: 'Mend the line that is named.',
  },
  'BACKENDS-NONE': {
    severity: 'warning',
    what: 'None of the backends of a service is up, as this host sees it.',
    why: 'Clients of the service get an error, or the sorry page.',
    fix: 'See `vipair backends list`.',
  },
};
