/** @file The version of the package, for states and results; a test checks that package.json has the same. */

/** Code for browsers cannot read package.json. */
export const version = "0.1.0";
