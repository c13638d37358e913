-- Terms and open windows of the four nodes of a path, for reserve and record.
-- KEYS: organization, project, group, user, holds, due, cal, touched

-- Opens the window of `now_s` at a level that has no open one; `w` is the
-- field as it was read. Returns what level needs, or nil and an answer.
local function opened(i, key, w, now_s)
  if type(w) == 'table' then return nil, failed(w, key) end
  local f = try('HMGET', key, 'lim', 'cal', 'nl', 'nc', 'c', 'T')
  if f.err then return nil, failed(f, key) end

  -- The terms from now on: those that waited for the window's end; of a user
  -- who is not listed, the group's.
  local lim, cal, source, field, more = f[1], f[2], key, 'lim', {}
  if lim and f[4] then
    lim, cal, field, more = f[3], f[4], 'nl', {'lim', f[3], 'cal', f[4], taken = true}
  elseif not lim then
    if i == 4 then
      lim, cal, source, field = call('HGET', KEYS[3], 'ul'), call('HGET', KEYS[3], 'uc'), KEYS[3], 'ul'
    end
    if not lim then return nil, {'unknown', i} end
    more = {'wl', lim, 'wc', cal}
  end
  if not lim or not cal then return nil, {'corrupt', source, field} end

  -- The last boundary of the calendar that is not after now, and the next.
  local bounds = try('HGET', KEYS[7], cal)
  if not bounds then return nil, {'nowindow', i, cal} end
  if type(bounds) == 'table' then return nil, failed(bounds, KEYS[7]) end
  if #bounds % 10 ~= 0 or bounds:find('%D') then return nil, {'corrupt', KEYS[7], cal} end
  local function boundary(n) return tonumber(bounds:sub(n * 10 + 1, n * 10 + 10)) end
  local lo, hi = 0, #bounds / 10 - 1
  if hi < 1 or now_s < boundary(lo) or now_s >= boundary(hi) then return nil, {'nowindow', i, cal} end
  while hi - lo > 1 do
    local mid = (lo + hi - (lo + hi) % 2) / 2
    if now_s < boundary(mid) then hi = mid else lo = mid end
  end
  local start, fin = boundary(lo), boundary(hi)
  if not w then
    more.first = true
    return start, fin, 0, 0, 0, 0, lim, more, source, field
  end

  -- The window that ended goes behind the closed ones. Those that are final,
  -- the longest hold and its grace (1200 s) after their end, are trimmed into T.
  if #w ~= 64 then return nil, {'corrupt', key, 'w'} end
  local c, t1, t0 = (f[5] or '') .. w, 0, 0
  if #c % 64 ~= 0 then return nil, {'corrupt', key, 'c'} end
  if f[6] then
    if #f[6] ~= 16 then return nil, {'corrupt', key, 'T'} end
    t1, t0 = parse('<dd', f[6])
    if not sane(t1, t0, 0) then return nil, {'corrupt', key, 'T'} end
  end
  local kept = {}
  for at = 1, #c, 64 do
    local _, ended, s1, s0, h = parse('<ddddd', c, at)
    if not sane(s1, s0, h) then return nil, {'corrupt', key, at + 64 > #c and 'w' or 'c'} end
    if h == 0 and now_s >= ended + 1200 then
      t1, t0 = add(t1 + s1, t0, s0)
    else
      kept[#kept + 1] = c:sub(at, at + 63)
    end
  end
  local n = #more
  more[n + 1], more[n + 2], more[n + 3], more[n + 4] = 'c', table.concat(kept), 'T', pack('<dd', t1, t0)
  local _, ended, _, _, _, last = parse('<dddddd', w)
  -- Never before the end of the last one, whatever calendar that had.
  if start < ended then start = ended end
  return start, fin, 0, 0, 0, last, lim, more, source, field
end

-- Reads a level and, when there is an amount, judges whether it may be held
-- there as well. Returns the eight values of the open window, what is left of
-- the limit (-1 without one), and what a write changes besides the window (nil:
-- nothing); or nil and the answer that says why not.
local function level(i, now_s, amount)
  local key = KEYS[i]
  local w = try('HGET', key, 'w')
  local start, fin, s1, s0, h, last, lim, more, source, field
  if w and #w == 64 then
    start, fin, s1, s0, h, last = parse('<dddddd', w)
    if not (s1 >= 0 and s0 >= 0 and s0 < 1e12 and h >= 0 and h <= 9e15) then return nil, {'corrupt', key, 'w'} end
  end
  if not start or now_s >= fin then
    start, fin, s1, s0, h, last, lim, more, source, field = opened(i, key, w, now_s)
    if not start then return nil, fin end
  elseif i < 4 then
    lim, source, field = call('HGET', key, 'lim'), key, 'lim'
    if not lim then return nil, {'unknown', i} end
  else
    -- A user who is not listed has `wl` and no `lim`. The group's terms hold,
    -- but a window keeps to its calendar, and the limit that it had with it.
    local ul
    lim, source, field = call('HGET', key, 'wl'), key, 'wl'
    if lim then
      ul = call('HGET', KEYS[3], 'ul')
      if not ul then return nil, {'unknown', 4} end
      if lim ~= ul and call('HGET', key, 'wc') == call('HGET', KEYS[3], 'uc') then
        lim, source, field, more = ul, KEYS[3], 'ul', {'wl', ul}
      end
    else
      lim, field = call('HGET', key, 'lim'), 'lim'
      if not lim then return nil, {'unknown', 4} end
    end
  end

  local limit, also = code(lim), 0
  if not limit or limit > 9e15 then return nil, {'corrupt', source, field} end
  if i == 3 then
    also = code(call('HGET', key, 'ul'))
    if not also then return nil, {'corrupt', key, 'ul'} end
  elseif i == 4 and field ~= 'lim' and field ~= 'nl' then
    also = 1
  end
  local left = -1
  if limit ~= -1 then
    -- Term by term: s may pass 2^53, and then the rest is negative whatever it is.
    left = (limit < 0 and -2 - limit or limit) - s1 * 1e12 - s0 - h - (amount or 0)
    if left < 0 then
      if amount and limit >= 0 then
        local s = s1 == 0 and string.format('%d', s0) or string.format('%d%012d', s1, s0)
        return nil, {'refused', i, limit, s, h, start}
      end
      left = 0
    end
  end
  -- From 9e18 on a window takes no hold, so that s fits an int64.
  if amount and (h + amount > 9e15 or s1 >= 9e6) then return nil, {'toomuch', i} end
  return start, fin, s1, s0, h, last, limit, also, left, more
end

-- Writes the id's state, `due` and `touched` (at most once a minute), in this
-- order: what was not read may be of a wrong type, and shows while the first
-- write can still be taken back. Returns false when the id exists, or an answer
-- on failure.
local function begin(id, state, now, at, path, last)
  local r = try('HSETNX', KEYS[5], id, state)
  if type(r) == 'table' then return failed(r, KEYS[5]) end
  if r == 0 then return false end
  r = try('ZADD', KEYS[6], string.format('%d', at), id)
  if type(r) == 'table' then
    call('HDEL', KEYS[5], id)
    return failed(r, KEYS[6])
  end
  if now >= last + 60000 then
    r = try('ZADD', KEYS[8], 'GT', string.format('%d', now), path)
    if type(r) == 'table' then
      call('HDEL', KEYS[5], id)
      call('ZREM', KEYS[6], id)
      return failed(r, KEYS[8])
    end
  end
  return true
end

-- Writes a level's window, and what more changes.
local function put(key, now, more, start, fin, s1, s0, h, last, limit, also)
  if now >= last + 60000 then last = now end
  local w = pack('<dddddddd', start, fin, s1, s0, h, last, limit, also)
  if not more then
    call('HSET', key, 'w', w)
    return
  end
  if more.first then
    local n = #more
    more[n + 1], more[n + 2] = 't0', string.format('%d', now)
  end
  call('HSET', key, 'w', w, unpack(more))
  if more.taken then call('HDEL', key, 'nl', 'nc') end
end
