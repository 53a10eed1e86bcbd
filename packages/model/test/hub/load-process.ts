/** @file Reads one file of a model from a hub in a process of its own, and prints its SHA-256. */

import { hubFiles } from "../../src/checkpoint/hub/hub";
import { hash } from "./server";

const [file = ""] = process.argv.slice(2);
const files = await hubFiles("owner/name", { retryDelay: 1 });
process.stdout.write(hash("sha256", await files.read(file)));
