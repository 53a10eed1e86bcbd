/** @file Malformed ONNX files, in a browser. */

import "../onnx/decode.test";
import "../onnx/decode-fuzz.test";
