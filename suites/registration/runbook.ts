import type { EvidenceMap, Exchange } from '../../fixtures/evidence.ts';
import { describe, isSuccess } from '../../fixtures/protocol/answers.ts';
import { isUnsaid } from '../../fixtures/protocol/firewalls.ts';
import { errorOf } from '../../fixtures/protocol/token-answers.ts';
import { isAnsweredAlike, type RunbookStep } from '../../fixtures/runbook-evidence.ts';
import { checks, defineCheck, type Finding, fail, pass, untested, type Verdict } from '../check.ts';
import { golden } from '../golden.ts';
import { grant } from '../golden-authorization.ts';
import { inTheRunbook, LET_IN, NOT_LET_IN } from '../golden-runbook.ts';
import { noWord } from '../token-endpoint/trials.ts';

type Asked = EvidenceMap['runbook']['asked'];

const described = (exchange: Exchange): string => {
  const error = errorOf(exchange);
  return error === undefined ? describe(exchange) : `${describe(exchange)}, ${error}`;
};

/** What keeps the requests with secrets from telling anything. */
function obstacle(asked: Asked, action: 'rotate' | 'delete', scope: string): Verdict<never> | undefined {
  const done = asked[action];
  if (done === undefined || !isSuccess(done.answer)) {
    return untested(
      `the Management API did not ${action === 'rotate' ? 'replace the secret' : 'delete the client'}: ${done === undefined ? 'it was not asked' : describe(done)}`,
      `management: a token with the scope ${scope}`,
    );
  }
  const { secret, 'wrong-secret': wrong } = asked;
  const silent = [secret, wrong].find((exchange) => exchange !== undefined && isUnsaid(exchange));
  if (silent !== undefined) return noWord(silent);
  if (secret === undefined || wrong === undefined || isAnsweredAlike(secret, wrong)) {
    return untested(
      `the token endpoint answers a wrong secret as the right one: ${wrong === undefined ? 'not asked' : described(wrong)}`,
      'an authorization server that looks at the client before it looks at the code (RFC 6749 5.2)',
    );
  }
  return undefined;
}

/** An answer that is neither that of the right secret nor that of a wrong one says nothing. */
function unclear(asked: Asked, steps: readonly RunbookStep[]): Verdict<never> | undefined {
  const known = [asked.secret, asked['wrong-secret']];
  const puzzling = steps
    .flatMap((step) => asked[step] ?? [])
    .find((exchange) => !known.some((each) => isAnsweredAlike(exchange, each)));
  return puzzling === undefined
    ? undefined
    : untested(
        `${puzzling.asks}: ${described(puzzling)}, as neither the right secret nor a wrong one was answered before`,
        'a run in which the token endpoint answers as it did before',
      );
}

const ROTATE = {
  general: 'Have the new secret replace the old one at once, in every process that checks secrets.',
  auth0: {
    text: 'Rotate the secret again, and look whether the old one still gets tokens; changes reach all of Auth0’s servers after some seconds. If it goes on working, the requests do not reach the tenant that you manage: compare management.domain with the issuer.',
    dashboard: 'Applications > YOUR_APPLICATION > Settings > Danger Zone > Rotate secret',
    command: 'auth0 api post clients/YOUR_CLIENT_ID/rotate-secret',
  },
} as const;

export const endsSecretsThatAreReplaced = defineCheck({
  id: 'registration/ends-secrets-that-are-replaced',
  title: 'Takes the old secret of a client no longer once it was replaced',
  keyword: 'ADVICE',
  severity: 'high',
  party: 'tenant',
  pillar: 'client-registration',
  requirements: ['AUTH0-credential-rotation'],
  assurance: 'tenant-audit',
  needs: ['runbook'],
  trials: ['runbook/old-secret', 'runbook/new-secret'],
  reasons: {
    'old-secret-works': {
      says: 'The secret of a client goes on working after it was replaced: who has a leaked one cannot be shut out so.',
      fix: ROTATE,
    },
    'new-secret-refused': {
      says: 'The secret that replaces another does not work, so that a rotation shuts the client out.',
      fix: ROTATE,
    },
  },
  judge({ runbook: { asked } }) {
    const missing = obstacle(asked, 'rotate', 'update:client_keys');
    if (missing !== undefined) return missing;
    const { secret, 'wrong-secret': wrong, 'old-secret': old, 'new-secret': latest } = asked;
    const findings = [
      ...(old !== undefined && isAnsweredAlike(old, secret)
        ? [
            {
              reason: 'old-secret-works' as const,
              expected: `the answer to a wrong secret: ${described(wrong!)}`,
              actual: `${described(old)}, some seconds after the secret was replaced`,
              at: [old.id],
            },
          ]
        : []),
      ...(latest !== undefined && isAnsweredAlike(latest, wrong)
        ? [
            {
              reason: 'new-secret-refused' as const,
              expected: `the answer to a right secret: ${described(secret!)}`,
              actual: described(latest),
              at: [latest.id],
            },
          ]
        : []),
    ];
    if (findings.length > 0) return fail(findings);
    if (old === undefined || latest === undefined) {
      return untested(
        'the answer to the rotation shows no new secret',
        'a Management API that shows it (client_secret)',
      );
    }
    return unclear(asked, ['old-secret', 'new-secret']) ?? pass(`the old secret: ${described(old)}`);
  },
  examples: {
    pass: [{ says: 'replaced at once', evidence: golden }],
    fail: {
      'old-secret-works': { says: 'the old one works on', evidence: inTheRunbook(golden, { 'old-secret': LET_IN }) },
      'new-secret-refused': {
        says: 'the new one does not',
        evidence: inTheRunbook(golden, { 'new-secret': NOT_LET_IN }),
      },
    },
  },
});

const DELETE = {
  general: 'Revoke whatever a client has together with the client: its secrets, codes, refresh tokens and grants.',
  auth0: {
    text: 'Delete the application, and look whether its credentials still get tokens; changes reach all of Auth0’s servers after some seconds. If they do, the requests do not reach the tenant that you manage: compare management.domain with the issuer.',
    dashboard: 'Applications > YOUR_APPLICATION > Settings > Danger Zone > Delete this application',
    command: 'auth0 apps delete YOUR_CLIENT_ID',
  },
} as const;

export const endsClientsThatTheTenantDeletes = defineCheck({
  id: 'registration/ends-clients-that-the-tenant-deletes',
  title: 'Takes nothing from a client any longer that the tenant has deleted',
  keyword: 'ADVICE',
  severity: 'high',
  party: 'tenant',
  pillar: 'client-registration',
  requirements: ['AUTH0-credential-rotation'],
  assurance: 'tenant-audit',
  needs: ['runbook'],
  trials: ['runbook/deleted-secret', 'runbook/refresh-after-delete'],
  reasons: {
    'secret-works': {
      says: 'The secret of a client that the tenant deleted is still taken: to delete a client does not shut it out.',
      fix: DELETE,
    },
    'refresh-token-works': {
      says: 'The refresh token of a client that the tenant deleted still gets access tokens.',
      fix: DELETE,
    },
  },
  judge({ runbook: { asked, refreshed } }) {
    const missing = obstacle(asked, 'delete', 'delete:clients');
    if (missing !== undefined) return missing;
    const { secret, 'wrong-secret': wrong, 'deleted-secret': deleted } = asked;
    const after = refreshed?.after;
    const findings: Finding<'secret-works' | 'refresh-token-works'>[] = [];
    if (deleted !== undefined && isAnsweredAlike(deleted, secret)) {
      findings.push({
        reason: 'secret-works',
        expected: `the answer to a wrong secret: ${described(wrong!)}`,
        actual: `${described(deleted)}, some seconds after the client was deleted`,
        at: [deleted.id],
      });
    }
    if (after?.tokens.access_token !== undefined) {
      findings.push({
        reason: 'refresh-token-works',
        expected: 'an error',
        actual: `${describe(after.exchange)} with an access token`,
        at: [after.exchange.id],
      });
    }
    if (findings.length > 0) return fail(findings);
    if (deleted === undefined) return untested('nothing was asked after that', 'a run that is not cut short');
    const unsaid = unclear(asked, ['deleted-secret']);
    // What is gone may be refused in words of its own.
    if (unsaid !== undefined && errorOf(deleted) === undefined) return unsaid;
    if (after !== undefined && isUnsaid(after.exchange)) return noWord(after.exchange);
    const wasRefreshed = refreshed?.before.tokens.access_token !== undefined && after !== undefined;
    return pass(
      `its secret: ${described(deleted)}; its refresh token: ${wasRefreshed ? described(after.exchange) : 'it had none that worked before'}`,
    );
  },
  examples: {
    pass: [{ says: 'gone with all it had', evidence: golden }],
    fail: {
      'secret-works': { says: 'the secret works on', evidence: inTheRunbook(golden, { 'deleted-secret': LET_IN }) },
      'refresh-token-works': {
        says: 'the refresh token works on',
        evidence: inTheRunbook(
          golden,
          {},
          { refreshed: { before: grant('runbook/refresh', 'before'), after: grant('runbook/refresh-after', 'after') } },
        ),
      },
    },
  },
});

export const runbookChecks = checks(endsSecretsThatAreReplaced, endsClientsThatTheTenantDeletes);
