/** @file All commands, in the order of the help. */

import type { Command } from "../command";
import { ablate } from "./ablate";
import { attention } from "./attention";
import { circuitDiscover } from "./circuit-discover";
import { circuitDraw } from "./circuit-draw";
import { circuitEvaluate } from "./circuit-evaluate";
import { circuitReport } from "./circuit-report";
import { demo } from "./demo";
import { doctor } from "./doctor";
import { inspect } from "./inspect";
import { lens } from "./lens";
import { list } from "./list";
import { patch } from "./patch";
import { reproduce } from "./reproduce";
import { run } from "./run";

export const commands: readonly Command[] = [
  demo,
  lens,
  run,
  attention,
  ablate,
  patch,
  circuitDiscover,
  circuitEvaluate,
  circuitReport,
  circuitDraw,
  reproduce,
  list,
  inspect,
  doctor,
];
