-- Terms and open windows of the four nodes of a path, for reserve and record.
-- KEYS: organization, project, group, user, holds, due, cal, touched

-- A window is final this long after its end: the longest hold and its grace, in seconds.
local FINAL = (TTL_MAX + GRACE) / 1000
-- `touched` and the last use are written at most this often, in ms.
local TOUCH = 60000

-- '-' and 0, or a kind and nano-USD; nil for what apply never wrote.
local function limit(s)
  if s == '-' then return s, 0 end
  if #s > 17 or not find(s, '^[BAT]%d+$') then return nil end
  local n = tonumber(sub(s, 2))
  if n > MAX then return nil end
  return sub(s, 1, 1), n
end

-- The window of a calendar that holds `now`: the last boundary not after it,
-- and the next. Returns nil when there is none.
local function boundaries(bounds, now)
  local lo, hi = 0, #bounds / 10 - 1
  if hi < 1 or now < tonumber(sub(bounds, 1, 10)) or now >= tonumber(sub(bounds, -10)) then return nil end
  while hi - lo > 1 do
    local mid = (lo + hi - (lo + hi) % 2) / 2
    if now < tonumber(sub(bounds, mid * 10 + 1, mid * 10 + 10)) then hi = mid else lo = mid end
  end
  return tonumber(sub(bounds, lo * 10 + 1, lo * 10 + 10)), tonumber(sub(bounds, hi * 10 + 1, hi * 10 + 10))
end

-- Puts the ended window `w` behind the closed ones and trims into T what is
-- final. Returns the new c and T, or nil and the corrupt field.
local function close(key, w, now)
  local old = call('HMGET', key, 'c', 'T')
  local c, t1, t0 = old[1] or '', 0, 0
  if #c % WINDOW_BYTES ~= 0 then return nil, 'c' end
  if old[2] then
    if #old[2] ~= 16 then return nil, 'T' end
    t1, t0 = parse('<dd', old[2])
    if not sane(t1, t0, 0) then return nil, 'T' end
  end
  c = c .. w
  local kept = {}
  for i = 1, #c, WINDOW_BYTES do
    local _, fin, s1, s0, h = parse(WINDOW, c, i)
    if not sane(s1, s0, h) then return nil, 'c' end
    if h == 0 and now >= fin + FINAL then
      t1, t0 = add(t1 + s1, t0, s0)
    else
      kept[#kept + 1] = sub(c, i, i + WINDOW_BYTES - 1)
    end
  end
  return table.concat(kept), pack('<dd', t1, t0)
end

-- Reads a level. Returns its state: kind and limit in force, the open window
-- (start, fin, s1, s0, h, last), and in `set` and `del` what a write changes
-- besides `w`; or nil and the answer that says why not.
local function level(i, now_s, group)
  local key = KEYS[i]
  local f
  if i == 3 then
    f = try('HMGET', key, 'lim', 'w', 'cal', 'nl', 'nc', 'ul', 'uc')
  elseif i == 4 then
    f = try('HMGET', key, 'lim', 'w', 'cal', 'nl', 'nc', 'wl', 'wc')
  else
    f = try('HMGET', key, 'lim', 'w', 'cal', 'nl', 'nc')
  end
  if f.err then return nil, failed(f, key) end

  local n = {ul = f[6], uc = f[7]}
  local lim, w, cal, nl, nc = f[1], f[2], f[3], f[4], f[5]
  local open = false
  if w then
    if #w ~= WINDOW_BYTES then return nil, {'corrupt', key, 'w'} end
    n.start, n.fin, n.s1, n.s0, n.h, n.last = parse(WINDOW, w)
    if not sane(n.s1, n.s0, n.h) then return nil, {'corrupt', key, 'w'} end
    open = now_s < n.fin
  end

  local own = lim
  local key_of_terms, field = key, 'lim'
  if not lim then
    -- A user who is not listed lives on the group's terms, but keeps to the
    -- calendar of its open window, and the limit that it had with it.
    if i ~= 4 or not group.ul then return nil, {'unknown', i} end
    key_of_terms, field = KEYS[3], 'ul'
    lim, cal = group.ul, group.uc
    if open and n.uc and n.uc ~= cal then
      lim, cal = n.ul, n.uc
      key_of_terms, field = key, 'wl'
    elseif not open or n.ul ~= lim or n.uc ~= cal then
      n.set = {'wl', lim, 'wc', cal}
    end
  elseif not open and nc then
    lim, cal, field = nl, nc, 'nl'
    n.set, n.del = {'lim', nl, 'cal', nc}, true
  end
  if not lim or not cal then return nil, {'corrupt', key_of_terms, field} end
  n.kind, n.limit = limit(lim)
  if not n.kind then return nil, {'corrupt', key_of_terms, field} end
  if open then return n end

  local bounds = try('HGET', KEYS[7], cal)
  if not bounds then return nil, {'nowindow', i, cal} end
  if type(bounds) == 'table' then return nil, failed(bounds, KEYS[7]) end
  if #bounds % 10 ~= 0 or find(bounds, '%D') then return nil, {'corrupt', KEYS[7], cal} end
  local start, fin = boundaries(bounds, now_s)
  if not start then return nil, {'nowindow', i, cal} end
  n.set = n.set or {}
  if w then
    local c, t = close(key, w, now_s)
    if not c then return nil, {'corrupt', key, t} end
    n.set[#n.set + 1], n.set[#n.set + 2], n.set[#n.set + 3], n.set[#n.set + 4] = 'c', c, 'T', t
    if start < n.fin then start = n.fin end
  else
    n.first = true
  end
  n.start, n.fin, n.s1, n.s0, n.h, n.last = start, fin, 0, 0, 0, n.last or 0
  return n
end

-- What a limit leaves beside what is spent and held. The subtraction goes term
-- by term: s may pass 2^53, and then the rest is negative whatever it is.
local function room(n)
  return n.limit - n.s1 * LIMB - n.s0 - n.h
end

-- Reads all four levels, from the organization down.
local function levels(now_s)
  local nodes = {}
  for i = 1, 4 do
    local n, why = level(i, now_s, nodes[3])
    if not n then return nil, why end
    nodes[i] = n
  end
  return nodes
end

-- Writes `due` and `touched` before anything else: they are not read, and a
-- wrong type must show before the first change. Returns an answer on failure.
local function schedule(nodes, now, path, id, at)
  if now >= nodes[4].last + TOUCH or nodes[4].first then
    local r = try('ZADD', KEYS[8], 'GT', now, path)
    if type(r) == 'table' then return failed(r, KEYS[8]) end
  end
  local r = try('ZADD', KEYS[6], at, id)
  if type(r) == 'table' then return failed(r, KEYS[6]) end
end

-- Writes the windows and what a roll changed.
local function write(nodes, now)
  for i = 1, 4 do
    local n, key = nodes[i], KEYS[i]
    if now >= n.last + TOUCH then n.last = now end
    local w = pack(WINDOW, n.start, n.fin, n.s1, n.s0, n.h, n.last)
    if n.first then
      call('HSET', key, 'w', w, 't0', format('%d', now), unpack(n.set))
    elseif n.set then
      call('HSET', key, 'w', w, unpack(n.set))
    else
      call('HSET', key, 'w', w)
    end
    if n.del then call('HDEL', key, 'nl', 'nc') end
  end
end
