/** @file What only Node can do, reached as `#on-node`; in a page that name stands for `in-page.ts`. */

export { folder, kindAt } from "./files-node";
export { NodeHubCache } from "./hub/node-cache";
export { nodeSettings } from "./hub/node-settings";
