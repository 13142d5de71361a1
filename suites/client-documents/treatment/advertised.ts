import { placesOf } from '../../authorization/requests.ts';
import { checks, defineCheck, fail, notApplicable, pass, untested } from '../../check.ts';
import { golden } from '../../golden.ts';
import { errorPage } from '../../golden-authorization.ts';
import { consentPage, controlled } from '../../golden-documents.ts';
import { endOf, taken, withoutHost } from './clients.ts';

export const doesAsItsMetadataSays = defineCheck({
  id: 'client-documents/does-as-its-metadata-says',
  title: 'Takes clients by metadata document where its metadata says so, and only there',
  // Who imports documents by hand, or names the hosts they may come from, does nothing wrong (MCP: trust policies).
  keyword: { '2025-11-25': 'ADVICE' },
  severity: 'low',
  party: 'authorization-server',
  pillar: 'client-registration',
  requirements: [
    'C37',
    'CIMD-5-metadata-flag',
    'CIMD-4-fetch',
    'MCP-as-cimd-advertised',
    'MCP-as-cimd-fetch',
    'AUTH0-cimd-dynamic-first-use',
    'AUTH0-cimd-manual-unknown',
  ],
  assurance: 'sign-in',
  needs: ['documentClients'],
  reasons: {
    'not-said': {
      says: 'Clients are taken by their metadata document, though the metadata of the authorization server does not say so: no client will try.',
      fix: {
        general: 'Put "client_id_metadata_document_supported": true into the metadata, or refuse URLs as client_id.',
        auth0: {
          text: 'Switch on Client ID Metadata Document Registration, or leave it off for good.',
          dashboard: 'Settings > Advanced > Client ID Metadata Document Registration',
        },
      },
    },
    'strangers-refused': {
      says: 'The metadata says that clients may be known by metadata documents, and one that nobody has made known to the server is refused: its user meets a dead end unless somebody imports it.',
      fix: {
        general:
          'Nothing, where that is your policy: tell users which clients are let in. Else take documents of hosts that nobody has named.',
        auth0: {
          text: 'Nothing, where clients are imported by hand: import those you want. Each import makes one third-party application. Tenants that register clients by their documents themselves take those of strangers too.',
          command: `auth0 api post clients/cimd/register --data '{"external_client_id": "YOUR_CLIENT_URL"}'`,
        },
      },
    },
  },
  judge({ documentClients }) {
    const { advertised, control } = documentClients;
    const { journey, grants } = control.authorization;
    const isTaken = taken(control) ?? (grants.length > 0 ? 'a code' : undefined);
    const at = placesOf(control.authorization);
    if (journey.end.kind === 'stopped') return untested(journey.end.because, journey.end.unlock);
    if (!advertised) {
      return isTaken === undefined
        ? notApplicable('the metadata does not say that clients may be known by metadata documents, and none is taken')
        : fail([
            {
              reason: 'not-said',
              expected: 'client_id_metadata_document_supported in the metadata',
              actual: isTaken,
              at,
            },
          ]);
    }
    if (isTaken !== undefined)
      return pass(`the metadata says so, and a client with a good document was given ${isTaken}`);
    const { document } = control.fetches;
    if (document > 0) {
      return untested(
        `a client with a good document was refused after the document was fetched: ${endOf(control)}`,
        'an authorization server that takes a good document of this host',
      );
    }
    const hidden = withoutHost(documentClients);
    if (hidden !== undefined) return hidden;
    return fail([
      {
        reason: 'strangers-refused',
        expected: 'the document is fetched, and the user asked',
        actual: `${endOf(control)}, and nobody came for the document`,
        at,
      },
    ]);
  },
  examples: {
    pass: [{ says: 'said and done', evidence: golden }],
    fail: {
      'not-said': { says: 'done, and not said', evidence: unsaid(controlled(golden, { end: consentPage })) },
      'strangers-refused': {
        says: 'said, and not done',
        evidence: controlled(golden, { end: errorPage, fetches: { document: 0, further: [] } }),
      },
    },
  },
});

function unsaid(evidence: typeof golden): typeof golden {
  return { ...evidence, documentClients: { ...evidence.documentClients, advertised: false } };
}

export const advertisedChecks = checks(doesAsItsMetadataSays);
