import type { Certificate, Signer, Statement } from '../../certificate.ts';
import { isUnshown, NOT_SHOWN_SAYS, WAIVER_WORDS } from '../../certificate-words.ts';
import type { CertificationResult } from '../../policy.ts';
import { type Came, cameName, factsOf, HELD, idsOf, listedOf, SHORT_OF_A_PASS, titleOf } from '../certificate-facts.ts';
import { escapeLines } from '../xml.ts';
import { html, type Markup, raw } from './markup.ts';
import { renderPillars } from './pillars.ts';
import { renderShell } from './shell.ts';
import { CERTIFICATE_STYLE } from './style.ts';

const RESULTS: Readonly<Record<CertificationResult, readonly [word: string, colour: string]>> = {
  certified: ['certified', 'green'],
  partial: ['partial', 'amber'],
  'not-certified': ['not certified', 'red'],
};

/** A certificate as one page to read, print and hand on; what counts is the signed one. Pure. */
export function certificateHtml(statement: Statement, signer: Signer): string {
  const certificate = statement.predicate.mcpAuthConformance;
  const title = `${titleOf(statement)}: ${RESULTS[certificate.result][0]}`;
  return renderShell({
    title: `${title} · Certificate of MCP authorization conformance`,
    style: CERTIFICATE_STYLE,
    body: html`<header>
${renderVerdict(certificate, title)}
<dl class="facts">${factsOf(statement, signer).map(([label, text]) => html`<dt>${label}</dt><dd dir="auto">${text}</dd>`)}</dl>
</header>
<main>
${renderPillars((pillar) => ({ state: certificate.pillars[pillar] ?? 'not-shown' }))}
${isUnshown(certificate) && html`<p class="small soft">${NOT_SHOWN_SAYS}</p>`}
${SHORT_OF_A_PASS.map((came) => renderChecks(certificate, came))}
${renderWaivers(certificate)}
<h2>How to verify it, and to do it again</h2>
<pre dir="ltr" class="steps">${raw(escapeLines(certificate.reproduce.join('\n')))}</pre>
${renderEvidence(certificate)}
${HELD.map((came) => renderChecks(certificate, came))}
</main>
<footer>This page shows what was signed, and is not signed itself: what counts is the certificate (.jws) that it was written with. ${certificate.tool.name} ${certificate.tool.version}.</footer>`,
  });
}

function renderVerdict(certificate: Certificate, title: string): Markup {
  const counts = [...HELD, ...SHORT_OF_A_PASS].map((came) => [came, idsOf(certificate, came).length] as const);
  return html`<div class="verdict ${RESULTS[certificate.result][1]}">
<p class="soft small">Certificate of MCP authorization conformance</p>
<h1 dir="auto">${title}</h1>
<p class="why">${certificate.because}.</p>
<ul class="counts">${counts.map(([came, count]) => count > 0 && html`<li><b class="tone ${came}">${count}</b> ${cameName(came)}</li>`)}</ul>
</div>`;
}

/** Checks that are named one a line. */
const FEW = 24;

function renderChecks(certificate: Certificate, came: Came): Markup {
  const ids = listedOf(certificate, came);
  if (ids.length === 0) return html``;
  return html`<section><h2>Required and <span class="tone ${came}">${cameName(came)}</span>: ${ids.length}</h2>
${ids.length > FEW ? renderByArea(ids) : html`<ul class="card checks">${ids.map((id) => html`<li>${id}</li>`)}</ul>`}</section>`;
}

function renderByArea(ids: readonly string[]): Markup {
  const areas = new Map<string, string[]>();
  for (const id of ids) {
    const [area = '', name = ''] = id.split('/');
    areas.set(area, [...(areas.get(area) ?? []), name]);
  }
  return html`<dl class="card areas">${[...areas].map(
    ([area, names]) => html`<dt>${area}/</dt><dd>${names.join(' · ')}</dd>
`,
  )}</dl>`;
}

function renderWaivers({ waivers }: Certificate): Markup {
  if (waivers.length === 0) return html``;
  return html`<section><h2>Waivers: ${waivers.length}</h2>
<ul class="card plain waivers">${waivers.map(
    ({
      check,
      reason,
      owner,
      until,
      why,
      state,
    }) => html`<li><code>${check}</code> (${reason}): ${WAIVER_WORDS[state]} ${until} by <span dir="auto">${owner}</span>
<br><span class="soft" dir="auto">${why}</span></li>
`,
  )}</ul></section>`;
}

function renderEvidence({ evidence }: Certificate): Markup {
  return html`<section><h2>The evidence that it rests on: ${evidence.length === 1 ? '1 file' : `${evidence.length} files`}</h2>
<div class="card"><table><thead><tr><th scope="col">File</th><th scope="col">SHA-256</th></tr></thead>
<tbody>${evidence.map(
    ({ name, digest }) => html`<tr><th scope="row">${name}</th><td><code>${digest.sha256}</code></td></tr>
`,
  )}</tbody></table></div></section>`;
}
