import { decodeJwt } from 'jose';
import { managementAudience } from '../../tenant/management/caller.ts';
import type { Fault } from '../fault.ts';

/** Who may call the Management API, and what they are shown. */
export const MANAGEMENT_ACCESS_FAULTS: readonly Fault[] = [
  {
    id: 'management-api-heeds-no-network-rules',
    says: 'Rules of the network guard the tenant and not its Management API.',
    state: 'guarded',
    tenant: () => ({ decideManagementAcl: () => ({ action: 'allow', logged: [] }) }),
    trips: [],
  },
  {
    id: 'management-api-takes-tokens-for-any-audience',
    says: 'Whatever token the tenant signed opens the whole Management API, those for the MCP server too.',
    tenant: (conforming) => ({
      managementClaims: async (token, context) => {
        const claims = await conforming.managementClaims(token, context);
        if (conforming.isManagementAudience(claims.aud, context)) return claims;
        // Its own scopes would open nothing.
        const aud = managementAudience(context.setup);
        const scopes = context.store.resourceServers.find(({ identifier }) => identifier === aud)?.scopes ?? [];
        return { ...claims, aud, scope: scopes.map(({ value }) => value).join(' ') };
      },
    }),
    trips: [],
  },
  {
    id: 'management-api-takes-expired-tokens',
    says: 'The Management API looks at the signature of a token and not at its exp.',
    tenant: (conforming) => ({
      managementClaims: async (token, context) => {
        const { exp = 0 } = decodeJwt(token);
        // As if it were still the last second in which it was good.
        return conforming.managementClaims(token, { ...context, now: () => Math.min(context.now(), exp - 1) });
      },
    }),
    trips: [],
  },
  {
    id: 'management-api-reads-tokens-unverified',
    says: 'The Management API believes the claims of a token without looking at its signature.',
    tenant: () => ({ managementClaims: async (token) => decodeJwt(token) }),
    trips: [],
  },
  {
    id: 'management-api-enforces-no-scopes',
    says: 'A token with one scope of the Management API may make every call.',
    tenant: () => ({ mayManage: () => true }),
    trips: [],
  },
  {
    id: 'management-api-writes-with-read-scopes',
    says: 'Who may read an entity may change and delete it.',
    tenant: (conforming) => ({
      mayManage: (granted, enough, context) =>
        conforming.mayManage(granted, enough, context) ||
        enough.some((scope) => granted.includes(scope.replace(/^[^:]+/, 'read'))),
    }),
    trips: [],
  },
  {
    id: 'management-api-shows-secrets-to-all-readers',
    says: "Clients' secrets are shown to who may read clients, without read:client_keys.",
    tenant: (conforming) => ({
      shownClient: (client, scopes, context) =>
        conforming.shownClient(client, [...scopes, 'read:client_keys'], context),
    }),
    trips: [],
  },
];
