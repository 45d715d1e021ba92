import type { BackendSourceConfig } from '../../config/backendconfig.ts';
import type { Clock } from '../clock.ts';
import { dnsSource } from './dns.ts';
import { etcdSource } from './etcd.ts';
import { fileSource } from './file.ts';
import type { BackendSource } from './source.ts';
import { urlSource } from './url.ts';

/** The source for an entry of `sources`; it does nothing before `start`. */
export function openSource(config: BackendSourceConfig, clock: Clock): BackendSource {
  switch (config.kind) {
    case 'file':
      return fileSource(config, clock);
    case 'dns':
      return dnsSource(config, clock);
    case 'url':
      return urlSource(config, clock);
    case 'etcd':
      return etcdSource(config, clock);
  }
}
