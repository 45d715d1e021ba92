import { quote } from './report.ts';

/**
 * What things may be called. Names become keys, metric labels, words on a command line and parts of other programs'
 * configuration, so they are plain. A name made of digits alone is refused because JavaScript would sort it first.
 */

/** Why a text is no node name (a DNS label, RFC 1123 2.1, with a letter in it); `undefined` when it is one. */
export function refuseNodeName(name: string): string | undefined {
  const isLabel = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(name) && /[a-z]/i.test(name);
  if (isLabel) return undefined;
  const short = name.includes('.') ? ` such as ${quote(name.split('.')[0])}` : ' such as "lb1"';
  return `is no host name; write letters, digits and "-", at most 63, with a letter among them,${short}`;
}

/** Why a text is no name of a VIP or a service; `undefined` when it is one. */
export function refuseName(name: string): string | undefined {
  if (/^[a-z0-9][a-z0-9._-]{0,62}$/i.test(name) && /[a-z]/i.test(name)) return undefined;
  return 'is no name; write letters, digits and "-", "_" or ".", at most 63, with a letter among them, such as "web-1"';
}

/** Why a text is no interface name (dev_valid_name() of Linux: 15 bytes, no slash, no blank); `undefined` when it is. */
export function refuseInterface(name: string): string | undefined {
  if (name === '') return 'the name is empty; write an interface, such as eth0';
  if (name.length > 15) return `${quote(name)} is longer than the 15 characters of an interface name`;
  if (/^[\w.@=+,~-]+$/.test(name) && name !== '.' && name !== '..') return undefined;
  return `${quote(name)} has characters that no interface name has; write one, such as eth0`;
}

/** Why a text is no name of a backend in a proxy's configuration; `undefined` when it is one. */
export function refuseServerName(name: string): string | undefined {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(name)) return undefined;
  return `${quote(name)} is no name of a backend; write letters, digits and "-", "_" or ".", at most 63, such as app-1`;
}
