/** @file Why a graph is not taken for a transformer. */

/**
 * Something in a graph that Diopter does not account for; the message says what was found.
 *
 * A refusal is a verdict on the file. Any other error is a fault of Diopter's, and passes through.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
}
