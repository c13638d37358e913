-- Windows of a hold, for settle and expire.
-- KEYS: organization, project, group, user, holds, due

-- Changes what was spent and held in a level's window of this start, which may
-- be a closed one. Returns the field to write and its value, or nil and an
-- answer. A window that was trimmed is changed in T: only a clock that steps
-- back gets there.
local function charged(key, start, spent, held)
  local w = try('HGET', key, 'w')
  if not w or #w ~= 64 then
    return nil, type(w) == 'table' and failed(w, key) or {'corrupt', key, 'w'}
  end
  local from, fin, s1, s0, h, last, limit, also = parse('<dddddddd', w)
  if from == start then
    s0, h = s0 + spent, h + held
    if s0 < 0 or s0 >= 1e12 then s1, s0 = add(s1, s0, 0) end
    if not (s1 >= 0 and s0 >= 0 and h >= 0 and h <= 9e15) then return nil, {'corrupt', key, 'w'} end
    return 'w', pack('<dddddddd', start, fin, s1, s0, h, last, limit, also)
  end
  local c = call('HGET', key, 'c') or ''
  if #c % 64 ~= 0 then return nil, {'corrupt', key, 'c'} end
  for at = #c - 63, 1, -64 do
    from, fin, s1, s0, h, last, limit, also = parse('<dddddddd', c, at)
    if from == start then
      s1, s0 = add(s1, s0, spent)
      h = h + held
      if not sane(s1, s0, h) then return nil, {'corrupt', key, 'c'} end
      return 'c', c:sub(1, at - 1) .. pack('<dddddddd', start, fin, s1, s0, h, last, limit, also) .. c:sub(at + 64)
    end
  end
  local t = call('HGET', key, 'T')
  if held ~= 0 or not t or #t ~= 16 then return nil, {'corrupt', key, 'T'} end
  s1, s0 = parse('<dd', t)
  s1, s0 = add(s1, s0, spent)
  if not sane(s1, s0, 0) then return nil, {'corrupt', key, 'T'} end
  return 'T', pack('<dd', s1, s0)
end
