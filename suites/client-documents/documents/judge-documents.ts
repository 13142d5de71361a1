import type { AskedDocument, ClientDocumentEvidence } from '../../../fixtures/client-document-evidence.ts';
import { isUnheard, submissionOf } from '../../../fixtures/client-documents/asked.ts';
import { judge, read } from '../../../fixtures/client-documents/judge.ts';
import { type Rule, type RuleSet, shown } from '../../../fixtures/client-documents/rule.ts';
import { urlParts } from '../../../fixtures/client-documents/url-parts.ts';
import { isLoopbackHost } from '../../../fixtures/protocol/addresses.ts';
import { gather } from '../../challenge/refusals.ts';
import { type Facts, fail, notApplicable, pass, untested, type Verdict } from '../../check.ts';
import { unheard } from '../../delivery.ts';

export const URL_CHECK = 'client-documents/has-a-url-that-names-a-client';
export const DELIVERY_CHECK = 'client-documents/comes-as-a-json-document';

export interface Judging {
  readonly rules: readonly Rule[];
  /** Whose words a finding quotes. */
  readonly set: RuleSet;
  /** What has to be there before nothing wrong means that all is well. */
  readonly reads: 'url' | 'delivery' | 'members' | 'keys';
}

/** Judges every document by some of the rules. */
export function judgeDocuments(
  { documents }: ClientDocumentEvidence['clientDocuments'],
  { server: { exposure } }: Facts,
  { rules, set, reads }: Judging,
): Verdict<string> {
  const isLaboratory = exposure === 'loopback';
  const breaches = documents.flatMap((asked, at) =>
    judge(submissionOf(asked, isLaboratory))
      .filter(({ rule }) => rules.includes(rule))
      .flatMap(({ rule, found }) =>
        found.map((each) => ({
          reason: rule.id,
          expected: whyOf(rule, set),
          actual: rule.topic === 'url' ? each : `${asked.url}: ${each}`,
          at: asked.exchange?.id ?? `clientDocuments/document-${at + 1}`,
        })),
      ),
  );
  if (breaches.length > 0) return fail(gather(breaches, ''));
  const lacking = documents.map((asked) => whatLacks(asked, reads, isLaboratory)).find((each) => each !== undefined);
  if (lacking !== undefined) return lacking;
  const judged = reads === 'keys' ? documents.filter((asked) => hasKeys(asked, isLaboratory)) : documents;
  return judged.length === 0
    ? notApplicable('no document is of a client that authenticates with keys')
    : pass(judged.map(({ url }) => (isLaboratory && isLocal(url) ? `${url} (${LENIENT})` : url)).join(', '));
}

const LENIENT = 'on this machine, as the server is, so that http and a local name are no fault; elsewhere they are';
const isLocal = (url: string) => isLoopbackHost(urlParts(url)?.host ?? '');

/** Where it says so: the set in use, or who sees it as strictly as MCP does. */
function whyOf({ auth0, ietf, mcp, write }: Rule, set: RuleSet): string {
  const weights = [set === 'auth0' ? auth0 : ietf, ietf, auth0].filter((each) => each !== undefined);
  const strict = mcp === true ? weights.find(({ level }) => level === 'error') : undefined;
  return (strict ?? weights[0])?.why ?? write;
}

/** Why a document that breaks no rule is not known to keep them. */
function whatLacks(asked: AskedDocument, reads: Judging['reads'], isLaboratory: boolean): Verdict<never> | undefined {
  const { url, exchange, keys } = asked;
  const silent = [exchange, keys].find((each) => each !== undefined && isUnheard(each));
  if (silent !== undefined) return unheard(silent);
  if (reads === 'url') return undefined;
  if (exchange === undefined) {
    return untested(`${url} could not be asked for`, 'a URL that names the document', URL_CHECK);
  }
  if (reads === 'delivery') return undefined;
  const { members } = read(submissionOf(asked, isLaboratory));
  if (members !== undefined) {
    return reads === 'keys' && members.jwks_uri !== undefined && keys === undefined
      ? untested(
          `the keys of ${url} could not be asked for: ${shown(members.jwks_uri)}`,
          'a jwks_uri without a user name, at a port that there is',
        )
      : undefined;
  }
  return untested(`${url} leads to no document`, 'a document that can be read', DELIVERY_CHECK);
}

function hasKeys(asked: AskedDocument, isLaboratory: boolean): boolean {
  const { members = {} } = read(submissionOf(asked, isLaboratory));
  return (
    members.jwks !== undefined ||
    members.jwks_uri !== undefined ||
    members.token_endpoint_auth_method === 'private_key_jwt'
  );
}
