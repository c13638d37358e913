-- apply: write calendars and the terms of nodes, and end windows on demand.
-- KEYS: organization, open, due, cal, touched, nodes ...
-- ARGV: generation, number of calendars, then id and boundaries of each ('' to
--   drop it), then
--   for each node six: its path, what to do ('set', 'remove', 'keep'), the
--   limit, the calendar, the start of the window to end now ('' for none), and
--   'limit calendar' of a group's unlisted users ('' for none)
--   [, now in ms: tests only]

local generation, count = digits(ARGV[1], 9e15), digits(ARGV[2], 1000)
if not generation or generation == 0 then return {'bad', 'generation'} end
if not count then return {'bad', 'calendars'} end
local at = 3
for _ = 1, count do
  local id, bounds = ARGV[at], ARGV[at + 1]
  if not id or not id:find('^[!-~]+$') or #id > 64 or id == '-' then return {'bad', 'calendar'} end
  if not bounds or bounds ~= '' and (#bounds < 20 or #bounds % 10 ~= 0 or bounds:find('%D')) then return {'bad', 'boundaries', id} end
  local last = ''
  for i = 1, #bounds, 10 do
    local b = bounds:sub(i, i + 9)
    if b <= last then return {'bad', 'boundaries', id} end
    last = b
  end
  at = at + 2
end
local first = at

local function good_limit(s)
  if s == '-' then return true end
  return s and s:find('^[BAT]%d+$') and digits(s:sub(2), 9e15)
end
local function good_calendar(s)
  return s and #s <= 64 and s:find('^[!-~]+$') and s ~= '-'
end
for i = 6, #KEYS do
  local path, verb, lim, cal, reset, users = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4], ARGV[at + 5]
  if not users or path == '' or KEYS[i]:sub(-#path) ~= path then return {'bad', 'path', i - 5} end
  if verb == 'set' then
    if not good_limit(lim) then return {'bad', 'limit', i - 5} end
    if not good_calendar(cal) then return {'bad', 'calendar', i - 5} end
    if users ~= '' then
      local _, _, ul, uc = users:find('^(%S+) (%S+)$')
      if not ul or not good_limit(ul) or not good_calendar(uc) then return {'bad', 'users', i - 5} end
    end
  elseif verb ~= 'remove' and verb ~= 'keep' then
    return {'bad', 'verb', i - 5}
  end
  if reset ~= '' and not digits(reset, 9999999999) then return {'bad', 'reset', i - 5} end
  at = at + 6
end

local now = clock(ARGV[at])
local now_s = (now - now % 1000) / 1000

-- Types first: what is only written must not fail after the first write.
local root = try('HMGET', KEYS[1], 'gen', 'v')
if root.err then return failed(root, KEYS[1]) end
local gen, layout = root[1], root[2]
-- The layout of what these scripts write; layout.go has the same number.
if layout and layout ~= '1' then
  if not digits(layout, 9e15) or layout == '0' then return {'corrupt', KEYS[1], 'v'} end
  return {'layout', tonumber(layout)}
end
if gen then
  local newest = digits(gen, 9e15)
  if not newest then return {'corrupt', KEYS[1], 'gen'} end
  if generation < newest then return {'stale', newest} end
end
for i, probe in ipairs({'HLEN', 'ZCARD', 'HLEN', 'ZCARD'}) do
  local r = try(probe, KEYS[i + 1])
  if type(r) == 'table' then return failed(r, KEYS[i + 1]) end
end

local states = {}
for i = 6, #KEYS do
  local f = try('HMGET', KEYS[i], 'lim', 'cal', 'wl', 'wc')
  if f.err then return failed(f, KEYS[i]) end
  local n = {lim = f[1] or f[3], cal = f[2] or f[4], listed = f[1], w = call('HGET', KEYS[2], KEYS[i]), open = false}
  if n.w then
    if #n.w ~= 64 then return {'corrupt', KEYS[2], KEYS[i]} end
    n.window = {parse('<dddddddd', n.w)}
    local start, fin, s1, s0, h = unpack(n.window)
    if not sane(s1, s0, h) then return {'corrupt', KEYS[2], KEYS[i]} end
    n.open = now_s < fin
    local reset = ARGV[first + (i - 6) * 6 + 4]
    if n.open and reset ~= '' and tonumber(reset) == start then
      if now_s <= start then return {'early', i - 5} end
      n.open = false
      n.window[2] = now_s
    end
  end
  states[i] = n
end

-- Writes. The members '-' keep the shared keys in existence, so that a slot
-- that moves finds every key of a script in one place.
call('HSET', KEYS[1], 'gen', string.format('%d', generation), 'v', '1')
call('HSETNX', KEYS[2], '-', '')
call('ZADD', KEYS[3], 'NX', '+inf', '-')
call('HSETNX', KEYS[4], '-', '')
call('ZADD', KEYS[5], 'NX', '-inf', '-')
for i = 3, first - 2, 2 do
  if ARGV[i + 1] == '' then
    call('HDEL', KEYS[4], ARGV[i])
  else
    call('HSET', KEYS[4], ARGV[i], ARGV[i + 1])
  end
end

at = first
for i = 6, #KEYS do
  local key, n = KEYS[i], states[i]
  local path, verb, lim, cal, users = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 5]
  at = at + 6
  local _, dots = path:gsub('%.', '')
  local level = dots + 1
  if verb == 'set' then
    if n.open and n.cal and n.cal ~= cal then
      -- Another calendar: with its limit at the end of the open window.
      call('HSET', key, 'lim', n.lim, 'cal', n.cal, 'nl', lim, 'nc', cal)
      call('HDEL', key, 'wl', 'wc')
      lim = n.lim
    else
      call('HSET', key, 'lim', lim, 'cal', cal)
      call('HDEL', key, 'nl', 'nc', 'wl', 'wc')
    end
    local _, _, ul, uc = users:find('^(%S+) (%S+)$')
    if ul then
      call('HSET', key, 'ul', ul, 'uc', uc)
    else
      call('HDEL', key, 'ul', 'uc')
    end
    call('ZADD', KEYS[5], 'NX', 0, path)
    if n.w then n.window[7], n.window[8] = code(lim) or 1e17, level == 3 and code(ul) or 0 end
  elseif verb == 'remove' then
    -- The open window keeps its calendar.
    if n.listed and n.w then
      call('HSET', key, 'wl', n.lim, 'wc', n.cal)
      if level == 4 then
        n.window[7], n.window[8] = code(n.lim) or 1e17, 1
      else
        n.window[7], n.window[8] = 1e17, level == 3 and 1e17 or 0
      end
    end
    call('HDEL', key, 'lim', 'cal', 'nl', 'nc', 'ul', 'uc')
    if call('ZSCORE', KEYS[5], path) == '0' then call('ZREM', KEYS[5], path) end
  end
  if n.w then
    local w = pack('<dddddddd', unpack(n.window))
    if w ~= n.w then call('HSET', KEYS[2], key, w) end
  end
end
return {'ok'}
