import { cloudEvents, type Format, jsonBase, protobufBase, raw } from 'tomodachi/envelopes'

/** Who has built the messages. */
export const sender = { name: 'fuzz', uuid: '4d7b1a7e-1e3b-4a8c-9d5e-0a1b2c3d4e5f' }

/** The formats whose parsers are tried. */
export const formats: Readonly<Record<string, Format>> = {
  json: jsonBase(),
  protobuf: protobufBase({
    message: 'P',
    proto: 'syntax = "proto3"; message P { string name = 1; int32 age = 2; }',
  }),
  structured: cloudEvents(),
  binary: cloudEvents({ mode: 'binary' }),
  raw: raw(),
}
