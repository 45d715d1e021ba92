import { can } from '../../src/proxy/features.ts';
import type { Features } from '../../src/proxy/features.ts';
import type { FrontModel } from '../../src/proxy/model.ts';
import { refusalsOf, refuseModel } from '../../src/proxy/refusal.ts';
import type { Refusal } from '../../src/proxy/refusal.ts';
import { parseAddress } from '../../src/wire/address.ts';
import { remembered } from '../remembered.ts';

/** What of a model HAProxy cannot express. */
export const refuse: (model: FrontModel, features: Features) => readonly Refusal[] = remembered(judge);

function judge(model: FrontModel, features: Features): readonly Refusal[] {
  if (features.unusable !== undefined) return [{ service: undefined, path: 'proxy.binary', reason: features.unusable }];
  const general = refuseModel(model);
  if (general.length > 0) return general;
  return model.services.flatMap((service) =>
    refusalsOf(service, (tell) => {
      const { serverTls, check, servers, sorry } = service;
      const needsTls = serverTls !== undefined || check?.type === 'https';
      if (needsTls && !can(features, 'tls')) tell('tls', 'this HAProxy was built without TLS');
      const isNameless = serverTls?.verify === true && serverTls.serverName === undefined;
      if (isNameless && servers.some(({ host }) => parseAddress(host) !== undefined))
        tell('tls.server_name', 'is missing; HAProxy compares no certificate with an address');
      if (sorry?.kind === 'server' && servers.filter(({ backup }) => backup).length > 1)
        tell(
          'sorry',
          'HAProxy takes all backup servers at once or one after the other, so a sorry server has one at most beside it',
        );
    }),
  );
}
