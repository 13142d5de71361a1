import { broken, documentCheck, seen, showMember, skip, withFlag, withIssuerDocument } from './document.ts';

const CIMD = 'client_id_metadata_document_supported';
const ISS = 'authorization_response_iss_parameter_supported';

export const advertisesIssInAuthorizationResponses = documentCheck({
  id: 'issuer-metadata/advertises-iss-in-authorization-responses',
  title: 'Advertises that its authorization responses carry iss',
  // MCP recommends to send it; who sends it advertises it (RFC 9207 2.3).
  keyword: 'SHOULD',
  since: '2026-07-28',
  severity: 'medium',
  requirements: ['MCP-as-iss-in-success', 'MCP-as-iss-advertised', 'RFC9207-2.3-flag-set', 'AUTH0-iss-parameter'],
  expected: `${ISS}: true`,
  reasons: {
    'not-advertised': {
      says: 'The metadata does not say that authorization responses carry iss, which protects clients of several servers from mix-up attacks.',
      fix: {
        general: `Send iss in success and error responses (RFC 9207), then set ${ISS} to true in the metadata.`,
        auth0: {
          text: 'Switch on Include Issuer in Authorization Responses; it is off by default.',
          dashboard: 'Settings > Advanced > Include Issuer in Authorization Responses',
          command: `auth0 api patch tenants/settings --data '{"${ISS}": true}'`,
        },
      },
    },
  },
  rule({ document }) {
    if (document.authorization_endpoint === undefined) return skip('it has no authorization endpoint');
    return withFlag(document, ISS, (supported) =>
      supported ? seen(showMember(document, ISS)) : broken('not-advertised', showMember(document, ISS)),
    );
  },
  fails: { 'not-advertised': ['off', { [ISS]: false }] },
});

export const advertisesClientIdMetadataDocuments = documentCheck({
  id: 'issuer-metadata/advertises-client-id-metadata-documents',
  title: 'Advertises client ID metadata documents',
  keyword: 'SHOULD',
  since: '2025-11-25',
  severity: 'medium',
  requirements: ['MCP-as-cimd-support', 'MCP-as-cimd-advertised', 'CIMD-5-metadata-flag', 'AUTH0-cimd-advertised'],
  expected: `${CIMD}: true`,
  reasons: {
    'not-advertised': {
      says: 'The metadata does not say that the authorization server takes client ID metadata documents, the way by which MCP clients that nobody registered get in.',
      fix: {
        general: `Support client ID metadata documents and set ${CIMD} to true; clients try none where the flag is missing. Where every client is registered beforehand, nothing is to be done.`,
        auth0: {
          text: 'Switch on Client ID Metadata Document Registration. With manual registration, import the document of each client as well: the flag alone lets none in.',
          dashboard: 'Settings > Advanced > Client ID Metadata Document Registration',
          command: `auth0 api patch tenants/settings --data '{"${CIMD}": true}'`,
        },
      },
    },
  },
  rule({ document, facts: { policy } }) {
    if (document.authorization_endpoint === undefined) return skip('it has no authorization endpoint');
    if (policy.registration === 'closed') return skip('the operator registers every client beforehand');
    return withFlag(document, CIMD, (supported) =>
      supported ? seen(showMember(document, CIMD)) : broken('not-advertised', showMember(document, CIMD)),
    );
  },
  fails: { 'not-advertised': ['off', { [CIMD]: false }] },
});

export const offersClientsAWayIn = documentCheck({
  id: 'issuer-metadata/offers-clients-a-way-in',
  title: 'Offers clients a way in that needs no operator',
  // Before 2025-11-25 dynamic registration is recommended; since then clients registered beforehand are a choice too.
  keyword: { '2025-06-18': 'SHOULD', '2025-11-25': 'ADVICE' },
  severity: 'medium',
  requirements: ['MCP-as-dcr-support', 'MCP-as-cimd-support', 'AUTH0-dcr-metadata-not-proof'],
  expected: `${CIMD} or registration_endpoint`,
  reasons: {
    closed: {
      says: 'The metadata names neither client ID metadata documents nor a registration endpoint: only clients that an operator registered beforehand get in.',
      fix: {
        general:
          'Support client ID metadata documents, or dynamic registration for older clients. If all clients are registered beforehand, write policy.registration: closed into the profile.',
        auth0: {
          text: 'Prefer client ID metadata documents; dynamic registration is open to everybody when it is on.',
          dashboard: 'Settings > Advanced > Client ID Metadata Document Registration',
          command: `auth0 api patch tenants/settings --data '{"${CIMD}": true}'`,
        },
      },
    },
  },
  rule({ document, facts: { policy, provider } }) {
    if (document.authorization_endpoint === undefined) return skip('it has no authorization endpoint');
    if (policy.registration === 'closed') return skip('the operator registers every client beforehand');
    return withFlag(document, CIMD, (supported) => {
      const registration = document.registration_endpoint !== undefined;
      if (!supported && !registration)
        return broken('closed', `${showMember(document, CIMD)}, no registration_endpoint`);
      const proof = provider === 'auth0' ? ' (Auth0 names it also when registration is off)' : ' (named, not tried)';
      return seen(
        [
          ...(supported ? ['client ID metadata documents'] : []),
          ...(registration ? [`a registration endpoint${proof}`] : []),
        ].join(' and '),
      );
    });
  },
  passes: [['registration alone', withIssuerDocument({ [CIMD]: undefined })]],
  fails: { closed: ['neither', { [CIMD]: false, registration_endpoint: undefined }] },
});

export const advertisedChecks = [
  advertisesIssInAuthorizationResponses,
  advertisesClientIdMetadataDocuments,
  offersClientsAWayIn,
];
