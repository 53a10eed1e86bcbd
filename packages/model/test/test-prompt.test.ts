import { Model, testPrompt } from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { expect, test } from "vitest";
import { noTrained, trainedPath } from "../../../test/golden";

test.skipIf(noTrained)(
  "an answer is ranked among all tokens (needs ../shared/models)",
  async () => {
    const model = await Model.load(trainedPath("stories260K/hf"), { runtime: reference() });
    const { answer, top } = await testPrompt(
      model,
      "Once upon a time, there was a little girl",
      "named",
      { topK: 3 },
    );
    expect(top).toHaveLength(3);
    expect(top[0]).toMatchObject({ rank: 0, token: " named" });
    expect(answer).toEqual(top[0]);
    expect(top[1]!.probability).toBeLessThan(top[0]!.probability);
    const { logits } = await model.run("Once upon a time, there was a little girl", {
      logits: "last",
    });
    expect(answer.logit).toBe(Math.max(...(logits.data as Float64Array)));
    await expect(testPrompt(model, "Once", 512)).rejects.toThrow(
      "testPrompt: token id 512 is not in 0..511",
    );
  },
);
