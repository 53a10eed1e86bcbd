/** @file What `#on-node` is for a page: nothing, so that no code of Node ends up in a bundle. */

export {};
