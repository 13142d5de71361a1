export { type Progress, type Run, type RunOptions, run } from './engine/run.ts';
export { HarnessError, type HarnessErrorCode } from './fixtures/errors.ts';
export type { Answer, Evidence, Exchange } from './fixtures/evidence.ts';
export {
  type LoadedProfile,
  loadProfile,
  type Profile,
  parseProfile,
  profileForUrl,
} from './fixtures/profile/profile.ts';
export { compareReports, isWorseOff } from './reports/compare/compare.ts';
export { readExchanges } from './reports/exchanges.ts';
export type { Format, Source } from './reports/formats/format.ts';
export { FORMATS, type FormatName } from './reports/formats/index.ts';
export { type Conclusion, conclude, exitCode } from './reports/policy.ts';
export type {
  Change,
  Comparison,
  Drift,
  Mode,
  Outcome,
  Report,
  ReportedCheck,
  ReportedFinding,
} from './reports/report.ts';
export { readReport } from './reports/validate.ts';
export type { Check, Facts, Verdict } from './suites/check.ts';
export { CHECKS } from './suites/registry.ts';
