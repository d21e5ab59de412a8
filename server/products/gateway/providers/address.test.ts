import { expect, test } from "vitest";
import { addressFault } from "./address.ts";

test.each([
  "https://api.example.com/v1",
  "https://1.1.1.1/v1",
  "https://[2606:4700::1111]/v1",
  "https://models.example.com:8443",
])("%s is public", (url) => {
  expect(addressFault(url, false)).toBeNull();
});

test.each([
  "http://api.example.com/v1",
  "https://127.0.0.1/v1",
  "https://2130706433/",
  "https://0x7f.1/",
  "https://10.0.0.7/v1",
  "https://169.254.169.254/latest",
  "https://[::1]/v1",
  "https://[::ffff:10.0.0.1]/v1",
  "https://localhost/v1",
  "https://models.localhost/v1",
])("%s needs the operator's word", (url) => {
  expect(addressFault(url, false)).not.toBeNull();
  expect(addressFault(url, true)).toBeNull();
});

test.each([
  "https://name@api.example.com/",
  "https://api.example.com/?key=1",
  "https://api.example.com/#x",
  "ftp://api.example.com/",
])("%s is none, whatever the operator says", (url) => {
  expect(addressFault(url, true)).not.toBeNull();
});
