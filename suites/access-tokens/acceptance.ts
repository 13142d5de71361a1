import { isServed, isServerError, isSettled } from '../../fixtures/protocol/answers.ts';
import { unsettled } from '../challenge/refusals.ts';
import { INVALID_TOKEN, unauthorized } from '../golden.ts';
import { isOutOfSession, unheard } from './interruptions.ts';
import { judgesTokens, type Refusal } from './refusal.ts';

/** Serves the tokens of these trials: they are as good as the control, in another legal form. */
export function servesTokens<const R extends string>(declared: Refusal<R>) {
  return judgesTokens(declared, {
    isWrong: (exchange) => isSettled(exchange) && !isServed(exchange) && !isOutOfSession(exchange),
    unheard,
    expected: 'the answer that the control gets',
    done: 'served',
    wrong: unauthorized(INVALID_TOKEN),
    wrongly: 'refused although',
  });
}

/** Serves or refuses the tokens of these trials as it likes, but answers. */
export function answersTokens<const R extends string>(declared: Refusal<R>) {
  return judgesTokens(declared, {
    isWrong: ({ answer }) => isServerError(answer),
    // That it answers is all that is asked for: 404 in a session will do.
    unheard: unsettled,
    expected: 'the answer that the control gets, or status 401',
    done: 'answered',
    wrong: { status: 500 },
    wrongly: 'status 500 although',
  });
}
