import { createHash } from 'node:crypto';
import type { Keyword, Severity } from '../../suites/check.ts';
import { withoutPort } from '../compare/drift.ts';
import { jsonText } from '../json.ts';
import { OUTCOME_NAMES, PARTY_NAMES } from '../names.ts';
import { strongest, telling } from '../outcome.ts';
import { conclude } from '../policy.ts';
import { byReason, inOrder, placeOf } from '../render/finding.ts';
import { clean } from '../render/text.ts';
import type { Report, ReportedCheck, ReportedFinding } from '../report.ts';
import type { Source } from './format.ts';
import { code, escapeMarkdown } from './markdown-text.ts';

/** In the ranges by which GitHub names severities: over 9.0 critical, 7.0 high, 4.0 medium. */
const SECURITY_SEVERITY: Readonly<Record<Severity, string>> = {
  critical: '9.5',
  high: '8.0',
  medium: '5.5',
  low: '2.5',
};

type Level = 'error' | 'warning' | 'note';

const LEVELS: Readonly<Record<Keyword, Level>> = { MUST: 'error', SHOULD: 'warning', MAY: 'note', ADVICE: 'note' };

const levelOf = (keyword: Keyword, { strict }: Pick<Report, 'strict'>): Level =>
  strict && keyword === 'SHOULD' ? 'error' : LEVELS[keyword];

/**
 * SARIF 2.1.0 (OASIS): a rule a check, a result a reason that a check gives. What passed is left out, since readers such
 * as GitHub's code scanning show every result as an alert; what could not be tested is a notification of the run.
 */
export function renderSarif({ report }: Source): string {
  const { tool, startedAt, durationMs } = report;
  const log = {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: tool.name,
            version: tool.version,
            semanticVersion: tool.version,
            rules: report.checks.map((check) => ruleOf(check, report)),
          },
        },
        // The last part is the run's own: without it, one category for all runs of this target.
        automationDetails: { id: `${tool.name}/${slug(identityOf(report))}/` },
        invocations: [
          {
            executionSuccessful: report.summary.errored === 0,
            startTimeUtc: startedAt,
            endTimeUtc: new Date(Date.parse(startedAt) + durationMs).toISOString(),
            toolExecutionNotifications: notificationsOf(report),
          },
        ],
        results: report.checks.flatMap((check, ruleIndex) => resultsOf(check, ruleIndex, report)),
        columnKind: 'utf16CodeUnits',
        properties: {
          server: clean(report.target.server),
          mode: report.mode,
          revisions: report.revision.judged,
          assurance: report.assurance,
          conclusion: conclude(report).because,
          summary: report.summary,
        },
      },
    ],
  };
  return jsonText(log);
}

function ruleOf(check: ReportedCheck, report: Report): object {
  const { id, title, keyword, severity, party, pillar, outcome, findings = [] } = check;
  const { provider } = report;
  const level = levelOf(
    findings.length === 0 ? keyword : strongest(findings.map((finding) => finding.keyword)),
    report,
  );
  const requirements = inOrder(check.requirements, provider);
  const url = requirements.find((requirement) => requirement.url !== undefined)?.url;
  const [area] = id.split('/');
  const says = requirements[0]?.says;
  return {
    id,
    name: nameOf(id),
    shortDescription: { text: title },
    fullDescription: { text: says === undefined ? `${title}.` : `${title}. ${says}` },
    help: helpOf(check, provider),
    ...(url !== undefined && { helpUri: url }),
    defaultConfiguration: { level },
    properties: {
      // An area may be called like a party.
      tags: [...new Set(['security', area, party, ...(pillar === undefined ? [] : [pillar])])],
      precision: 'high',
      'problem.severity': level === 'note' ? 'recommendation' : level,
      // An alert takes its severity from its rule: what is only noted must not look as grave as the same rule broken.
      ...(outcome !== 'noted' && { 'security-severity': SECURITY_SEVERITY[severity] }),
    },
  };
}

/** What a reader needs beside the alert: the rule's source, and how to put right what was found. */
function helpOf(
  check: ReportedCheck,
  provider: Report['provider'],
): { readonly text: string; readonly markdown: string } {
  const requirements = inOrder(check.requirements, provider);
  const findings = (check.findings ?? []).map(({ waiver: _, ...finding }) => finding);
  const fixes = byReason(findings).map(([{ says, fix }]) => ({ says, fixes: fixesOf(fix, provider) }));
  return {
    text: [
      ...requirements.map((requirement) => clean(`${requirement.says} (${placeOf(requirement)})`)),
      ...fixes.flatMap(({ says, fixes: own }) => [clean(says), ...own.map((fix) => clean(fix))]),
      `mcp-auth-conformance explain ${check.id}`,
    ].join('\n'),
    markdown: [
      ...requirements.map((requirement) => {
        const place = escapeMarkdown(placeOf(requirement));
        const link = requirement.url === undefined ? place : `[${place}](<${linkable(requirement.url)}>)`;
        return `- ${escapeMarkdown(requirement.says)} (${link})`;
      }),
      ...fixes.flatMap(({ says, fixes: own }) => ['', `**${escapeMarkdown(says)}**`, '', ...own.map(escapeMarkdown)]),
      '',
      `More: ${code(`mcp-auth-conformance explain ${check.id}`)}`,
    ].join('\n'),
  };
}

function fixesOf({ general, auth0 }: ReportedFinding['fix'], provider: Report['provider']): readonly string[] {
  if (auth0 === undefined || provider === 'other') return [general];
  const plan = auth0.plan === undefined ? '' : ` (plan: ${auth0.plan})`;
  return [general, `Auth0: ${auth0.text}${plan}`];
}

function resultsOf(check: ReportedCheck, ruleIndex: number, report: Report): readonly object[] {
  const groups = new Map<string, ReportedFinding[]>();
  for (const finding of check.findings ?? []) {
    const group = groups.get(finding.reason);
    if (group === undefined) groups.set(finding.reason, [finding]);
    else group.push(finding);
  }
  // What a waiver covers in one place suppresses nothing in another.
  return [...groups.values()].map((findings) => resultOf(check, telling({ findings }), ruleIndex, report));
}

/** Observations of one reason are one alert: their number and order may change from run to run. */
function resultOf(
  check: ReportedCheck,
  findings: readonly ReportedFinding[],
  ruleIndex: number,
  report: Report,
): object {
  const { reason, says, expected, fix, waiver, keyword } = findings[0]!;
  const actual = [...new Set(findings.map((finding) => clean(finding.actual)))];
  const lines = [
    clean(says),
    `Expected: ${clean(expected)}`,
    ...actual.slice(0, MOST_ACTUAL).map((text) => `Actual: ${text}`),
    ...(actual.length > MOST_ACTUAL ? [`and ${actual.length - MOST_ACTUAL} more`] : []),
    ...fixesOf(fix, report.provider).map((text) => `Fix: ${clean(text)}`),
  ];
  const fingerprint = fingerprintOf(identityOf(report), check.id, reason);
  return {
    ruleId: check.id,
    ruleIndex,
    kind: 'fail',
    level: levelOf(keyword, report),
    // Braces and brackets are placeholders and links in a message (SARIF 2.1.0, 3.11.5 and 3.11.6).
    message: {
      text: lines
        .join('\n')
        .replace(/[[\]\\]/g, '\\$&')
        .replaceAll('{', '{{')
        .replaceAll('}', '}}'),
    },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: placeOfTarget(report.target.server) },
          region: { startLine: 1 },
        },
        logicalLocations: [
          { name: PARTY_NAMES[check.party], fullyQualifiedName: clean(addressOf(check, report)), kind: 'resource' },
        ],
      },
    ],
    // The second is the one GitHub reads; it wants a hash and a count of its like.
    partialFingerprints: { 'checkAndReason/v1': fingerprint, primaryLocationLineHash: `${fingerprint.slice(0, 16)}:1` },
    ...(waiver !== undefined && {
      suppressions: [
        {
          kind: 'external',
          status: 'accepted',
          justification: clean(`${waiver.why} (${waiver.owner}, until ${waiver.until})`),
        },
      ],
    }),
    properties: { outcome: OUTCOME_NAMES[check.outcome], reason, party: check.party, evidence: evidenceOf(findings) },
  };
}

const MOST_ACTUAL = 5;

/** Where the party is whose defect it is, as far as one is known. */
function addressOf({ party }: ReportedCheck, { target, setup }: Report): string {
  const [issuer] = setup?.issuers ?? [];
  const isOfIssuer = party === 'authorization-server' || party === 'tenant';
  return isOfIssuer && issuer !== undefined ? issuer.issuer : target.server;
}

const evidenceOf = (findings: readonly ReportedFinding[]) => [...new Set(findings.flatMap(({ evidence }) => evidence))];

/** The name of the profile; without one the host, whose port may be another in each run on this machine. */
const identityOf = ({ target: { name } }: Report) => withoutPort(`http://${name}`).slice('http://'.length);

/** By what stays the same from run to run: the profile's name, the check and its reason. */
function fingerprintOf(target: string, check: string, reason: string): string {
  return createHash('sha256')
    .update(JSON.stringify([target, check, reason]))
    .digest('hex');
}

/**
 * Where an alert is shown. There is no file to point into, and GitHub refuses a whole upload for one absolute URI ("SARIF
 * URI scheme "https" did not match the checkout URI scheme "file""): host and path alone are a relative one. The port is
 * left out: it may change from run to run, and the place is a part of an alert's identity.
 */
function placeOfTarget(server: string): string {
  if (!URL.canParse(server)) return 'mcp-server';
  const { hostname, pathname } = new URL(server);
  const path = pathname.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');
  return [slug(hostname), ...path.map((part) => encodeURIComponent(part))].join('/');
}

/** What was not judged and may matter, and what broke down. */
function notificationsOf(report: Report): readonly object[] {
  return report.checks.flatMap(({ id, outcome, because = '', unlock }) => {
    if (outcome !== 'errored' && outcome !== 'untested') return [];
    const text = clean(`${id} ${OUTCOME_NAMES[outcome]}: ${because}${unlock === undefined ? '' : `. Needs ${unlock}`}`);
    return [{ level: outcome === 'errored' ? 'error' : 'warning', message: { text }, associatedRule: { id } }];
  });
}

/** PascalCase, as readers expect of a name beside an opaque id: `challenge/answers-401` is `ChallengeAnswers401`. */
function nameOf(id: string): string {
  return id.replace(/(?:^|[^a-z0-9]+)([a-z0-9])/g, (_, first: string) => first.toUpperCase());
}

const slug = (text: string) => text.replace(/[^A-Za-z0-9._-]+/g, '-');

const linkable = (url: string) => url.replace(/[<>\s]/g, encodeURIComponent);
