import { quote } from './report.ts';
import type { Refused } from './subnet.ts';

/** Names of files and places in URLs as the user writes them. They end up in other programs' configuration. */

/** An absolute path of printable ASCII without blanks, quotes and what separates words of a configuration. */
export function readFilePath(path: string, example: string): string | Refused {
  if (/^\/[\w.,+@:=/~*?-]{1,4000}$/.test(path) && !path.split('/').includes('..')) return path;
  return { refused: `${quote(path)} is no absolute path of plain characters; write it such as ${example}` };
}

/** RFC 3986 3.3 and 3.4: path and query, nothing that could end the request line. */
export function readUrlPath(path: string): string | Refused {
  if (/^\/[\w\-.~!$&'()*+,;=:@%/?]{0,1000}$/.test(path)) return path;
  return { refused: `${quote(path)} is no path of a URL; write it such as /healthz` };
}

/** An http or https URL without user name, password and fragment, in canonical form. */
export function readUrl(text: string, example: string): string | Refused {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (url === undefined || !isWeb || /[\u0000-\u0020\u007f-\uffff]/.test(text) || text.length > 2000) {
    return { refused: `${quote(text)} is no http or https URL; write it such as ${example}` };
  }
  if (url.username !== '' || url.password !== '') {
    return { refused: 'has a user name or password in the URL, which logs would show; leave it out' };
  }
  return url.hash === '' ? url.href : { refused: `${quote(text)} has a fragment, which no server sees; leave it out` };
}
