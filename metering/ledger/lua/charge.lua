-- Windows of a hold, for settle and expire.
-- KEYS: organization, project, group, user, open

-- Changes what was spent and held in a level's window of this start, which may
-- be a closed one; `w` is its last window. Returns the key, the field and the value to
-- write, or nil and an answer. A window that was trimmed is changed in T: only a
-- clock that steps back gets there.
local function charged(i, w, start, spent, held)
  local key = KEYS[i]
  if not w or #w ~= 64 then return nil, {'corrupt', KEYS[5], key} end
  local from, fin, s1, s0, h, last, limit, also = parse('<dddddddd', w)
  if from == start then
    s0, h = s0 + spent, h + held
    if s0 < 0 or s0 >= 1e12 then s1, s0 = add(s1, s0, 0) end
    if not (s1 >= 0 and s0 >= 0 and h >= 0 and h <= 9e15) then return nil, {'corrupt', KEYS[5], key} end
    return KEYS[5], key, pack('<dddddddd', start, fin, s1, s0, h, last, limit, also)
  end
  local c = try('HGET', key, 'c')
  if type(c) == 'table' then return nil, failed(c, key) end
  c = c or ''
  if #c % 64 ~= 0 then return nil, {'corrupt', key, 'c'} end
  for at = #c - 63, 1, -64 do
    from, fin, s1, s0, h, last, limit, also = parse('<dddddddd', c, at)
    if from == start then
      s1, s0 = add(s1, s0, spent)
      h = h + held
      if not sane(s1, s0, h) then return nil, {'corrupt', key, 'c'} end
      return key, 'c', c:sub(1, at - 1) .. pack('<dddddddd', start, fin, s1, s0, h, last, limit, also) .. c:sub(at + 64)
    end
  end
  local t = call('HGET', key, 'T')
  if held ~= 0 or not t or #t ~= 16 then return nil, {'corrupt', key, 'T'} end
  s1, s0 = parse('<dd', t)
  s1, s0 = add(s1, s0, spent)
  if not sane(s1, s0, 0) then return nil, {'corrupt', key, 'T'} end
  return key, 'T', pack('<dd', s1, s0)
end

-- Changes all four, what there is under the id to `state` and, when `due` says
-- so, when something is due for it. Returns an answer on failure, with nothing
-- written.
local function charge(windows, id, state, w1, w2, w3, w4, spent, held, due)
  local key1, field1, value1 = charged(1, windows[1], w1, spent, held)
  if not key1 then return field1 end
  local key2, field2, value2 = charged(2, windows[2], w2, spent, held)
  if not key2 then return field2 end
  local key3, field3, value3 = charged(3, windows[3], w3, spent, held)
  if not key3 then return field3 end
  local key4, field4, value4 = charged(4, windows[4], w4, spent, held)
  if not key4 then return field4 end
  if due then
    -- First: it was not read, and a wrong type must show before a change.
    local r = try('ZADD', KEYS[6], string.format('%d', due), id)
    if type(r) == 'table' then return failed(r, KEYS[6]) end
  end
  call('HSET', KEYS[5], id, state)
  call('HSET', key1, field1, value1)
  call('HSET', key2, field2, value2)
  call('HSET', key3, field3, value3)
  call('HSET', key4, field4, value4)
end
