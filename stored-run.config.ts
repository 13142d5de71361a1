/** Configuration of the Playwright that `report --allure` starts; the command says by variables what to show. */
import { storedRunConfig } from './playwright.ts';
import { STORED_RUN } from './reports/allure.ts';

const { env } = process;

export default storedRunConfig(env[STORED_RUN.folder] ?? '', env[STORED_RUN.name] ?? '', env[STORED_RUN.results] ?? '');
