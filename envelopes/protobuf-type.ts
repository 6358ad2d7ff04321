import type { INamespace, Root, Type } from 'protobufjs'
import { invalidOption } from './option.ts'
import { peer } from './peer.ts'
import type { ProtobufDefinition } from './protobuf-base.ts'

/** The package protobufjs, loaded when it is first asked for. */
export function protobuf(): typeof import('protobufjs') {
  return peer('protobufjs', 'protobufBase') as typeof import('protobufjs')
}

/** The message type that is meant. Throws a TypeError where there is none. */
export function typeOf({ message, proto, keepCase = false }: ProtobufDefinition): Type {
  if (typeof message !== 'string') {
    if (!isType(message))
      invalidOption('protobufBase.message', "a Type of protobufjs, or a message's name", message)
    if (proto !== undefined)
      invalidOption('protobufBase.proto', 'left out if the message is a Type of protobufjs', proto)
    return message
  }
  const root = rootOf(proto, keepCase)
  try {
    return root.lookupType(message)
  } catch (cause) {
    throw new TypeError(`protobufBase() did not find the message ${JSON.stringify(message)} in proto`, {
      cause,
    })
  }
}

function isType(message: unknown): message is Type {
  const { fieldsArray, encode, decode } = (message ?? {}) as Partial<Type>
  return Array.isArray(fieldsArray) && typeof encode === 'function' && typeof decode === 'function'
}

function rootOf(proto: ProtobufDefinition['proto'], keepCase: boolean): Root {
  if (typeof proto === 'string') return rootOfText(proto, keepCase)
  if (proto instanceof Uint8Array) return rootOfBytes(proto, keepCase)
  if (typeof proto?.lookupType === 'function') return proto as unknown as Root
  invalidOption(
    'protobufBase.proto',
    'the text of a .proto file, the bytes of a FileDescriptorSet, or a Root of protobufjs',
    proto,
  )
}

function rootOfText(text: string, keepCase: boolean): Root {
  const { parse } = protobuf()
  try {
    const {
      root,
      imports = [],
      weakImports = [],
    } = parse(saysSyntax(text) ? text : `syntax = "proto3"; ${text}`, { keepCase })
    for (const file of [...imports, ...weakImports]) addKnown(root, file)
    root.resolveAll()
    return root
  } catch (cause) {
    throw new TypeError(`protobufBase() cannot read the text in proto: ${(cause as Error).message}`, {
      cause,
    })
  }
}

function saysSyntax(text: string): boolean {
  const code = text.replace(/\/\*[\s\S]*?(?:\*\/|$)|\/\/.*/g, '')
  return /^\s*(syntax|edition)\s*=/.test(code)
}

/** protobufjs brings the usual files of google/protobuf along; others would have to be read from somewhere. */
function addKnown(root: Root, file: string): void {
  const definition = protobuf().common.get(file) as INamespace | null
  if (!definition?.nested)
    throw new TypeError(`it imports ${file}; load all files with protobufjs, and pass the Root as proto`)
  root.addJSON(definition.nested)
}

function rootOfBytes(bytes: Uint8Array, keepCase: boolean): Root {
  const { Root } = protobuf()
  peer('protobufjs/ext/descriptor', 'protobufBase')
  // The extension adds it to the class, which its types do not say.
  const { fromDescriptor } = Root as unknown as {
    fromDescriptor(bytes: Uint8Array, options: { keepCase: boolean }): Root
  }
  try {
    return fromDescriptor(bytes, { keepCase })
  } catch (cause) {
    throw new TypeError(`protobufBase() cannot read the bytes in proto: ${(cause as Error).message}`, {
      cause,
    })
  }
}
