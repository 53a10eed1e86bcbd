import { node } from "@diopter/model/node";
import { goldenPath, readBytes } from "../../../test/golden";
import { modelContract } from "./model.contract";
import { modelTolerances } from "./tolerances";

const files = {
  read: async (path: string) => readBytes(goldenPath(path)),
};

modelContract("node()", () => node({ threads: 1 }), files, modelTolerances.node);
