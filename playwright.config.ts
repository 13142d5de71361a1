import { conformanceConfig } from './playwright.ts';

export default conformanceConfig();
