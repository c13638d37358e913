-- Terms and open windows of the four nodes of a path, for reserve and record.
-- KEYS: organization, project, group, user, open, due, cal, touched

-- Opens the window of `now_s` at a level that has no open one; `w` is the last
-- one. Returns what level needs, or nil and an answer.
local function opened(i, key, w, now_s)
  local f = try('HMGET', key, 'lim', 'cal', 'nl', 'nc', 'c', 'T')
  if f.err then return nil, failed(f, key) end

  -- The terms from now on: those that waited for the window's end; of a user
  -- who is not listed, the group's.
  local lim, cal, source, field, more = f[1], f[2], key, 'lim', {}
  if lim and f[4] then
    lim, cal, field, more = f[3], f[4], 'nl', {'lim', f[3], 'cal', f[4], taken = true}
  elseif not lim then
    if i == 4 then
      local g = try('HMGET', KEYS[3], 'ul', 'uc')
      if g.err then return nil, failed(g, KEYS[3]) end
      lim, cal, source, field = g[1], g[2], KEYS[3], 'ul'
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
    if not sane(s1, s0, h) then
      if at + 64 > #c then return nil, {'corrupt', KEYS[5], key} end
      return nil, {'corrupt', key, 'c'}
    end
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

-- Judges a level, whose last window is `w`, and, when there is an amount, whether
-- it may be held there as well. Returns the open window, with what is left of the
-- limit (-1 without one) and, in `more`, the fields of the node that a write
-- changes as well; or nil and the answer that says why not.
local function level(i, w, now_s, amount)
  local key = KEYS[i]
  local start, fin, s1, s0, h, last, lim, more, source, field
  if w then
    if #w ~= 64 then return nil, {'corrupt', KEYS[5], key} end
    start, fin, s1, s0, h, last = parse('<dddddd', w)
    if not (s1 >= 0 and s0 >= 0 and s0 < 1e12 and h >= 0 and h <= 9e15) then return nil, {'corrupt', KEYS[5], key} end
  end
  if not start or now_s >= fin then
    start, fin, s1, s0, h, last, lim, more, source, field = opened(i, key, w, now_s)
    if not start then return nil, fin end
  else
    local f = try('HMGET', key, 'lim', 'wl', 'wc')
    if f.err then return nil, failed(f, key) end
    lim, source, field = f[1], key, 'lim'
    if i == 4 and f[2] then
      -- A user who is not listed. The group's terms hold, but a window keeps to
      -- its calendar, and the limit that it had with it.
      local g = try('HMGET', KEYS[3], 'ul', 'uc')
      if g.err then return nil, failed(g, KEYS[3]) end
      if not g[1] then return nil, {'unknown', 4} end
      lim, field = f[2], 'wl'
      -- Compared as windows repeat them, which is all that the usual reserve sees.
      if f[3] == g[2] and code(lim) ~= code(g[1]) then
        lim, source, field, more = g[1], KEYS[3], 'ul', {'wl', g[1]}
      end
    end
    if not lim then return nil, {'unknown', i} end
  end

  local limit, also = code(lim), 0
  if not limit or limit > 9e15 then return nil, {'corrupt', source, field} end
  if i == 3 then
    also = code(call('HGET', key, 'ul')) -- its type was seen above
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
  return {
    start = start, fin = fin, s1 = s1, s0 = s0, h = h, last = last, limit = limit, also = also, left = left, more = more,
  }
end

-- Writes the id's state and the four levels, `due` and `touched` (at most once a
-- minute) first: they were not read, so they may be of a wrong type, which must
-- show while all can still be taken back. Returns an answer on failure.
local function put(id, state, at, now, levels)
  local r = try('ZADD', KEYS[6], string.format('%d', at), id)
  if type(r) == 'table' then return failed(r, KEYS[6]) end
  if now >= levels[4].last + 60000 then
    r = try('ZADD', KEYS[8], 'GT', string.format('%d', now), KEYS[4]:match('}:b:(.*)'))
    if type(r) == 'table' then
      call('ZREM', KEYS[6], id)
      return failed(r, KEYS[8])
    end
  end
  local all = {id, state}
  for i = 1, 4 do
    local l, more = levels[i], levels[i].more
    local last = now >= l.last + 60000 and now or l.last
    all[1 + 2 * i] = KEYS[i]
    all[2 + 2 * i] = pack('<dddddddd', l.start, l.fin, l.s1, l.s0, l.h, last, l.limit, l.also)
    if more then
      local n = #more
      if more.first then more[n + 1], more[n + 2] = 't0', string.format('%d', now) end
      if #more > 0 then call('HSET', KEYS[i], unpack(more)) end
      if more.taken then call('HDEL', KEYS[i], 'nl', 'nc') end
    end
  end
  call('HSET', KEYS[5], unpack(all))
end
