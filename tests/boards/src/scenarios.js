/**
 * What is checked: each scenario by its name, which begins with that of the image that its boards run. It throws when
 * something is not as it should be, and may return figures for the table.
 *
 * @typedef {(trial: import('./trial.js').Trial) => Promise<import('./trial.js').Figures | undefined | void>} Scenario
 * @typedef {Record<`${import('./images.js').Name}: ${string}`, Scenario>} Scenarios
 */
import { scenarios as questions } from './scenarios/questions.js';
import { scenarios as runs } from './scenarios/runs.js';

/** @type {Record<string, Scenario>} */
export const scenarios = { ...questions, ...runs };

/** The image of a scenario. @param {string} scenario */
export function imageOf(scenario) {
  return /** @type {import('./images.js').Name} */ (scenario.slice(0, scenario.indexOf(':')));
}
