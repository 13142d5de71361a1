import type { EvidenceMap, Exchange } from '../../fixtures/evidence.ts';
import { describe, isServed, isSettled } from '../../fixtures/protocol/answers.ts';
import { type TransportTrialId, transportTrial } from '../../fixtures/trials/token-transport.ts';
import { brokenControl, gather, unsettled } from '../challenge/refusals.ts';
import { type Check, defineCheck, fail, notApplicable, pass, type Reason, untested, type Verdict } from '../check.ts';
import { answering, CHALLENGE, golden, result, unauthorized } from '../golden.ts';
import { declaredReasons, mapReasons, trialsOf } from '../reasons.ts';
import { type Circumstances, type Condition, notHeld, OFFERS_DPOP, WITHOUT_DPOP } from './conditions.ts';
import { expiredMeanwhile, isOutOfSession, unheard } from './interruptions.ts';

/** How the good token is brought, and in which of these ways it may be taken. */

interface TransportReason extends Reason {
  readonly trials: readonly [TransportTrialId, ...TransportTrialId[]];
  /** Absent: it can be given of every target. */
  readonly where?: Condition;
}

interface Rule<R extends string> extends Pick<Check, 'id' | 'title' | 'keyword' | 'severity' | 'requirements'> {
  readonly rightly: 'refused' | 'served';
  readonly reasons: Readonly<Record<R, TransportReason>>;
}

type Evidence = Pick<EvidenceMap, 'tokenTransport'> &
  Circumstances &
  Partial<Pick<EvidenceMap, 'credentials' | 'control'>>;

/** Why what was refused, or not, says nothing. */
function interrupted({ tokenTransport, control }: Evidence): Verdict<never> | undefined {
  const { controlBefore, controlAfter } = tokenTransport;
  return (
    (control && expiredMeanwhile(control.token, [controlBefore, controlAfter])) ??
    brokenControl(controlBefore, controlAfter)
  );
}

/** Rows in which a token of nobody comes along with the good one. */
const WITH_A_BAD_ONE = ['A73', 'A77'];

function judgesTransport<const R extends string>({ rightly, reasons, ...declared }: Rule<R>) {
  const entries = Object.entries(reasons) as [R, TransportReason][];
  const isWrong = (exchange: Exchange) =>
    rightly === 'refused'
      ? isServed(exchange)
      : isSettled(exchange) && !isServed(exchange) && !isOutOfSession(exchange);
  const wrong = rightly === 'refused' ? result({ tools: [] }) : unauthorized(CHALLENGE);
  const example = ({ trials: [trial], where }: TransportReason) => ({
    says: transportTrial(trial).asks,
    evidence: {
      ...(where?.example ?? golden),
      tokenTransport: answering(new RegExp(`^tokenTransport/${trial}$`), wrong).tokenTransport,
    },
  });
  return defineCheck({
    ...declared,
    party: 'mcp-server',
    pillar: 'server-side-validation',
    assurance: 'token',
    needs: ['tokenTransport'],
    uses: ['anonymous', 'resourceMetadata', 'credentials', 'control', 'tokenUse'],
    trials: trialsOf(reasons).map((trial) => `tokenTransport/${trial}`),
    reasons: declaredReasons(reasons),
    judge(evidence: Evidence): Verdict<R> {
      const { asked, withoutToken } = evidence.tokenTransport;
      // A live session id in the request may be what is served, and not the token.
      if (isServed(withoutToken)) {
        return untested(
          'the guarded operation is served in this session without a token too',
          'a session id that needs a token',
          'challenge/refuses-a-session-id-without-a-token',
        );
      }
      const bad = evidence.credentials?.['unknown-token'];
      const brings = entries.some(([, { trials }]) =>
        trials.some((trial) => WITH_A_BAD_ONE.includes(transportTrial(trial).row)),
      );
      if (brings && bad !== undefined && isServed(bad)) {
        return untested(
          'the token that nobody issued is served by itself',
          'a server that refuses tokens that nobody issued',
          'challenge/answers-401-to-an-invalid-token',
        );
      }
      const held = entries.filter(([, { where }]) => where?.otherwise(evidence) === undefined);
      if (held.length === 0) return notHeld(entries.flatMap(([, { where }]) => where?.otherwise(evidence) ?? []));
      const control = interrupted(evidence);
      const breaches = held.flatMap(([reason, { trials }]) =>
        trials
          .map((trial) => asked[trial])
          .filter(isWrong)
          .map((exchange) => ({ reason, actual: `${exchange.asks}: ${describe(exchange)}`, at: exchange.id })),
      );
      const expected = rightly === 'refused' ? 'status 401 or 400' : 'the result, as with the token plainly sent';
      // Who is served needs no control; who refuses the good token as well refuses nothing in particular.
      if (breaches.length > 0 && (rightly === 'refused' || control === undefined))
        return fail(gather(breaches, expected));
      const own = held.flatMap(([, { trials }]) => trials.map((trial) => asked[trial]));
      return (
        (rightly === 'refused' ? unsettled(own) : unheard(own)) ??
        control ??
        pass(own.map((exchange) => `${exchange.asks}: ${describe(exchange)}`).join('; '))
      );
    },
    examples: {
      pass: [{ says: `each ${rightly}`, evidence: golden }],
      fail: mapReasons(reasons, example),
    },
  });
}

const HEADER_ONLY = {
  general:
    'Read the token from one Authorization field with the scheme Bearer, and from nowhere else; turn off other token sources of the middleware.',
  auth0: {
    text: 'express-oauth2-jwt-bearer also reads access_token from query and form: put a handler that answers 400 to them in front of auth().',
  },
};

export const takesATokenWithBlanksAround = judgesTransport({
  id: 'access-tokens/takes-a-token-with-blanks-around-it',
  title: 'Takes a good token with more than one blank before it, or one behind it',
  // RFC 6750 2.1 has 1*SP; that a field value has no white space at its ends is for the HTTP parser (RFC 9110 5.5).
  keyword: 'SHOULD',
  severity: 'low',
  requirements: ['RFC9110-11.6.2-credentials-1sp', 'RFC6750-2.1-header-supported', 'A71'],
  rightly: 'served',
  reasons: {
    'blanks-refused': {
      says: 'A good token is refused when two blanks stand before it, or one behind it, which HTTP takes off.',
      fix: {
        general:
          'Trim the value of the field, and split it at one or more blanks: /^Bearer +([A-Za-z0-9._~+\\/-]+=*)$/i.',
      },
      trials: ['two-blanks', 'trailing-blank'],
    },
  },
});

export const separatesTheSchemeByBlanksOnly = judgesTransport({
  id: 'access-tokens/separates-the-scheme-by-blanks-only',
  title: 'Refuses a token that no blank separates from Bearer',
  keyword: 'SHOULD',
  severity: 'low',
  requirements: ['RFC9110-11.6.2-credentials-1sp', 'RFC6750-2.1-b64token-syntax', 'A71b'],
  rightly: 'refused',
  reasons: {
    'other-separator': {
      says: 'A token is taken although a tab, a colon, a comma or nothing stands between Bearer and it: a gateway in front may read the field in another way.',
      fix: { general: 'Accept only /^Bearer +([A-Za-z0-9._~+\\/-]+=*)$/i, and answer 400 or 401 to anything else.' },
      trials: ['tab', 'colon', 'comma', 'no-blank'],
    },
  },
});

export const takesNoBearerTokenBehindDpop = judgesTransport({
  id: 'access-tokens/takes-no-bearer-token-behind-dpop',
  title: 'Refuses a bearer token that is presented as a DPoP token',
  keyword: 'MUST',
  severity: 'medium',
  requirements: ['RFC9449-7.1-missing-proof', 'A72c'],
  rightly: 'refused',
  reasons: {
    'without-proof': {
      says: 'The server offers DPoP, and takes a token behind the scheme DPoP without a proof: a stolen token is good again.',
      fix: {
        general:
          'For the scheme DPoP demand a DPoP field with a proof (RFC 9449 4.3) and a token with cnf.jkt that fits its key; else answer 401 with error="invalid_dpop_proof" or "invalid_token".',
        auth0: {
          text: 'express-oauth2-jwt-bearer: auth({ dpop: { enabled: true, required: true } }) when all clients use DPoP.',
        },
      },
      where: OFFERS_DPOP,
      trials: ['dpop-scheme'],
    },
    'unknown-scheme': {
      says: 'A token is taken behind the scheme DPoP although the server knows nothing of DPoP: it is read as if Bearer stood there.',
      keyword: 'SHOULD',
      fix: {
        general: 'Accept the scheme Bearer (in any case) and no other.',
        auth0: {
          text: '@auth0/auth0-api-js: getToken takes the token from behind either scheme. Let requests with another scheme than Bearer not get there, or pass scheme, dpopProof, httpMethod and httpUrl on to verifyAccessToken.',
        },
      },
      where: WITHOUT_DPOP,
      trials: ['dpop-scheme'],
    },
  },
});

export const refusesTwoCredentials = judgesTransport({
  id: 'access-tokens/refuses-two-credentials',
  title: 'Refuses a request with two tokens in Authorization',
  keyword: 'SHOULD',
  severity: 'medium',
  requirements: ['RFC9110-11.6.2-credentials-1sp', 'A73'],
  rightly: 'refused',
  reasons: {
    'last-field-counts': {
      says: 'Of two Authorization fields the second is taken: a gateway that checks the first lets a request through that the server understands otherwise.',
      fix: {
        general: 'Answer 400 to a request with more than one Authorization field, at the gateway and at the server.',
      },
      trials: ['bad-first'],
    },
    'list-is-searched': {
      says: 'Of several credentials in one Authorization field a later one is taken.',
      fix: {
        general: 'Parse the whole field as one scheme and one token, and answer 400 or 401 when more stands in it.',
      },
      trials: ['bad-first-in-one-field'],
    },
  },
});

export const takesNoTokenFromTheUrl = judgesTransport({
  id: 'access-tokens/takes-no-token-from-other-parts-of-the-url',
  title: 'Takes no token from the path, or from a query parameter of its own',
  keyword: 'SHOULD',
  severity: 'medium',
  requirements: ['MCP-token-query-refused', 'OAUTH21-5.1-ignore-query-token', 'A74b'],
  rightly: 'refused',
  reasons: {
    'query-parameter': {
      says: 'A token as ?token= is accepted: it then stands in logs, histories and Referer fields.',
      fix: HEADER_ONLY,
      trials: ['query-token'],
    },
    path: {
      says: 'A token at the end of the path is accepted: it then stands in logs, histories and Referer fields.',
      fix: HEADER_ONLY,
      trials: ['path'],
    },
  },
});

export const takesTheTokenFromAuthorizationOnly = judgesTransport({
  id: 'access-tokens/takes-the-token-from-authorization-only',
  title: 'Takes the token from the Authorization field and from nowhere else',
  keyword: 'SHOULD',
  severity: 'medium',
  requirements: ['MCP-auth-required-each-request', 'RFC6750-2.1-header-supported', 'A76'],
  rightly: 'refused',
  reasons: {
    'field-of-its-own': {
      says: 'A token in X-Access-Token is accepted: proxies and logs that hide Authorization show it.',
      fix: HEADER_ONLY,
      trials: ['x-access-token'],
    },
    'forwarded-field': {
      says: 'A token in X-Forwarded-Authorization is accepted from a stranger, where only a proxy may write it.',
      fix: {
        general:
          'Read Authorization alone. Where a gateway moves the token to X-Forwarded-Authorization, let it take off what came from outside, and let nobody reach the server around it.',
      },
      trials: ['x-forwarded-authorization'],
    },
    cookie: {
      says: 'A token in a cookie is accepted: browsers send cookies along with requests that other sites make.',
      fix: {
        ...HEADER_ONLY,
        general: `${HEADER_ONLY.general} A browser client keeps the token itself and sets the field.`,
      },
      trials: ['cookie'],
    },
    message: {
      says: 'A token inside the JSON-RPC message is accepted: messages are logged, stored and passed on to tools.',
      fix: HEADER_ONLY,
      trials: ['member', 'meta'],
    },
  },
});

export const letsNoQueryTokenWin = judgesTransport({
  id: 'access-tokens/lets-no-query-token-win',
  title: 'Goes by the Authorization field when a token stands in the query as well',
  keyword: 'MUST',
  severity: 'high',
  requirements: ['OAUTH21-5.1-ignore-query-token', 'MCP-token-query-refused', 'A77'],
  rightly: 'refused',
  reasons: {
    'query-wins': {
      says: 'The token of the query is taken although another stands in Authorization: gateway and server see two different callers.',
      fix: HEADER_ONLY,
      trials: ['bad-field-good-query'],
    },
  },
});

export const takesNoTokenFromAForm = defineCheck({
  id: 'access-tokens/takes-no-token-from-a-form',
  title: 'Takes no token from a form body',
  keyword: 'SHOULD',
  severity: 'low',
  party: 'mcp-server',
  pillar: 'server-side-validation',
  requirements: ['RFC6750-2.1-header-supported', 'MCP-auth-required-each-request', 'A75'],
  assurance: 'token',
  needs: ['tokenTransport'],
  uses: ['control'],
  trials: ['tokenTransport/form', 'tokenTransport/form-without-token'],
  reasons: {
    served: {
      says: 'A form with a token in it is served: other sites can have browsers send such forms, and MCP knows only JSON.',
      fix: HEADER_ONLY,
    },
    'token-read': {
      says: 'A token in a form body is taken for a credential, although the message is refused then: with it the answer is another than without.',
      keyword: 'ADVICE',
      fix: HEADER_ONLY,
    },
  },
  judge(evidence) {
    const { asked } = evidence.tokenTransport;
    const { form, 'form-without-token': without } = asked;
    const finding = { expected: `as without a token: ${describe(without)}`, actual: `${form.asks}: ${describe(form)}` };
    if (isServed(without)) return notApplicable('a form is served without a token too');
    if (isServed(form)) return fail([{ reason: 'served' as const, ...finding, at: [form.id] }]);
    const control = unsettled([form, without]) ?? interrupted(evidence);
    if (control !== undefined) return control;
    // The refusal of what stands behind the door, where there was a 401 at the door.
    if (without.answer?.status === 401 && [400, 406, 415].includes(form.answer?.status ?? 0)) {
      return fail([{ reason: 'token-read' as const, ...finding, at: [form.id, without.id] }]);
    }
    return pass(`a form with the good token: ${describe(form)}; without: ${describe(without)}`);
  },
  examples: {
    pass: [{ says: '401', evidence: golden }],
    fail: {
      served: { says: 'served', evidence: answering(/^tokenTransport\/form$/, result({ tools: [] })) },
      'token-read': {
        says: '415 with it, 401 without',
        evidence: answering(/^tokenTransport\/form$/, { status: 415 }),
      },
    },
  },
});

export const transportChecks = [
  takesATokenWithBlanksAround,
  separatesTheSchemeByBlanksOnly,
  takesNoBearerTokenBehindDpop,
  refusesTwoCredentials,
  takesNoTokenFromTheUrl,
  takesTheTokenFromAuthorizationOnly,
  letsNoQueryTokenWin,
  takesNoTokenFromAForm,
];
