import { createHash } from 'node:crypto'

/** A script that the server runs as a whole or not at all. */
export type Script = ReturnType<typeof script>

const script = (text: string) => ({ text, sha: createHash('sha1').update(text).digest('hex') })

/** Name of the group of every queue. */
export const group = 'tomodachi'

/** Delays, by the clock of the server. A delay that ends before all others wakes the readers of the queue. */
const delays = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function later(stream, wait, id, fields)
  local delayed, member, life = stream .. ':delayed', cmsgpack.pack({ id, fields }), redis.call('PTTL', stream)
  redis.call('ZADD', delayed, now + wait, member)
  if life > 0 then redis.call('PEXPIRE', delayed, life) end
  if redis.call('ZRANK', delayed, member) == 0 then redis.call('XADD', stream, '*', 'wake', '1') end
end`

/**
 * Publishes. A message that fails takes no other with it, and a queue that fails keeps no other from its copy. KEYS:
 * bindings, routes. ARGV: for each message delay, topic, id, headers, payload. Returns for each message the error that
 * it failed with, or ''.
 */
export const publish = script(`${delays}
-- The streams by topic, and those with wildcards.
local exact, wild
local function readBindings()
  exact, wild = {}, {}
  for _, binding in ipairs(redis.call('SMEMBERS', KEYS[1])) do
    local stream, pattern = unpack(cjson.decode(binding))
    local words = string.gsub(string.sub(pattern, 2, -2), '%%(%W)', '%1')
    if redis.call('EXISTS', stream) == 0 then redis.call('SREM', KEYS[1], binding)
    elseif string.find(pattern, '*', 1, true) then wild[#wild + 1] = { stream, pattern }
    else exact[words] = { stream, exact[words] } end
  end
end
local function streamsOf(topic)
  local known = redis.call('HGET', KEYS[2], topic)
  if known then return cjson.decode(known) end
  local streams, words = {}, string.gsub('.' .. topic, '%.([^.]*)', '\\1%1\\2')
  if not exact then readBindings() end
  local same = exact[words]
  while same do streams[same[1]], same = 1, same[2] end
  for _, each in ipairs(wild) do
    if string.find(words, each[2]) then streams[each[1]] = 1 end
  end
  if redis.call('HLEN', KEYS[2]) >= 10000 then redis.call('DEL', KEYS[2]) end
  redis.call('HSET', KEYS[2], topic, cjson.encode(streams))
  return streams
end
local outcomes = {}
local function try(step, ...)
  local done, result = pcall(step, ...)
  if done then return result end
  outcomes[#outcomes] = type(result) == 'table' and result.err or tostring(result)
end
local function add(stream, delay, id, fields)
  if delay == '0' then redis.call('XADD', stream, 'NOMKSTREAM', '*', unpack(fields))
  -- XLEN refuses a key of another type.
  elseif redis.call('EXISTS', stream) == 1 and redis.call('XLEN', stream) >= 0 then
    later(stream, delay, id, fields)
  end
end
for at = 1, #ARGV, 5 do
  local delay, topic, id, headers, payload = unpack(ARGV, at, at + 4)
  local fields = { 'topic', topic, 'id', id, 'attempt', '1', 'headers', headers, 'payload', payload }
  outcomes[#outcomes + 1] = ''
  for stream in pairs(try(streamsOf, topic) or {}) do try(add, stream, delay, id, fields) end
end
return outcomes`)

/** Binds a queue, unless it is bound: a server without free memory would refuse even that. */
const bindings = `
local function bind(bindings, routes, stream, pattern)
  local binding = cjson.encode({ stream, pattern })
  if redis.call('SISMEMBER', bindings, binding) == 1 then return end
  redis.call('SADD', bindings, binding)
  redis.call('DEL', routes)
end`

/** Makes a queue and binds it. KEYS: bindings, routes, stream. ARGV: Lua pattern, life in milliseconds or 0. */
export const declare = script(`${bindings}
if redis.pcall('XPENDING', KEYS[3], '${group}').err then
  local made = redis.pcall('XGROUP', 'CREATE', KEYS[3], '${group}', '0', 'MKSTREAM')
  if made.err then return made end
end
if ARGV[2] ~= '0' then redis.call('PEXPIRE', KEYS[3], ARGV[2]) end
bind(KEYS[1], KEYS[2], KEYS[3], ARGV[1])`)

/**
 * For each queue: moves entries that are due, removes consumers that are gone, and binds the queue again if its binding is
 * gone. Returns for each first the entries that were given back or left behind, then the new ones, each with how many
 * times it was handed out; and the milliseconds until more is due, or -1. A queue that fails keeps no other from its
 * entries; for it, returns the error. KEYS: bindings, routes, streams. ARGV: lease, and for each stream consumer, room,
 * life, and Lua pattern or '' to leave bindings alone.
 */
export const take = script(`${delays}${bindings}
local lease = tonumber(ARGV[1])
local function take(stream, me, room, life, pattern)
  local delayed, taken, cursor = stream .. ':delayed', {}, '0-0'
  local function keep(entry, times)
    local fields = entry[2]
    if #fields ~= 2 or fields[1] ~= 'wake' or fields[2] ~= '1' then taken[#taken + 1] = { entry[1], entry[2], times } return end
    redis.call('XACK', stream, '${group}', entry[1])
    redis.call('XDEL', stream, entry[1])
  end
  -- First: after a write that needs no memory, a full server lets the script go on with those that do.
  repeat
    local found = redis.call('XAUTOCLAIM', stream, '${group}', me, lease, cursor, 'COUNT', room - #taken)
    cursor = found[1]
    for _, entry in ipairs(found[2]) do
      keep(entry, redis.call('XPENDING', stream, '${group}', entry[1], entry[1], 1)[1][4])
    end
  until cursor == '0-0' or #taken == room
  for _, member in ipairs(redis.call('ZRANGE', delayed, '-inf', now, 'BYSCORE', 'LIMIT', 0, 100)) do
    -- What is not ours goes on as a payload that no handler can read, so that it is set aside.
    local read, item = pcall(cmsgpack.unpack, member)
    local added = read and pcall(function() return redis.call('XADD', stream, '*', unpack(item[2])) end)
    if not added then redis.call('XADD', stream, '*', 'payload', member) end
    redis.call('ZREM', delayed, member)
  end
  for _, facts in ipairs(redis.call('XINFO', 'CONSUMERS', stream, '${group}')) do
    if facts[4] == 0 and facts[6] > lease then redis.call('XGROUP', 'DELCONSUMER', stream, '${group}', facts[2]) end
  end
  if life > 0 then for _, key in ipairs({ stream, delayed }) do redis.call('PEXPIRE', key, life) end end
  local more = { 'XREADGROUP', 'GROUP', '${group}', me, 'COUNT', room - #taken, 'STREAMS', stream, '>' }
  local new = #taken < room and redis.call(unpack(more))
  for _, entry in ipairs(new and new[1][2] or {}) do keep(entry, 1) end
  if pattern ~= '' then bind(KEYS[1], KEYS[2], stream, pattern) end
  local first = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')[2]
  return { taken, first and math.max(0, first - now) or -1 }
end
local outcomes = {}
for at = 3, #KEYS do
  local me, room, life, pattern = unpack(ARGV, at * 4 - 10, at * 4 - 7)
  local done, result = pcall(take, KEYS[at], me, tonumber(room), tonumber(life), pattern)
  outcomes[#outcomes + 1] = done and result or type(result) == 'table' and result.err or tostring(result)
end
return outcomes`)

/**
 * Settles an entry if the consumer still holds it; otherwise returns 0. KEYS: stream, and where the entry is set aside.
 * ARGV: consumer, entry, what to do, milliseconds, and a field of the copy with its value.
 */
export const settle = script(`${delays}
-- Lua hands on at most 8,000 values: what a stranger has written beyond that goes on as one field.
local function fitting(fields)
  if #fields < 7000 then return fields end
  local byName, few = {}, {}
  for at = 1, #fields, 2 do byName[fields[at]] = fields[at + 1] end
  for _, name in ipairs({ 'topic', 'id', 'attempt', 'headers', 'payload' }) do
    if byName[name] then few[#few + 1], few[#few + 2] = name, byName[name] end
  end
  few[#few + 1], few[#few + 2] = 'fields', cmsgpack.pack(fields)
  return few
end
local stream, me, id, what, long = KEYS[1], ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local held = redis.call('XPENDING', stream, '${group}', id, id, 1)[1]
if not held or held[2] ~= me then return 0 end
if what == 'renew' then
  if long > 0 then for _, key in ipairs({ stream, stream .. ':delayed' }) do redis.call('PEXPIRE', key, long) end end
  return #redis.call('XCLAIM', stream, '${group}', me, 0, id, 'JUSTID')
elseif what == 'release' then
  return #redis.call('XCLAIM', stream, '${group}', '-', 0, id, 'TIME', 0, 'RETRYCOUNT', held[4] - 1, 'JUSTID')
elseif what ~= 'ack' then
  local fields, isSet = fitting((redis.call('XRANGE', stream, id, id)[1] or { id, {} })[2]), false
  for at = 1, #fields, 2 do
    if what == 'aside' and fields[at] == 'attempt' then fields[at + 1] = '1' end
    if fields[at] == ARGV[5] then fields[at + 1], isSet = ARGV[6], true end
  end
  if not isSet then fields[#fields + 1], fields[#fields + 2] = ARGV[5], ARGV[6] end
  if what == 'aside' then redis.call('XADD', KEYS[2], '*', unpack(fields))
  elseif long > 0 then later(stream, long, id, fields)
  else redis.call('XADD', stream, '*', unpack(fields)) end
  if what == 'aside' and long > 0 then redis.call('PEXPIRE', KEYS[2], long) end
end
redis.call('XACK', stream, '${group}', id)
return redis.call('XDEL', stream, id)`)
